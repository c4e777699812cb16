/** A foreseen reason why an edge cannot start or go on, with what the person can do about it. Never used for bugs. */
export class EdgeFailure extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A failure of the command line or of a file it names: exit code 2. */
export const usageFailure = (message: string): EdgeFailure => new EdgeFailure(message, 2);

export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
