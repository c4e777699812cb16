/**
 * The poll link: the instance asks for its updates, as it would ask Telegram, and its next question confirms what it got. The outbox
 * that waits for it is a port; a repeat of the same key has the same update id there, so the instance knows it again.
 */
import type { Outcome } from "../../core/outcome.ts";
import type { Polls } from "../../ports/polls.ts";
import type { HandOver, Link, LinkPorts } from "../link.ts";

export interface PollHandOver extends HandOver {
  readonly instance: string;
  readonly account: string;
  /** Key of the message, as its conversation knows it. */
  readonly messageKey: string;
  readonly kind: string;
}

export interface PollPorts extends LinkPorts {
  readonly polls: Polls;
}

/** A client that handles an update before it asks again may take this long and be well. */
const ATTEMPT_MS = 30_000;

function handOver({ instance, account, messageKey, kind, body, deadlineMs }: PollHandOver, { polls }: PollPorts): Promise<Outcome> {
  return polls.offer(instance, { account, key: messageKey, kind, body, deadlineMs });
}

export const poll = { name: "poll", absorbsRepeats: true, attemptMs: ATTEMPT_MS, handOver } as const satisfies Link<
  PollHandOver,
  PollPorts
>;
