/** What the Config object knows, and what can happen to it. Data only: `machine.ts` decides, `storage.ts` keeps it. */
import type { Canary } from "../../src/core/canary.ts";
import type { LogLine } from "../../src/core/log-line.ts";
import type { Result } from "../../src/core/result.ts";
import type { Delta } from "../../src/core/series.ts";

export type OfferSource = "raw" | "push" | "rollback";

/** The shape of `ConfigIssue`, known here by its fields alone, because a machine imports only the core. */
export interface Issue {
  readonly level: "error" | "warning";
  readonly path: string;
  readonly message: string;
}

/** A document that was accepted under its number; drains after it have numbers of their own and keep its text. */
export interface DocumentFacts {
  readonly number: number;
  readonly hash: string;
  readonly source: OfferSource;
  readonly atMs: number;
  readonly by?: string | undefined;
  /** The number whose text a rollback brought back. */
  readonly restoredFrom?: number | undefined;
  /** The artefact its intents were trained into, by name. Documents without intents have none. */
  readonly model?: string | undefined;
}

export interface DocumentInForce extends DocumentFacts {
  readonly warnings: readonly Issue[];
  readonly instances: readonly string[];
  /** Pool to the members it lists; unknown of a document that an older version accepted. */
  readonly pools?: Members | undefined;
}

export type Members = Readonly<Record<string, readonly string[]>>;

export interface Rejection {
  readonly source: OfferSource;
  readonly hash: string;
  readonly issues: readonly Issue[];
  /** How many issues there were; `issues` holds the first of them. */
  readonly issueCount: number;
  readonly atMs: number;
  readonly by?: string | undefined;
  /** Its training was given up: nobody tries again because an isolate offers the same text. */
  readonly isUntrainable?: boolean | undefined;
}

/** Which text, and whose word it is. */
export interface Asked {
  readonly hash: string;
  readonly source: OfferSource;
  readonly by?: string | undefined;
}

/** A document that was told `training` and never came into force, because of what came meanwhile. */
export interface GivenUp extends Asked {
  readonly atMs: number;
  readonly over: Asked;
}

/** A good document whose intents are being trained: in force as soon as they are. Its text waits in the storage. */
export interface Training extends Asked {
  readonly restoredFrom?: number | undefined;
  /** By nobody's wish but this build's, which cannot open what another one learned: the raw key stays as it is. */
  readonly isLearnedAnew?: boolean | undefined;
  readonly sinceMs: number;
  /** Counted before each begins, because it may take the object with it. */
  readonly attempts: number;
  readonly dueAtMs: number;
  readonly lastError?: string | undefined;
  /** The document that was in force when it was asked for: after another one, which older code accepted, it is void. */
  readonly over: number;
}

/** A raw text that another one replaced, and when: isolates may go on reading it from KV for a while. */
export interface Superseded {
  readonly hash: string;
  readonly atMs: number;
}

/** One KV key that this object writes: the revision it should hold, and the one it is known to hold. */
export interface KvCopy {
  readonly wanted: number;
  readonly written: number;
  readonly wantedAtMs: number;
  readonly dueAtMs: number;
  readonly writtenAtMs?: number | undefined;
  readonly failures: number;
  readonly lastError?: string | undefined;
}

export type CopyName = "accepted" | "raw";

export interface ConfigState {
  /** The number in force; 0 until a document was accepted. */
  readonly number: number;
  readonly numberedAtMs: number;
  readonly document?: DocumentInForce | undefined;
  readonly draining: readonly string[];
  /** Those of them that will be back. */
  readonly returning: readonly string[];
  /** Newest last; those that ended stay for a while, to be looked at. */
  readonly canaries: readonly Canary[];
  readonly lastRejected?: Rejection | undefined;
  /** The raw key's text as this object last dealt with it. */
  readonly raw?: { readonly hash: string; readonly isRejected: boolean } | undefined;
  readonly superseded: readonly Superseded[];
  readonly training?: Training | undefined;
  readonly givenUp?: GivenUp | undefined;
  readonly copies: Readonly<Record<CopyName, KvCopy>>;
  readonly counters: Delta;
}

const untouched: KvCopy = { wanted: 0, written: 0, wantedAtMs: 0, dueAtMs: 0, failures: 0 };

export const initialState: ConfigState = {
  number: 0,
  numberedAtMs: 0,
  draining: [],
  returning: [],
  canaries: [],
  superseded: [],
  copies: { accepted: untouched, raw: untouched },
  counters: {},
};

export type Verdict =
  | {
      readonly ok: true;
      readonly warnings: readonly Issue[];
      readonly instances: readonly string[];
      readonly pools: Members;
      /** It has intents, and no artefact came with it: they are to be trained here. */
      readonly isUntrained?: boolean | undefined;
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export interface Offered {
  readonly kind: "offered";
  readonly source: OfferSource;
  readonly hash: string;
  readonly verdict: Verdict;
  readonly atMs: number;
  readonly by?: string | undefined;
  readonly restoredFrom?: number | undefined;
  /** The artefact it was judged with, by name. */
  readonly model?: string | undefined;
  /** As of a training. */
  readonly isLearnedAnew?: boolean | undefined;
  /** It was good, but its intents could not be trained. */
  readonly isUntrainable?: boolean | undefined;
}

export interface TrainingBegan {
  readonly kind: "training-began";
  readonly atMs: number;
}

export interface TrainingEnded {
  readonly kind: "training-ended";
  readonly hash: string;
  readonly outcome: Result<{ readonly verdict: Verdict; readonly model: string }, string>;
  readonly atMs: number;
}

export interface DrainSet {
  readonly kind: "drain-set";
  readonly instance: string;
  readonly isDraining: boolean;
  /** It will be back: what is pinned to it waits there. */
  readonly isReturning?: boolean | undefined;
  readonly atMs: number;
  readonly by?: string | undefined;
}

export interface CanaryStarted {
  readonly kind: "canary-started";
  readonly canary: Canary;
  readonly by?: string | undefined;
}

export interface CanaryEnded {
  readonly kind: "canary-ended";
  readonly pool: string;
  /** Only if this one still runs. Not given: whichever stands. */
  readonly id?: string | undefined;
  readonly phase: "promoted" | "rolled-back";
  readonly verdict: string;
  readonly atMs: number;
  readonly by?: string | undefined;
}

export interface CanaryCleared {
  readonly kind: "canary-cleared";
  readonly pool: string;
  readonly atMs: number;
  readonly by?: string | undefined;
}

export type CanaryEvent = CanaryStarted | CanaryEnded | CanaryCleared;

export interface Written {
  readonly kind: "written";
  readonly copy: CopyName;
  readonly revision: number;
  readonly atMs: number;
}

export interface Unwritten {
  readonly kind: "unwritten";
  readonly copy: CopyName;
  readonly detail: string;
  readonly atMs: number;
  readonly dice: number;
}

export type ConfigEvent = Offered | TrainingBegan | TrainingEnded | DrainSet | CanaryEvent | Written | Unwritten;

export type ConfigAnswer =
  | { readonly status: "accepted"; readonly number: number; readonly warnings: readonly Issue[] }
  /** What was asked for is so already; nothing got a number. */
  | { readonly status: "unchanged"; readonly number: number }
  | { readonly status: "rejected"; readonly issues: readonly Issue[] }
  /** Good so far; it gets its number when its intents are trained. What is in force stays until then. */
  | { readonly status: "training"; readonly sinceMs: number }
  /** A raw text that was replaced a moment ago: probably a stale read. Offer it again from `againAtMs` on. */
  | { readonly status: "ignored"; readonly againAtMs: number }
  | { readonly status: "unknown-instance"; readonly instance: string }
  | { readonly status: "unknown-pool"; readonly pool: string }
  /** One is running in this pool, was promoted and is in nobody's list, or was rolled back and still is in one. */
  | { readonly status: "canary-stands"; readonly canary: Canary }
  | { readonly status: "no-canary"; readonly pool: string }
  | { readonly status: "noted" };

export interface Step {
  readonly state: ConfigState;
  readonly answer: ConfigAnswer;
  /** A document to keep in the history, with the text that was offered. */
  readonly keep?: DocumentFacts | undefined;
  /** The text that was offered waits for its training. */
  readonly isToBeTrained?: boolean | undefined;
  readonly log: readonly LogLine[];
}
