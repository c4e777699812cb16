/** Something the edge itself tells a person: at most once per key and day, in turn with everything else the bot says. Never throws, never retries. */
import type { Chat } from "../../src/core/message.ts";
import type { Log } from "../../src/ports/log.ts";
import { type CallPorts, type Connection, callPlatform } from "./platform.ts";

export interface Notice {
  readonly chat: Chat;
  readonly text: string;
  readonly key: string;
}

/** A key is remembered this long. */
export const NOTICE_MEMORY_MS = 86_400_000;

export interface NoticePorts extends CallPorts {
  readonly log: Log;
}

export async function sendNotice(notice: Notice, connection: Connection, waitMs: number, ports: NoticePorts): Promise<void> {
  if (waitMs > 0) await ports.clock.sleep(waitMs);
  const call = connection.channel.renderNotice(notice.chat, notice.text);
  const sent = await callPlatform(connection, call, ports);
  const facts = { account: connection.account.id, method: call.method };
  if (sent.ok) ports.log.write({ level: "info", event: "notice.sent", ...facts });
  else ports.log.write({ level: "warn", event: "notice.failed", ...facts, reason: sent.problem.kind, detail: sent.problem.detail });
}
