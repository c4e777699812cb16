/** The shell around the outbox of one gateway that polls, as `durable-objects/instance/outbox-desk.ts` is: rows of ids, offers in memory, one poller that waits. */
import type { Silence } from "../../durable-objects/instance/machine.ts";
import {
  type Asked,
  ask,
  close,
  type Given,
  give,
  isSuspect,
  type Outbox,
  type OutboxRow,
  open,
} from "../../durable-objects/instance/outbox.ts";
import { called, newPoller, type Poller, silentForMs, wakened } from "../../durable-objects/instance/poller.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import { Died, DurableObject } from "./durable.ts";
import type { Request } from "./network.ts";
import { strikes, tell, type World } from "./world.ts";

interface Row {
  readonly id: number;
  readonly state: OutboxRow["row"];
}

export interface Update {
  readonly id: number;
  readonly key: string;
  readonly request: Request;
}

interface Offer {
  readonly request: Request;
  readonly settle: (outcome: Outcome) => void;
}

interface Ticket {
  readonly offset: number;
  readonly untilMs: number;
  readonly answer: (updates: readonly Update[] | undefined) => void;
}

const BYTES = 2;
const ACCOUNT = "telegram:polled";
const MOST = { limit: 100, maxBytes: 1_000_000 } as const;
const EMPTY: Outbox = { given: new Map(), open: new Map(), nextId: 1 };

export class PollObject extends DurableObject {
  readonly #rows = new Map<string, Row>();
  #written = { floor: 1, writtenAtMs: 0 };
  #box: Outbox = EMPTY;
  #poller: Poller = newPoller(ACCOUNT);
  readonly #offers = new Map<string, Offer>();
  #waiting: Ticket | undefined;

  constructor(world: World, instance: string) {
    super(world, `the outbox of ${instance}`);
  }

  /** From a conversation, over a call that may be lost either way. */
  offered(request: Request, done: (outcome: Outcome) => void): void {
    const { world } = this;
    const { deadlineMs } = request;
    let isOver = false;
    const finish = (outcome: Outcome): void => {
      if (isOver) return;
      isOver = true;
      done(outcome);
    };
    world.agenda.after(deadlineMs + 5000, () => finish({ kind: "unknown", detail: "no word from the outbox" }));
    if (strikes(world, world.plan.weather.lose)) return;
    try {
      this.enter(() => this.#offer({ request, settle: finish }));
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      finish({ kind: "unknown", detail: "the outbox cannot be asked" });
    }
  }

  get silence(): Silence | undefined {
    return this.#isSilent ? { accounts: [ACCOUNT], calledAtMs: this.#poller.calledAtMs } : undefined;
  }

  /** A poller's question; `answer` gets nothing when the connection breaks. */
  ask(offset: number, waitMs: number, answer: (updates: readonly Update[] | undefined) => void): void {
    this.#hear();
    const asked = ask(this.#bent(offset), { offset, ...MOST });
    if (asked.box.nextId > this.#box.nextId && asked.jumpedFrom !== undefined) this.#written = { ...this.#written, floor: offset };
    tell(this.world, () => `${this.name} is asked from ${offset}; confirmed: ${asked.confirmed.join(", ")}`);
    const updates = this.#keep(asked);
    this.#settle(asked.confirmed);
    this.#waiting?.answer(undefined);
    this.#waiting = undefined;
    if (updates.length > 0) {
      answer(updates);
      return;
    }
    this.#waiting = { offset, untilMs: this.nowMs + waitMs, answer };
    const ticket = this.#waiting;
    this.later(waitMs, () => {
      if (this.#waiting !== ticket) return;
      this.#waiting = undefined;
      answer([]);
    });
  }

  protected override start(): void {
    const highest = Math.max(0, ...[...this.#rows.values()].map(({ id }) => id));
    const open = [...this.#rows].filter(([, { state }]) => state !== "confirmed");
    this.#box = {
      given: new Map(open.map(([key, { id, state }]) => [key, { id, isHeld: state === "given" }])),
      open: new Map(),
      nextId: this.world.bug === "id-reused-after-restart" ? 1 : Math.max(this.#written.floor, highest + 1),
    };
    this.#poller = wakened({ ...newPoller(ACCOUNT), ...this.#written }, this.nowMs);
  }

  protected override forget(): void {
    const offers = [...this.#offers.values()];
    const waiting = this.#waiting;
    this.#offers.clear();
    this.#waiting = undefined;
    this.#box = EMPTY;
    for (const { settle } of offers) settle({ kind: "unknown", detail: "the outbox cannot be asked" });
    waiting?.answer(undefined);
  }

  protected override ring(): void {
    // Probes and their pace are no part of this world.
  }

  protected override get isOwing(): boolean {
    return false;
  }

  protected override get isSwept(): boolean {
    return false;
  }

  #offer(offer: Offer): void {
    const { settle } = offer;
    const { key, deadlineMs } = offer.request;
    const isGiven = this.#box.given.has(key);
    if (!isGiven && this.#rows.get(key)?.state === "confirmed") {
      settle({ kind: "accepted", detail: "confirmed before" });
      return;
    }
    if (this.#isSilent) {
      settle(unreached(isGiven));
      return;
    }
    this.#offers.get(key)?.settle({ kind: "unknown", detail: "offered again" });
    this.#box = open(this.#box, key, BYTES);
    this.#offers.set(key, offer);
    this.later(deadlineMs, () => this.#expire(key, offer));
    this.#giveToWaiting();
  }

  get #isSilent(): boolean {
    return silentForMs(this.#poller, this.nowMs) !== undefined && this.#waiting === undefined;
  }

  #expire(key: string, offer: Offer): void {
    if (this.#offers.get(key) !== offer) return;
    this.#offers.delete(key);
    this.#box = close(this.#box, key);
    offer.settle(this.#late(this.#box.given.get(key)));
  }

  #late(given: Given | undefined): Outcome {
    if (this.#isSilent) return unreached(given !== undefined);
    if (given === undefined) return { kind: "unreachable", detail: "not asked for in time" };
    return isSuspect(given)
      ? { kind: "unknown", detail: "given again and again, and never confirmed" }
      : { kind: "busy", mayHave: true, detail: "given, and not confirmed yet" };
  }

  #giveToWaiting(): void {
    const ticket = this.#waiting;
    if (ticket === undefined) return;
    const updates = this.#keep(give(this.#box, { offset: ticket.offset, ...MOST }));
    this.#waiting = undefined;
    ticket.answer(updates);
  }

  /** Rows and memory in one breath. */
  #keep({ box, rows, parcels }: Pick<Asked, "box" | "rows" | "parcels">): readonly Update[] {
    this.point("before its rows");
    for (const row of rows) {
      const id = row.row === "asked-again" ? (this.#rows.get(row.key)?.id ?? 0) : row.id;
      this.#rows.set(row.key, { id, state: row.row });
    }
    this.#box = box;
    this.point("after its rows");
    const updates = parcels.flatMap(({ id, key }): readonly Update[] => {
      const offer = this.#offers.get(key);
      return offer === undefined ? [] : [{ id, key, request: offer.request }];
    });
    tell(this.world, () => `${this.name} gives ${updates.map(({ id, key }) => `${id} ${key}`).join(", ") || "nothing"}`);
    for (const { id, key } of updates) this.world.ledger.gave(this.name, id, key);
    return updates;
  }

  #settle(keys: readonly string[]): void {
    for (const key of keys) {
      const offer = this.#offers.get(key);
      this.#offers.delete(key);
      offer?.settle({ kind: "accepted", detail: "confirmed" });
    }
  }

  #hear(): void {
    const { poller, isNews } = called(this.#poller, { nowMs: this.nowMs });
    this.#poller = poller;
    if (isNews) this.#written = { ...this.#written, writtenAtMs: poller.writtenAtMs };
  }

  #bent(offset: number): Outbox {
    if (this.world.bug !== "confirm-of-what-was-never-given") return this.#box;
    const given = [...this.#box.given].map(([key, one]) => [key, { ...one, isHeld: one.isHeld || one.id < offset }] as const);
    return { ...this.#box, given: new Map(given) };
  }
}

const unreached = (isGiven: boolean): Outcome => ({
  kind: "unreachable",
  ...(isGiven ? { mayHave: true } : {}),
  detail: "no poller has called",
});
