/** A text becomes a verdict for the Config object, or a snapshot for an isolate: the same loader, so that they agree. Never throws. */
import type { TrainingSet } from "../../src/classify/intents/training-set.ts";
import type { Catalogue } from "../../src/config/catalogue.ts";
import type { ConfigIssue } from "../../src/config/issue.ts";
import { type LoadedRoutes, loadRoutes, MAX_DOCUMENT_BYTES } from "../../src/config/load.ts";
import { checkMeaning } from "../../src/config/meaning.ts";
import { buildRoutes } from "../../src/config/routes.ts";
import type { RoutesDocument } from "../../src/config/schema.ts";
import { utf8 } from "../../src/core/bytes.ts";
import { type Canary, membersWith } from "../../src/core/canary.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import { buildRouter } from "../../src/routing/router.ts";
import { canariesAfter } from "./canaries.ts";
import { catalogue, patterns } from "./catalogue.ts";
import { fitting, NONE, type Opened, toTrain } from "./intents.ts";
import type { AcceptedCopy } from "./kv.ts";
import { type ConfigState, initialState, type Verdict } from "./state.ts";
import { type Kept, readKept } from "./yesterday.ts";

/** `artefact`: what the document's intents were trained into, where that has been done. `state`: whose canaries would be its members, too. */
export function judge(text: string, artefact?: Uint8Array, state: ConfigState = initialState): Verdict {
  const loaded = load(text, catalogue);
  if (!loaded.ok) return { ok: false, issues: loaded.problem };
  const { document, warnings } = loaded.value;
  const training = toTrain(document, artefact);
  if (!training.ok) return { ok: false, issues: training.problem };
  const members = Object.fromEntries(Object.entries(document.pools).map(([name, pool]) => [name, pool.instances]));
  const isUntrained = training.value !== undefined;
  const verdict = { ok: true as const, warnings, instances: Object.keys(document.instances), pools: members, isUntrained };
  const issues = canariesAfter(state, verdict).canaries.flatMap((canary) => issuesWith(document, canary));
  return issues.length > 0 ? { ok: false, issues } : verdict;
}

/** A canary that is not listed is a member like any other: what is checked of those must hold with it. */
function issuesWith(document: RoutesDocument, canary: Canary): readonly ConfigIssue[] {
  const { pool: name, instance, phase } = canary;
  const pool = document.pools[name];
  if (pool === undefined || phase === "rolled-back") return [];
  const pools = { ...document.pools, [name]: { ...pool, instances: [...membersWith(pool.instances, canary)] } };
  return checkMeaning({ ...document, pools }, catalogue)
    .filter(({ level }) => level === "error")
    .map((issue) => ({ ...issue, message: `with the ${phase} canary ${instance} in ${name}: ${issue.message}` }));
}

/** What is to be learned from, of a document that was judged good and untrained. Throws where it is not. */
export function setIn(text: string): TrainingSet {
  const loaded = load(text, catalogue);
  const training = loaded.ok ? toTrain(loaded.value.document) : undefined;
  if (training?.ok !== true || training.value === undefined) throw new Error("nothing in it can be trained");
  return training.value;
}

export interface Compiled {
  readonly snapshot: Snapshot;
  /** What does not load in this build, and so is not in the snapshot: accounts, and `intents` for the model. */
  readonly setAside: readonly string[];
  /** Why the document does not load as it is. */
  readonly reason?: string | undefined;
}

/**
 * The problem is the first reason, with its path. A document accepted by older code can have one. An isolate takes a document
 * also without the model that its build cannot open: `orWithout`.
 */
export function compile(copy: AcceptedCopy, opened: Opened = NONE, orWithout = false): Result<Compiled, string> {
  const kept = reread(copy.text);
  if (!kept.ok) return fail(firstOf(kept.problem) ?? "");
  const { document, setAside, issues } = kept.value;
  const fits = fitting(document, opened);
  if (!fits.ok && (!orWithout || opened.ok)) return fits;
  const intents = fits.ok ? fits.value : undefined;
  try {
    const snapshot = { routes: buildRoutes(copy.number, document, copy), router: buildRouter(document, patterns, intents), intents };
    return ok(
      fits.ok ? { snapshot, setAside, reason: firstOf(issues) } : { snapshot, setAside: [...setAside, "intents"], reason: fits.problem },
    );
  } catch (error) {
    return fail(`cannot be compiled: ${describe(error)}`);
  }
}

/** What was accepted once, as this build can serve it. */
export const reread = (text: string): Result<Kept, readonly ConfigIssue[]> =>
  readKept(text, (setAside) => load(text, { ...catalogue, setAside }));

const firstOf = (issues: readonly ConfigIssue[]): string | undefined => {
  const first = issues.find((issue) => issue.level === "error");
  return first === undefined ? undefined : `${first.path}: ${first.message}`;
};

/** An operator's text must not be able to stop the object: brackets nested a million deep exhaust a parser's stack. */
function load(text: string, known: Catalogue): Result<LoadedRoutes, readonly ConfigIssue[]> {
  const bytes = text.length > MAX_DOCUMENT_BYTES ? text.length : utf8(text).length;
  if (bytes > MAX_DOCUMENT_BYTES) return refuse(`larger than ${MAX_DOCUMENT_BYTES} bytes`);
  try {
    return loadRoutes(text, known);
  } catch (error) {
    return refuse(`cannot be read: ${describe(error)}`);
  }
}

const refuse = (message: string): Result<never, readonly ConfigIssue[]> => fail([{ level: "error", path: "", message }]);

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));
