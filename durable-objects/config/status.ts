/** What operators are told of the Config object's state. Says everything they need to act, and nothing of the document's content. */
import type { Canary } from "../../src/core/canary.ts";
import type { Delta } from "../../src/core/series.ts";
import { isPending } from "./copies.ts";
import type { Trouble } from "./outdated.ts";
import type { Asked, ConfigState, DocumentFacts, GivenUp, Issue, KvCopy, OfferSource, Rejection, Training } from "./state.ts";

export interface CopyStatus {
  /** KV is known to hold what it should (other places may still read an older copy for a minute or two). */
  readonly isWritten: boolean;
  readonly writtenAtMs?: number | undefined;
  readonly failures: number;
  readonly lastError?: string | undefined;
}

export interface ConfigStatus {
  /** The number in force; undefined when no document was ever accepted, and then `missing` says what to do. */
  readonly number?: number | undefined;
  readonly missing?: string | undefined;
  readonly acceptedAtMs?: number | undefined;
  /** The document in force: its own number is lower than `number` when an instance was drained since. */
  readonly document?: DocumentFacts | undefined;
  readonly warnings: readonly Issue[];
  readonly draining: readonly string[];
  /** Those of them that will be back. */
  readonly returning: readonly string[];
  /** A document that will be in force as soon as its intents are trained, unless that fails. */
  readonly training?: TrainingStatus | undefined;
  /** Not told by an object of an older version. */
  readonly canaries?: readonly Canary[];
  readonly lastRejected?: Rejection | undefined;
  readonly raw?: { readonly hash: string; readonly isRejected: boolean } | undefined;
  readonly copies: { readonly accepted: CopyStatus; readonly raw: CopyStatus };
  /** Prometheus series of this object. */
  readonly counters: Delta;
}

export interface TrainingStatus {
  readonly sinceMs: number;
  readonly hash: string;
  readonly source: OfferSource;
  readonly by?: string | undefined;
  readonly attempts: number;
  readonly lastError?: string | undefined;
  /** How much of this attempt is done, 0 to 1. */
  readonly progress: number;
}

const MISSING = "no routes document was ever accepted: push one, or put one into KV under the key `routes`";

/** A document in force that newer code would refuse is told as a refused one: it is the newest, and not served as it is. */
export function statusOf(state: ConfigState, trouble?: Trouble, progress = 0): ConfigStatus {
  const { document, draining, returning, raw, training, counters } = state;
  const lastRejected = document === undefined || trouble === undefined ? state.lastRejected : refusedNow(document, trouble);
  return {
    ...(document === undefined ? { missing: MISSING } : inForce(state, document)),
    warnings: [...(document?.warnings ?? []), ...(trouble?.warnings ?? []), ...givenUpWarnings(state)],
    draining,
    returning,
    canaries: state.canaries,
    training: training === undefined ? undefined : trainingStatus(training, progress),
    lastRejected,
    raw,
    copies: { accepted: copyStatus(state.copies.accepted), raw: copyStatus(state.copies.raw) },
    counters,
  };
}

function inForce(state: ConfigState, document: DocumentFacts) {
  const { number, hash, source, atMs, by, restoredFrom, model } = document;
  return { number: state.number, acceptedAtMs: state.numberedAtMs, document: { number, hash, source, atMs, by, restoredFrom, model } };
}

const trainingStatus = ({ sinceMs, hash, source, by, attempts, lastError }: Training, progress: number): TrainingStatus => ({
  ...{ sinceMs, hash, source, by, attempts, lastError, progress },
});

const givenUpWarnings = ({ givenUp }: ConfigState): readonly Issue[] => (givenUp === undefined ? [] : [givenUpWarning(givenUp)]);

const givenUpWarning = (asked: GivenUp): Issue => ({
  ...{ level: "warning", path: "intents" },
  message: `${named(asked)} was given up while it was trained, because ${named(asked.over)} came: push it again if it is still wanted`,
});

const named = ({ source, by, hash }: Asked): string => `a ${source} document${by === undefined ? "" : ` by ${by}`} (${hash})`;

const refusedNow = ({ source, hash, atMs, by }: DocumentFacts, { issues }: Trouble): Rejection => {
  return { source, hash, issues, issueCount: issues.length, atMs, by };
};

const copyStatus = (copy: KvCopy): CopyStatus => ({
  isWritten: !isPending(copy),
  writtenAtMs: copy.writtenAtMs,
  failures: copy.failures,
  lastError: copy.lastError,
});
