/** What ends before it reaches a conversation: counted durably, then told in one line. It never decides that something ends. */
import type { Account } from "../core/account.ts";
import type { Delivery } from "../core/delivery.ts";
import type { Message } from "../core/message.ts";
import type { Problem } from "../core/problem.ts";
import { fail, ok, type Result } from "../core/result.ts";
import { addDeltas, observation, series } from "../core/series.ts";
import type { TerminalState } from "../core/terminal.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Shards } from "../ports/shards.ts";
import { type Decision, describeDecision } from "../routing/router.ts";

export interface Origin {
  readonly account: Account;
  readonly delivery: Delivery;
  readonly traceId: string;
}

export interface EndPorts {
  readonly shards: Shards;
  readonly log: Log;
  readonly clock: Clock;
}

export const UNSTORED_RETRY_MS = 2000;

export interface Ended {
  readonly state: TerminalState;
  readonly outcome: string;
  readonly message?: Message;
  readonly decision?: Decision;
  /** Its key, where it is known. */
  readonly conversation?: string;
}

/** Counted first, then told: a count that fails is a delivery that is not acknowledged. */
export async function ended(what: Ended, origin: Origin, ports: EndPorts): Promise<Result<void, Problem>> {
  const { account, delivery, traceId } = origin;
  const ackMs = ports.clock.nowMs() - delivery.arrivedAtMs;
  const state = series("clawedge_messages_total", { account: account.id, state: what.state });
  const named = what.state === "ignored" ? { [series("clawedge_ignored_total", { account: account.id, kind: what.outcome })]: 1 } : {};
  try {
    await ports.shards.count(account.id, addDeltas({ [state]: 1 }, named, observation("clawedge_ack_ms", { account: account.id }, ackMs)));
  } catch (error) {
    return fail({ kind: "unstored", detail: String(error), retryAfterMs: UNSTORED_RETRY_MS });
  }
  ports.log.write({
    ...{ level: what.state === "ignored" ? "info" : "warn", event: "message.settled", account: account.id, channel: account.channel },
    ...{
      conversation: what.conversation ?? null,
      message: what.message?.id ?? null,
      kind: what.message?.kind ?? what.outcome,
      pool: what.decision?.pool ?? null,
    },
    ...{
      rule: what.decision?.rule ?? null,
      instance: null,
      epoch: null,
      outcome: what.outcome,
      state: what.state,
      attempts: 0,
      ackMs,
      deliveredMs: null,
    },
    ...{ trace: what.decision === undefined ? null : describeDecision(what.decision), traceId },
  });
  return ok(undefined);
}

export function logDuplicate(what: Message, { account, traceId }: Origin, ports: Pick<EndPorts, "log">): void {
  ports.log.write({
    level: "info",
    event: "message.duplicate",
    account: account.id,
    channel: account.channel,
    message: what.id,
    kind: what.kind,
    traceId,
  });
}
