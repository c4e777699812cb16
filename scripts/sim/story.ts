/** What happened, line by line, for whoever has to understand a seed that failed. Costs nothing until somebody listens. */
export class Story {
  readonly lines: string[] = [];
  readonly #isTold: boolean;

  constructor(isTold: boolean) {
    this.#isTold = isTold;
  }

  tell(atMs: number, line: () => string): void {
    if (this.#isTold) this.lines.push(`${(atMs / 1000).toFixed(3).padStart(9)}  ${line()}`);
  }
}
