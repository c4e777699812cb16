/** What is wrong with the document in force in the eyes of this build, which may be newer than the one that accepted it. Told, never acted on. */
import { fitting, type Opened } from "./intents.ts";
import { reread } from "./judge.ts";
import type { AcceptedCopy } from "./kv.ts";
import type { ConfigState, Issue } from "./state.ts";

export interface Trouble {
  /** Why it does not load as it is. */
  readonly issues: readonly Issue[];
  /** What is done about it. */
  readonly warnings: readonly Issue[];
}

interface Kept {
  readonly current: AcceptedCopy | undefined;
  readonly opened: Opened;
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

function troubleOf({ current, opened, earlier }: Kept): Trouble | undefined {
  if (current === undefined) return undefined;
  const again = reread(current.text);
  if (!again.ok) {
    const before = earlier();
    const instead = before === undefined ? "and none before it does: nothing is served" : `number ${before} is served in its place`;
    return {
      issues: again.problem,
      warnings: [{ level: "warning", path: "", message: `this document does not load in this build, ${instead}` }],
    };
  }
  const { document, setAside, warnings } = again.value;
  const isAside = ({ path }: Issue): boolean => setAside.some((id) => path === `accounts.${id}`);
  const fits = fitting(document, opened);
  const [issues, unfit] = fits.ok ? [again.value.issues, []] : [[...again.value.issues, issueOf(fits.problem)], [UNFIT]];
  return issues.length === 0 ? undefined : { issues, warnings: [...warnings.filter(isAside), ...unfit] };
}

const UNFIT: Issue = {
  ...{ level: "warning", path: "intents", message: "the model of this document does not open in this build: push it again" },
};
const issueOf = (problem: string): Issue => ({ level: "error", path: "intents", message: problem.replace("intents: ", "") });
