/** What a conversation has its bot say: the edge's own notices, and agents' answers until the bot has them. Nothing here decides. */
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import type { ReplyEnd } from "../../src/ports/bots.ts";
import { botsOf } from "../bot/stub.ts";
import type { Env } from "../env.ts";
import { FAULTS, haltAt } from "../fault-point.ts";
import { jsonLog, systemClock } from "../runtime.ts";
import type { Conversation } from "./durable-object.ts";
import type { Entry, Notice, Replying } from "./state.ts";
import type { Upkeep } from "./upkeep.ts";

const NOTICE_WINDOW_MS = 60_000;

export class Telling {
  readonly #object: Conversation;
  readonly #env: Env;
  readonly #upkeep: Upkeep;

  constructor(object: Conversation, env: Env, upkeep: Upkeep) {
    this.#object = object;
    this.#env = env;
    this.#upkeep = upkeep;
  }

  async notify(entry: Entry, notice: Notice): Promise<void> {
    const { ref } = this.#object;
    const text = textOf(notice, entry.pool, await this.#object.snapshot());
    if (text === undefined) return;
    await botsOf(this.#env).notify(entry.account, { chat: entry.chat, text, key: `${notice}/${ref.key}/${onceFor(notice, entry)}` });
  }

  /** Until the bot has it the alarm asks again, and so does the sweeper; how it ends the bot may say at once. */
  async reply({ entry, text }: Replying): Promise<void> {
    const { key, account, chat, seq, arrivedAtMs: askedAtMs } = entry;
    const routes = (await this.#object.snapshot())?.routes;
    const replied = (end: ReplyEnd) => this.#object.apply({ type: "replied", seq, end, nowMs: systemClock.nowMs() });
    if (routes !== undefined && !routes.accounts.has(account)) {
      replied({ state: "dead", outcome: "undelivered: the account is gone", parts: 0, repeats: 0 });
      return;
    }
    try {
      const once = entry.isReplay ? { isReplay: true } : {};
      const given = await botsOf(this.#env).reply(account, { key, ref: this.#object.ref, seq, chat, text, askedAtMs, ...once });
      if (FAULTS) await haltAt("conversation.replyKept");
      this.#object.apply({ type: "kept", seq, nowMs: systemClock.nowMs() });
      if (given.verdict === "ended") replied(given.end);
    } catch (error) {
      const conversation = this.#object.ref.key;
      const detail = String(error);
      jsonLog.write({ level: "warn", event: "reply.unkept", conversation, account, message: entry.messageId, detail });
      const snapshot = await this.#object.snapshot();
      if (snapshot !== undefined) this.#object.apply({ type: "unkept", seq, detail, ...this.#object.moment(snapshot) });
      await this.#upkeep.index();
    }
  }
}

/** Undefined when the document no longer wants it said. */
function textOf(notice: Notice, pool: string, snapshot: Snapshot | undefined): string | undefined {
  if (notice === "limited") return snapshot?.routes.document.limits.notice;
  return snapshot?.routes.pools.get(pool)?.notices[notice];
}

/** What may be said once: a limit in a window, a hold and a move for the message that met it first. */
const onceFor = (notice: Notice, entry: Entry): number =>
  notice === "limited" ? Math.floor(systemClock.nowMs() / NOTICE_WINDOW_MS) : entry.seq;
