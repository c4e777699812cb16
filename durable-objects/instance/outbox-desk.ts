/**
 * Where conversations offer updates and pollers ask for them: bodies and promises in memory, ids in rows, waiting pollers on
 * sockets. What is given and confirmed is decided in `outbox.ts`; a body is here only as long as its conversation offers it.
 */
import type { Polling } from "../../src/channels/polling.ts";
import { channels } from "../../src/channels/registry.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Log } from "../../src/ports/log.ts";
import type { PollAsk } from "../../src/ports/pollers.ts";
import type { Offer } from "../../src/ports/polls.ts";
import { blockAt, FAULTS, haltAt, stopsAt } from "../fault-point.ts";
import { OpenOffers } from "./open-offers.ts";
import { type Answered, ask, close, give, isSuspect, type Outbox, open } from "./outbox.ts";
import type { OutboxRows } from "./outbox-rows.ts";
import {
  called,
  FLOOR_MS,
  isHot,
  newPoller,
  type Poller,
  type PollerDetails,
  SILENT_AFTER_MS,
  silenceOf,
  silentForMs,
  wakened,
} from "./poller.ts";
import { CLOSED, PAUSE_HEADER, type WaitingRoom } from "./waiting.ts";

export interface DeskPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Of the tokens the bot issues now: asked once for each account. */
  readonly generationInForce: (account: string, instance: string) => Promise<number>;
}

/** An object has 128 MB, and other things to do with them. @see https://developers.cloudflare.com/durable-objects/platform/limits/ */
const MAX_OPEN_BYTES = 32 * 1024 * 1024;

const REVOKED = { status: 401 } as const;

/** A client that handles its updates before it asks again may be slow and well: only its silence says that it is not there. */
const NOT_ASKED: Outcome = { kind: "busy", detail: "the poller has not asked yet" };

/** Two pollers that are at odds would chase each other as fast as they can; the platform, too, lets every further one wait. */
const CONFLICT_WAIT_MS = 3000;

export class OutboxDesk {
  readonly #rows: OutboxRows;
  readonly #waiting: WaitingRoom;
  readonly #ports: DeskPorts;
  readonly #instance: () => string;
  readonly #pollers: Map<string, Poller>;
  readonly #boxes = new Map<string, Outbox>();
  readonly #offers: OpenOffers;
  #conflictAtMs = Number.NEGATIVE_INFINITY;

  constructor(rows: OutboxRows, waiting: WaitingRoom, parts: { readonly ports: DeskPorts; readonly instance: () => string }) {
    this.#rows = rows;
    this.#waiting = waiting;
    this.#ports = parts.ports;
    this.#instance = parts.instance;
    this.#offers = new OpenOffers(parts.ports.clock);
    const nowMs = parts.ports.clock.nowMs();
    this.#pollers = new Map(rows.pollers().map((poller) => [poller.account, wakened(poller, nowMs)]));
  }

  /** See the port `Polls`. */
  async offer(offer: Offer): Promise<Outcome> {
    const { account, key } = offer;
    const polling = pollingOf(account);
    if (polling?.numbered(offer.body, 0) === undefined)
      return { kind: "refused", isPermanent: true, detail: "not an update that can be polled for" };
    const box = this.#box(account);
    const isGiven = box.given.has(key);
    if (!isGiven && this.#rows.isConfirmed(account, key)) return { kind: "accepted", detail: "confirmed before" };
    const silence = this.#silence(account);
    if (silence !== undefined) return unreached(silence, isGiven);
    if (!isGiven && !polling.isWanted(offer.kind, this.#poller(account).kinds))
      return { kind: "unmarked", detail: `the instance does not ask for ${offer.kind}` };
    if (this.#offers.bytes + offer.body.byteLength > MAX_OPEN_BYTES)
      return { kind: "busy", mayHave: isGiven, detail: "the outbox is full" };
    this.#offers.settle(account, [key], { kind: "unknown", detail: "offered again" });
    this.#boxes.set(account, open(box, key, offer.body.byteLength));
    const settled = this.#offers.wait(offer, () => this.#expire(account, key));
    this.#giveToWaiting(account, polling);
    return settled;
  }

  /** The platform's answer, 401 for a revoked token, or a socket to wait on. */
  async ask(asked: PollAsk): Promise<Response> {
    const { account } = asked;
    const polling = pollingOf(account);
    if (polling === undefined || !(await this.#admits(asked))) return new Response(null, REVOKED);
    const nowMs = this.#ports.clock.nowMs();
    const before = this.#poller(account);
    const floorMs = isHot(before, { ...asked, nowMs }) ? FLOOR_MS : 0;
    const next = called(before, { ...asked, nowMs });
    this.#keepPoller(next.poller, next.isNews);

    const answered = ask(this.#box(account), { ...asked, maxBytes: polling.maxAnswerBytes });
    if (answered.jumpedFrom !== undefined) this.#jumped(account, answered.jumpedFrom, asked.offset);
    if (answered.forgotten.length > 0)
      this.#log("warn", { event: "poll.forgotten", account, count: answered.forgotten.length, offset: asked.offset });
    const text = this.#keep(account, answered, polling);
    if (FAULTS) await haltAt("instance.beforeMark", answered.rows);
    this.#offers.settle(account, answered.confirmed, { kind: "accepted", detail: "confirmed" });
    this.#offers.settle(account, answered.forgotten, { kind: "accepted", detail: "forgotten: the instance asked for its newest only" });
    if (FAULTS) await haltAt("instance.afterMark", answered.rows);
    const isNews = answered.rows.length > 0;
    const waitMs = Math.max(asked.waitMs, floorMs);
    if (answered.parcels.length > 0 || waitMs === 0) return new Response(text, pausing(isNews ? 0 : floorMs));
    this.#endOlder(account, nowMs);
    const { generation, offset, limit } = asked;
    return this.#waiting.admit({ account, generation, offset, limit, untilMs: nowMs + waitMs });
  }

  /** How many are offered and not confirmed; undefined for a revoked token. */
  async pendingFor(caller: Pick<PollAsk, "account" | "generation">): Promise<number | undefined> {
    return (await this.#admits(caller)) ? this.#box(caller.account).open.size : undefined;
  }

  /** Tokens of a lower generation end, also those that wait. Durable when the caller has its answer. */
  acceptFrom(account: string, generation: number): void {
    const poller = this.#poller(account);
    this.#keepPoller({ ...poller, generation: Math.max(generation, poller.generation ?? 0) }, true);
    this.#waiting.dismiss(
      account,
      { code: CLOSED.revoked, nowMs: this.#ports.clock.nowMs() },
      (ticket) => ticket.generation < (this.#poller(account).generation ?? 0),
    );
  }

  /** Of these accounts, in their order. */
  pollers(accounts: readonly string[]): readonly PollerDetails[] {
    const nowMs = this.#ports.clock.nowMs();
    return accounts.map((account) => ({
      account,
      calledAtMs: this.#poller(account).calledAtMs,
      isWaiting: this.#waiting.of(account, nowMs).length > 0,
      isSilent: this.#silence(account) !== undefined,
      open: this.#box(account).open.size,
    }));
  }

  /** When the next of them will have been silent for too long, if it does not call. */
  silentInMs(accounts: readonly string[]): number {
    const nowMs = this.#ports.clock.nowMs();
    const due = this.pollers(accounts).filter(({ isWaiting, isSilent }) => !isWaiting && !isSilent);
    return Math.min(SILENT_AFTER_MS, ...due.map(({ calledAtMs }) => calledAtMs + SILENT_AFTER_MS - nowMs));
  }

  purge(): void {
    this.#rows.purge(this.#ports.clock.nowMs());
  }

  #expire(account: string, key: string): Outcome {
    const box = this.#box(account);
    this.#boxes.set(account, close(box, key));
    const given = box.given.get(key);
    const silence = this.#silence(account);
    if (silence !== undefined) return unreached(silence, given !== undefined);
    if (isSuspect(given)) return { kind: "unknown", detail: "given again and again, and never confirmed" };
    return given === undefined ? NOT_ASKED : { kind: "busy", mayHave: true, detail: "given, and not confirmed yet" };
  }

  #giveToWaiting(account: string, polling: Polling): void {
    const nowMs = this.#ports.clock.nowMs();
    const [ticket] = this.#waiting.of(account, nowMs);
    if (ticket === undefined) return;
    const answered = give(this.#box(account), { ...ticket, maxBytes: polling.maxAnswerBytes });
    const text = this.#keep(account, answered, polling);
    if (FAULTS && stopsAt("instance.afterCommit")) return;
    this.#waiting.answer(account, text, nowMs);
  }

  /** Rows and memory in one breath; returns what the poller is told. */
  #keep(account: string, answered: Answered, polling: Polling): string {
    if (FAULTS) blockAt("instance.beforeCommit", answered.rows);
    this.#rows.write(account, answered.rows, this.#ports.clock.nowMs());
    this.#boxes.set(account, answered.box);
    return polling.answerOf(
      answered.parcels.flatMap(({ key, id }) => {
        const body = this.#offers.bodyOf(account, key);
        return (body && polling.numbered(body, id)) ?? [];
      }),
    );
  }

  /** Asked of the bot once, because a token may have been revoked before anybody polled. */
  async #admits({ account, generation }: Pick<PollAsk, "account" | "generation">): Promise<boolean> {
    if (this.#poller(account).generation === undefined)
      this.acceptFrom(account, await this.#ports.generationInForce(account, this.#instance()));
    return generation >= (this.#poller(account).generation ?? 0);
  }

  #endOlder(account: string, nowMs: number): void {
    const isAgain = nowMs - this.#conflictAtMs < CONFLICT_WAIT_MS;
    const by = { code: CLOSED.conflict, reason: isAgain ? String(CONFLICT_WAIT_MS) : "0", nowMs };
    if (this.#waiting.dismiss(account, by) === 0) return;
    this.#conflictAtMs = nowMs;
    this.#log("warn", { event: "poll.conflict", account });
  }

  #jumped(account: string, from: number, to: number): void {
    this.#keepPoller({ ...this.#poller(account), floor: to }, true);
    this.#log("info", { event: "poll.jumped", account, from, to });
  }

  #silence(account: string): string | undefined {
    const nowMs = this.#ports.clock.nowMs();
    const poller = this.#poller(account);
    if (silentForMs(poller, nowMs) === undefined || this.#waiting.of(account, nowMs).length > 0) return undefined;
    return `no poller has called ${silenceOf(poller, nowMs)}`;
  }

  #poller(account: string): Poller {
    return this.#pollers.get(account) ?? newPoller(account);
  }

  #keepPoller(poller: Poller, isNews: boolean): void {
    this.#pollers.set(poller.account, poller);
    if (isNews) this.#rows.keepPoller(poller);
  }

  #box(account: string): Outbox {
    const box = this.#boxes.get(account) ?? this.#rows.load(this.#poller(account));
    this.#boxes.set(account, box);
    return box;
  }

  #log(level: "info" | "warn", facts: { readonly event: string; readonly [fact: string]: string | number }): void {
    this.#ports.log.write({ level, instance: this.#instance(), ...facts });
  }
}

const pausing = (ms: number): ResponseInit => (ms === 0 ? {} : { headers: { [PAUSE_HEADER]: String(ms) } });

/** Nobody is there to be given anything now; what was given before may still be had. */
const unreached = (silence: string, isGiven: boolean): Outcome => ({
  kind: "unreachable",
  ...(isGiven ? { mayHave: true } : {}),
  detail: isGiven ? `given, and ${silence}` : silence,
});

const pollingOf = (account: string): Polling | undefined => channels.get(account.split(":")[0] ?? "")?.egress?.polling;
