/** What is wrong with the document in force in the eyes of this build, which may be newer than the one that accepted it. Told, never acted on. */
import { reread } from "./judge.ts";
import type { ConfigState, Issue } from "./state.ts";

export interface Trouble {
  /** Why it does not load as it is. */
  readonly issues: readonly Issue[];
  /** What is done about it. */
  readonly warnings: readonly Issue[];
}

interface Kept {
  readonly text: string | undefined;
  /** The number of the newest document before it that this build can serve. */
  readonly earlier: () => number | undefined;
}

/** Reads a document once for each number: a status is asked for every few seconds. */
export class Outdated {
  #number = 0;
  #trouble: Trouble | undefined;

  of({ document }: ConfigState, kept: () => Kept): Trouble | undefined {
    const number = document?.number ?? 0;
    if (number !== this.#number) {
      this.#trouble = troubleOf(kept());
      this.#number = number;
    }
    return this.#trouble;
  }
}

function troubleOf({ text, earlier }: Kept): Trouble | undefined {
  if (text === undefined) return undefined;
  const again = reread(text);
  if (!again.ok) {
    const before = earlier();
    const instead = before === undefined ? "and none before it does: nothing is served" : `number ${before} is served in its place`;
    return {
      issues: again.problem,
      warnings: [{ level: "warning", path: "", message: `this document does not load in this build, ${instead}` }],
    };
  }
  const { issues, setAside } = again.value;
  const isAside = ({ path }: Issue): boolean => setAside.some((id) => path === `accounts.${id}`);
  return issues.length === 0 ? undefined : { issues, warnings: again.value.warnings.filter(isAside) };
}
