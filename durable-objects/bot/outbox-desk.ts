/**
 * The outbox as the bot object runs it: steps of its machine, their rows, the alarm behind them, and their effects. Everything
 * that comes back from a call goes into the machine as an event. It decides nothing.
 */
import type { SendVerdict } from "../../src/channels/outgoing.ts";
import type { DeliveryStatus } from "../../src/core/delivery-status.ts";
import type { Pacing } from "../../src/core/pacing.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import { addDeltas, type Delta, series } from "../../src/core/series.ts";
import type { Reply, ReplyEnd, ReplyVerdict } from "../../src/ports/bots.ts";
import type { Conversations } from "../../src/ports/conversations.ts";
import type { AlarmClock } from "../conversation/alarm-clock.ts";
import { blockAt, FAULTS, haltAt, stopsAt } from "../fault-point.ts";
import { jsonLog, platformHttp, systemClock, webDice } from "../runtime.ts";
import { readNote } from "./note.ts";
import { step, verdictOf, wakeAtMs } from "./outbox.ts";
import type { OutboxRows } from "./outbox-rows.ts";
import {
  type Answer,
  type Entry,
  emptyOutbox,
  MAX_KEPT,
  MAX_KEPT_CHARACTERS,
  type Moment,
  type Outbox,
  type OutboxEffect,
  type OutboxEvent,
  survive,
} from "./outbox-state.ts";
import type { CallPorts, Connection, PlatformProblem } from "./platform.ts";
import { type Presence, showPresence, turnOf } from "./presence.ts";
import { type Line, sendPart, speechOf } from "./sender.ts";
import { Shelf } from "./shelf.ts";
import { SeenStatuses } from "./statuses.ts";
import type { BotStorage } from "./storage.ts";

/** The object around it. */
export interface Host {
  readonly storage: BotStorage;
  readonly rows: OutboxRows;
  readonly clock: AlarmClock;
  readonly conversations: Conversations;
  /** Shared with everything else the bot says. */
  readonly pacing: () => Pacing;
  readonly setPacing: (pacing: Pacing) => void;
  readonly calls: CallPorts;
  readonly connect: (account: string) => Promise<Result<Connection, PlatformProblem>>;
  readonly background: (work: Promise<unknown>) => void;
  readonly tally: (delta: Delta) => void;
}

const EMPTY: ReplyEnd = { state: "answered", outcome: "empty", parts: 0, repeats: 0 };

/** Of a moment, without its type: what an event says besides. */
type Bare<Event> = Event extends OutboxEvent ? Omit<Event, keyof Moment> : never;

export class OutboxDesk {
  readonly #host: Host;
  readonly #seen = new SeenStatuses();
  #state: Outbox;

  constructor(host: Host) {
    this.#host = host;
    const nowMs = systemClock.nowMs();
    const entries = Shelf.of(new Map(host.rows.load().map((entry) => [entry.key, survive(entry, nowMs)])));
    const stopped = host.storage.fact("stopped");
    this.#state = { ...emptyOutbox, entries, ...(stopped === undefined ? {} : { stopped: { detail: stopped, lookAtMs: 0 } }) };
  }

  get isEmpty(): boolean {
    return this.#state.entries.size === 0;
  }

  get #isFull(): boolean {
    return this.#state.entries.size >= MAX_KEPT || this.#host.rows.characters >= MAX_KEPT_CHARACTERS;
  }

  /** An operator's replay is another question under the same key: its number in the conversation tells them apart. */
  async reply(account: string, { text, ...reply }: Reply): Promise<ReplyVerdict> {
    const key = `${reply.key}#${reply.seq}`;
    const known = verdictOf(this.#state, key);
    if (known !== undefined) return known;
    const line = await this.#line(account);
    if (!line.ok) throw new Error(line.problem.detail);
    if (this.#isFull) throw new Error(`full: ${this.#state.entries.size} answers of this account wait`);
    const parts = line.value.outgoing.render(text);
    if (parts.length === 0) return { verdict: "ended", end: EMPTY };
    this.#apply({ type: "keep", account, reply: { ...reply, key }, parts }, line.value);
    return verdictOf(this.#state, key) ?? { verdict: "kept" };
  }

  async present(account: string, presence: Presence): Promise<void> {
    const line = await this.#line(account);
    if (!line.ok || this.#state.stopped !== undefined) return;
    const pacing = turnOf(line.value, presence, this.#host.pacing(), systemClock.nowMs());
    if (pacing === undefined) return;
    this.#host.setPacing(pacing);
    this.#aside(showPresence(line.value, presence, { ...this.#host.calls, http: platformHttp, log: jsonLog }));
  }

  /** A status is counted, and applied, once for as long as this incarnation remembers it. */
  async statuses(account: string, statuses: readonly DeliveryStatus[]): Promise<void> {
    const found = await this.#line(account);
    const line = found.ok ? found.value : undefined;
    const news: Delta[] = [];
    for (const status of statuses) {
      if (this.#seen.has(status)) continue;
      this.#apply({ type: "status", account, status, verdict: verdictOn(status, line) }, line);
      this.#seen.add(status);
      news.push({ [series("statuses_total", { account, status: status.status })]: 1 });
    }
    if (news.length > 0) this.#host.tally(addDeltas(...news));
  }

  /** What the alarm is for. An account that cannot speak now still ends what time ends. */
  async wake(): Promise<void> {
    const [first] = this.#state.entries.values();
    if (first === undefined) return;
    const line = await this.#line(first.account);
    this.#apply({ type: "wake" }, line.ok ? line.value : undefined);
  }

  /** An alarm stands behind every row that is open. */
  arm(): void {
    const atMs = wakeAtMs(this.#state, systemClock.nowMs());
    if (atMs !== undefined) this.#host.clock.ringBy(atMs);
  }

  async #line(account: string): Promise<Result<Line, PlatformProblem>> {
    const connection = await this.#host.connect(account);
    if (!connection.ok) return connection;
    const { outgoing, name } = connection.value.channel;
    if (outgoing === undefined) return fail({ kind: "unconfigured", detail: `the edge sends no answers on ${name}: its instances do` });
    return ok({ connection: connection.value, outgoing });
  }

  #apply(event: Bare<OutboxEvent>, line: Line | undefined): void {
    const moment: Moment = { nowMs: systemClock.nowMs(), dice: webDice.next(), speech: line && speechOf(line) };
    const next = step({ ...this.#state, pacing: this.#host.pacing() }, { ...event, ...moment } as OutboxEvent);
    if (FAULTS) blockAt("bot.beforeCommit", next.writes);
    this.#host.rows.write(next.writes);
    this.#state = next.state;
    this.#host.setPacing(next.state.pacing);
    this.arm();
    if (FAULTS && stopsAt("bot.afterCommit", next.effects)) return;
    for (const effect of next.effects) this.#perform(effect, line);
  }

  #perform(effect: OutboxEffect, line: Line | undefined): void {
    switch (effect.do) {
      case "send":
        if (line !== undefined) this.#aside(this.#send(line, effect.entry, effect.waitMs));
        break;
      case "tell":
        this.#aside(this.#tell(effect.entry));
        break;
      case "count":
        this.#host.tally(effect.delta);
        break;
      case "stopped":
        this.#host.storage.keepFact("stopped", effect.detail);
        jsonLog.write({ level: "error", event: "bot.stopped", account: effect.account, detail: effect.detail });
        break;
      case "resumed":
        this.#host.storage.dropFact("stopped");
        jsonLog.write({ level: "info", event: "bot.resumed", account: effect.account });
        break;
      case "undelivered":
        this.#undelivered(effect.account, effect.status);
    }
  }

  async #send(line: Line, entry: Entry, waitMs: number): Promise<void> {
    if (waitMs > 0) await systemClock.sleep(waitMs);
    const words = this.#host.rows.part(entry.key, entry.next);
    if (entry.attempts > 1) repeated(entry);
    if (FAULTS) await haltAt("bot.beforeSend");
    const answer = await sendPart(line, entry, words, this.#host.calls).catch(
      (error: unknown): Answer => ({ kind: "refused", verdict: { kind: "give-up", detail: String(error) } }),
    );
    if (FAULTS) await haltAt("bot.afterResponse");
    if (FAULTS) blockAt("bot.beforeMark");
    this.#apply({ type: "answered", key: entry.key, part: entry.next, answer }, line);
  }

  /** Until it resolved the alarm tells again. */
  async #tell({ key, ref, seq, end }: Entry): Promise<void> {
    if (end === undefined) return;
    if (FAULTS) await haltAt("bot.beforeTell");
    await this.#host.conversations.replied(ref, seq, end);
    if (FAULTS) await haltAt("bot.afterTold");
    this.#apply({ type: "told", key }, undefined);
  }

  #undelivered(account: string, { note, messageId, error }: DeliveryStatus): void {
    const noted = readNote(note);
    const facts = { account, conversation: noted?.ref.key, seq: noted?.seq, message: messageId, code: error?.code, detail: error?.detail };
    jsonLog.write({ level: "warn", event: "reply.undelivered", ...facts });
    this.#host.tally({ [series("replies_undelivered_total", { account })]: 1 });
  }

  /** What fails here is taken up again by the alarm, or was a courtesy. */
  #aside(work: Promise<unknown>): void {
    this.#host.background(work.catch((error: unknown) => jsonLog.write({ level: "error", event: "bot.error", detail: String(error) })));
  }
}

/** What the channel makes of a failure that came later. */
const verdictOn = ({ error }: DeliveryStatus, line: Line | undefined): SendVerdict | undefined =>
  error === undefined ? undefined : line?.outgoing.judge({ code: error.code, refusals: 0 });

/** A person may read it twice: whoever asks why finds a call that nobody answered, or else that the incarnation which made it is gone. */
function repeated({ account, ref, seq, next: part, doubts, detail }: Entry): void {
  const why = doubts > 0 ? "unanswered" : "cut off";
  jsonLog.write({ level: "warn", event: "reply.part-repeated", account, conversation: ref.key, seq, part, why, detail });
}
