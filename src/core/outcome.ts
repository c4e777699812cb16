/**
 * What a hand-over to an instance meant. The words are the design's; `reliability` of each lives in the conversation machine.
 * - accepted: the instance owns the message now (2xx with its durable marker, a confirmed poll offset, a finished chat turn)
 * - unmarked: 2xx on a channel, or for an event kind, that has no durable contract: settled, never counted as accepted
 * - busy: healthy, not now (409, 429, gateway_unavailable)
 * - failed: it answered, and its answer says that nothing was stored
 * - refused: it will never take this (permanent 4xx), or never from us (401, 403, 404)
 * - unreachable: nothing was sent
 * - unknown: it may have it (timeout, reset, 2xx without the marker)
 * - model-failed: it took the turn, and says that its model failed: the instance is well
 * - cut-off: it took the turn and began to answer, and the answer did not end: the connection broke, it grew too long or took too long
 */
export type OutcomeKind = "accepted" | "unmarked" | "busy" | "failed" | "refused" | "unreachable" | "unknown" | "model-failed" | "cut-off";

export interface Outcome {
  readonly kind: OutcomeKind;
  /** HTTP status when there was one. */
  readonly status?: number;
  /** How long the instance, or the edge that kept it back, asked us to wait. */
  readonly retryAfterMs?: number;
  /** A refusal that is about the payload (400, 413, 422) can never succeed; one about access or configuration can. */
  readonly isPermanent?: boolean;
  /** The edge kept it back itself: nothing was sent, and nothing is known that was not known before. */
  readonly isHeldBack?: boolean;
  /** Nobody was heard, and probes had said before that nobody is there: it says nothing of the message. */
  readonly isAbsent?: boolean;
  /** What was to be sent, or what with, or where to, was not there to send: the instance is blamed for nothing. */
  readonly isOurs?: boolean;
  /** The instance said that it is draining or suspended. */
  readonly isDraining?: boolean;
  /** It has the message and has not confirmed it: it must go nowhere else, and nothing is wrong yet. */
  readonly mayHave?: boolean;
  /** It failed by itself before it said anything, and blames no model: it may still be mending a turn that broke off before. */
  readonly isInternal?: boolean;
  /** A link that brings the answer back itself. Markdown; empty when the agent chose to say nothing. */
  readonly answer?: {
    readonly text: string;
    /** It ended where the model had no more room. */
    readonly isPartial?: true | undefined;
  };
  /** A short, body-free reason for the log and the dead letter: "timeout", "http 502", "redirect". */
  readonly detail: string;
}

/** Outcomes of attempts that reached the instance: only these count toward poison. */
export const hasReached = (kind: OutcomeKind): boolean => kind !== "unreachable" && kind !== "busy";

/** Nobody answered, or what stands before the instance did. A connection that broke had somebody at its end. */
export const isSilence = ({ kind, status, detail }: Outcome): boolean =>
  kind === "unknown" && (status === undefined ? detail === "timeout" : status >= 500);

/** Outcomes after which the message is the instance's, or nobody's any more. */
export const isSettled = (kind: OutcomeKind): boolean => kind === "accepted" || kind === "unmarked";
