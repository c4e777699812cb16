/** What follows from the platform's answer to a forwarded call: its line in the log, a pause it asks for, a chat that moved. Never throws. */
import type { AnswerFacts, Egress } from "../channels/egress.ts";
import { refIn } from "../config/routes.ts";
import type { Chat } from "../core/message.ts";
import type { Log } from "../ports/log.ts";
import type { EgressPorts, Forward } from "./egress.ts";

export interface Sent {
  readonly status: number;
  /** From the first byte sent to the platform until its answer began. */
  readonly ms: number;
}

/** One line per thing a person could see; typing and reading leave none. */
export function logSent({ call, caller, spoken, waitMs }: Forward, sent: Sent, log: Log): void {
  if (call.class !== "send" && call.class !== "edit") return;
  log.write({
    level: sent.status < 400 ? "info" : "warn",
    event: "egress.sent",
    account: caller.account.id,
    conversation: spoken?.ref.key,
    instance: caller.instance,
    method: call.method,
    class: call.class,
    status: sent.status,
    epoch: spoken?.epoch,
    waitMs,
    ms: sent.ms,
  });
}

type HeedPorts = Pick<EgressPorts, "outbound" | "conversations" | "log">;

/** The answer has been had: when heeding it fails, the instance still gets it. */
export async function heedAnswer(forward: Forward, facts: AnswerFacts, egress: Egress, ports: HeedPorts): Promise<void> {
  try {
    if (facts.retryAfterMs !== undefined) await holdBack(forward, facts.retryAfterMs, egress, ports);
    if (facts.movedTo !== undefined) await follow(forward, facts.movedTo, ports);
  } catch (thrown) {
    const { account, instance } = { account: forward.caller.account.id, instance: forward.caller.instance };
    ports.log.write({ level: "warn", event: "egress.unheeded", account, instance, detail: String(thrown) });
  }
}

function holdBack({ call, caller }: Forward, retryAfterMs: number, egress: Egress, { outbound }: HeedPorts): Promise<void> {
  const chat = call.chat === undefined ? {} : { chat: call.chat };
  return outbound.penalize(caller.account.id, { ...chat, pace: egress.pace(call.chat), retryAfterMs });
}

async function follow({ caller, spoken }: Forward, movedTo: Chat, { conversations }: HeedPorts): Promise<void> {
  if (spoken === undefined) return;
  await conversations.move(spoken.ref, refIn(caller.routes, caller.account, movedTo));
}
