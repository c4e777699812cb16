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
/** For the way to the outbox and back. */
const GRACE_MS = 5_000;

async function handOver(request: PollHandOver, { polls, clock }: PollPorts): Promise<Outcome> {
  const { instance, account, messageKey, kind, body, deadlineMs } = request;
  const done = new AbortController();
  // The outbox ends an offer itself; this is for one that cannot be reached any more, and so never does.
  const lost = clock.sleep(deadlineMs + GRACE_MS, done.signal).then(() => unheard("no word from the outbox"));
  try {
    return await Promise.race([polls.offer(instance, { account, key: messageKey, kind, body, deadlineMs }), lost]);
  } catch (error) {
    return unheard(`the outbox cannot be asked: ${String(error)}`);
  } finally {
    done.abort();
  }
}

/** Whether the instance was given it, only the outbox could say. */
const unheard = (detail: string): Outcome => ({ kind: "unknown", detail });

export const poll = { name: "poll", absorbsRepeats: true, attemptMs: ATTEMPT_MS, takesPermit: false, handOver } as const satisfies Link<
  PollHandOver,
  PollPorts
>;
