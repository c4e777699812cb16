/** A foreseen end of a command: what is wrong, and what to do. Never used for bugs. */
export class CliFailure extends Error {
  override readonly name = "CliFailure";
  readonly exitCode: ExitCode;
  /** What `--json` prints; the message alone when not given. */
  readonly answer: unknown;

  constructor(exitCode: ExitCode, message: string, answer?: unknown) {
    super(message);
    this.exitCode = exitCode;
    this.answer = answer ?? { error: { code: exitCode === 2 ? "usage" : "failed", message } };
  }
}

/** 0 fine; 1 the answer is bad news; 2 wrong usage; 3 the edge cannot be reached, or refused us. */
export type ExitCode = 0 | 1 | 2 | 3;

export const usageError = (message: string): CliFailure => new CliFailure(2, message);
export const edgeError = (message: string): CliFailure => new CliFailure(3, message);
