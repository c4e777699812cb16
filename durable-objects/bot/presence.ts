/** Read mark and typing: a courtesy with a short deadline. It never waits, writes no row, and is lost when it cannot be had. */
import type { Chat } from "../../src/core/message.ts";
import { type Pacing, reserveTurn } from "../../src/core/pacing.ts";
import type { Log } from "../../src/ports/log.ts";
import { type CallPorts, callPlatform } from "./platform.ts";
import type { Line } from "./sender.ts";

export interface Presence {
  readonly chat: Chat;
  readonly messageId: string;
}

const DEADLINE_MS = 5000;

/** Undefined when the account has no turn to spare now. It is no message: the chat's own pace is not asked. */
export function turnOf({ connection }: Line, presence: Presence, pacing: Pacing, nowMs: number): Pacing | undefined {
  const turn = reserveTurn(pacing, { pace: connection.platform.pace(presence.chat) }, 0, nowMs);
  return turn.isReserved ? turn.pacing : undefined;
}

export async function showPresence(line: Line, presence: Presence, ports: CallPorts & { readonly log: Log }): Promise<void> {
  const call = line.outgoing.present(presence.chat, presence.messageId);
  const shown = await callPlatform(line.connection, call, ports, DEADLINE_MS);
  const account = line.connection.account.id;
  if (!shown.ok) ports.log.write({ level: "debug", event: "presence.failed", account, detail: shown.problem.detail });
}
