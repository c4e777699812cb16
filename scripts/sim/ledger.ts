/**
 * The checker that watches: it knows what every part of the world did, and says at once when a promise is broken. What can only be said
 * at the end stands in `verdict.ts`.
 */
import { DEBT_MS } from "../../durable-objects/conversation/failover.ts";
import type { Event } from "../../durable-objects/conversation/machine.ts";
import type { Attempt, Entry, Notice, Pin, Write } from "../../durable-objects/conversation/state.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import { Continuations } from "./continuations.ts";
import type { ConversationObject } from "./conversation-object.ts";
import { type Gateway, REPLAY_MS } from "./gateway.ts";
import { Conversations } from "./ledger-conversations.ts";
import type { Ack, Run, Shown } from "./ledger-facts.ts";
import type { Request } from "./network.ts";
import type { Plan } from "./plan.ts";
import { isMove, wrongHandOver, wrongMove } from "./reasons.ts";
import { Tried } from "./tried.ts";

/** Clocks differ by a minute at most. */
const SKEW_MS = 120_000;

export class Ledger {
  /** The first broken promise. */
  fault: string | undefined;
  readonly acks: Ack[] = [];
  readonly answers = new Map<string, Shown>();
  /** Account and event to where it ran. */
  readonly runs = new Map<string, Run[]>();
  readonly turns = new Map<string, number>();
  /** What came of hand-overs. */
  readonly tried: Tried;
  readonly continuations = new Continuations();
  /** Of each answer that ended: how many of its parts the edge says it may have repeated. */
  readonly repeats = new Map<string, number>();
  readonly #conversations = new Conversations();
  readonly #serials = new Map<string, number>();
  readonly #ids = new Map<string, string>();
  readonly #overtaken = new Set<string>();
  readonly #plan: Plan;
  readonly #nowMs: () => number;

  constructor(plan: Plan, nowMs: () => number) {
    this.#plan = plan;
    this.#nowMs = nowMs;
    this.tried = new Tried(nowMs);
  }

  breaks(promise: string): void {
    this.fault ??= promise;
  }

  acknowledged(id: string, account: string, conversation: string): void {
    this.acks.push({ id, account, conversation });
  }

  wrote(object: ConversationObject, writes: readonly Write[], event?: Event["type"]): void {
    const book = this.#conversations.of(object.name);
    const wrong = isMove(event) ? writes.flatMap((write) => (write.row === "pin" ? (wrongMove(object, book, write.pin) ?? []) : [])) : [];
    if (wrong[0] !== undefined) this.breaks(`${object.name} ${wrong[0]}`);
    for (const write of writes) this.#wrote(object, write);
  }

  handsOver({ name, rows, world }: ConversationObject, entry: Entry, attempt: Attempt): void {
    const book = this.#conversations.of(name);
    const wrong = wrongHandOver(world, entry, attempt, `${name} #${entry.seq}`);
    if (wrong !== undefined) this.breaks(`${name} #${entry.seq} goes to ${attempt.instance}, ${wrong}`);
    const owner = rows.pins.get(entry.pool)?.instance;
    if (owner !== attempt.instance) this.breaks(`${name} #${entry.seq} goes to ${attempt.instance}, and ${owner} has the conversation`);
    const account = this.#plan.accounts.find(({ id }) => id === entry.account);
    const own = this.#plan.pools.find((pool) => pool.name === account?.pool)?.instances ?? [];
    if (!own.includes(attempt.instance)) this.breaks(`${name} #${entry.seq} of ${entry.account} goes to ${attempt.instance}`);
    if (book.hasEnded(entry.seq)) this.breaks(`${name} #${entry.seq} is handed over after its end`);
    if (!book.begins(entry.seq)) this.breaks(`${name} #${entry.seq} is handed over for the first time after a later one`);
    if (!book.takesOff(attempt.id)) this.breaks(`${name} #${entry.seq} is handed over beside another one`);
  }

  /** `isHeard`: something is made of it. */
  cameBack(conversation: string, { entry, attempt }: Pick<Request, "entry" | "attempt">, outcome: Outcome, isHeard: boolean): void {
    this.#conversations.of(conversation).lands(attempt.id);
    const name = `${conversation} #${entry.seq}`;
    if (isHeard) this.tried.cameBack(name, attempt, outcome);
    else this.tried.isLost(name, attempt);
  }

  /** The incarnation is gone, and its hand-over with it. */
  left({ name, rows }: ConversationObject): void {
    this.#conversations.of(name).landsAll();
    for (const { entry, state } of rows.messages.values())
      if (state === "waiting" && entry.attempt !== undefined) this.tried.isLost(`${name} #${entry.seq}`, entry.attempt);
  }

  /** A native gateway runs a message, or one that polls has stored it. */
  ran(gateway: Gateway, conversation: string, entry: Entry): void {
    this.#runsInOrder(conversation, entry);
    this.#conversations.of(conversation).owes(gateway.name, entry.seq, this.#nowMs());
    const key = `${entry.account}/${entry.messageId}`;
    const before = this.runs.get(key) ?? [];
    const serial = (this.#serials.get(gateway.name) ?? 0) + 1;
    this.#serials.set(gateway.name, serial);
    const run: Run = { gateway: gateway.name, life: gateway.life, atMs: this.#nowMs(), serial, isReplay: entry.isReplay };
    this.runs.set(key, [...before, run]);
    if (before.some((other) => this.#isRemembered(other, run)))
      this.breaks(`${key} runs twice at ${run.gateway}, which was alive all the time`);
    const isElsewhere = before.some((other) => other.gateway !== run.gateway) && ![...before, run].some(({ isReplay }) => isReplay);
    if (isElsewhere && !this.mayRepeat(entry)) this.breaks(`${key} runs at ${run.gateway} and at ${before[0]?.gateway}`);
  }

  turned(conversation: string, entry: Entry): void {
    this.#runsInOrder(conversation, entry);
    const name = `${conversation} #${entry.seq}`;
    const turns = (this.turns.get(name) ?? 0) + 1;
    this.turns.set(name, turns);
    if (turns > 1 && !this.mayRepeat(entry)) this.breaks(`${name} is asked twice`);
  }

  gave(outbox: string, id: number, key: string): void {
    const name = `${outbox} ${id}`;
    const before = this.#ids.get(name) ?? key;
    if (before !== key) this.breaks(`${outbox} gives ${key} the id ${id}, which ${before} had`);
    this.#ids.set(name, key);
  }

  heard(gateway: string, { name, rows }: ConversationObject): void {
    if (![...rows.pins.values()].some(({ instance }) => instance === gateway))
      this.breaks(`${gateway} is heard in ${name} and owns nothing there`);
  }

  kept(key: string, conversation: string, parts: number): void {
    if (this.answers.has(key)) this.breaks(`${key} is kept by its bot once more`);
    else this.answers.set(key, { conversation, copies: Array(parts).fill(0), vanished: Array(parts).fill(0), excuses: 0 });
  }

  excuses(key: string): void {
    const answer = this.answers.get(key);
    if (answer !== undefined) answer.excuses += 1;
  }

  /** `isVain`: the platform took it, and will not bring it to the person. */
  shown(key: string, part: number, isVain: boolean): void {
    const answer = this.answers.get(key);
    if (answer === undefined) {
      this.breaks(`a part of ${key} is shown that nobody kept`);
      return;
    }
    const serial = Number(key.slice(key.lastIndexOf("#") + 1));
    if (part === 0 && !this.#conversations.of(answer.conversation).shows(serial))
      this.breaks(`the answer ${key} is shown after a later one`);
    if (answer.copies.slice(0, part).includes(0)) this.breaks(`part ${part + 1} of ${key} is shown before the one it follows`);
    answer.copies[part] = (answer.copies[part] ?? 0) + 1;
    if (isVain) answer.vanished[part] = (answer.vanished[part] ?? 0) + 1;
  }

  /** A poller whose question may come after a later one: whether it has what it was given nobody can say, and it may get it again. */
  overtakes(gateway: string): void {
    this.#overtaken.add(gateway);
  }

  tells(key: string, repeats: number): void {
    this.repeats.set(key, repeats);
  }

  /** That a message waits is told once for an outage: until something arrived, or nothing waits any more. */
  noticed(conversation: string, notice: Notice): void {
    if (notice === "held" && !this.#conversations.of(conversation).hearsOfHold())
      this.breaks(`the person in ${conversation} is told twice that a message waits`);
  }

  unarmed(object: string): void {
    this.breaks(`${object} has work pending and no alarm`);
  }

  mayRepeat({ pool }: Entry): boolean {
    return this.#plan.pools.find(({ name }) => name === pool)?.rules.ambiguous === "resend";
  }

  #wrote(object: ConversationObject, write: Write): void {
    const { name, rows } = object;
    const book = this.#conversations.of(name);
    switch (write.row) {
      case "insert":
        if (book.isOutOfOrder(write.entry)) this.breaks(`${name} keeps ${write.entry.key} behind what was written later`);
        if (write.ending !== undefined) book.ends(write.entry.seq);
        else object.world.promises.committed(name, write.entry, { pin: rows.pins.get(write.entry.pool), isFirst: book.isIdle });
        book.keeps();
        if (write.ending === undefined) book.waits(write.entry.seq, this.#nowMs());
        this.#begins(object, write.entry);
        break;
      case "end":
        if (!book.ends(write.ending.seq)) this.breaks(`${name} #${write.ending.seq} ends twice`);
        if (write.ending.state !== "expired") book.goesOn(write.ending.seq, this.#nowMs());
        book.leaves(write.ending.seq, ["delivered", "answered"].includes(write.ending.state));
        break;
      case "answered":
        book.answers(write.instance, write.seq);
        break;
      case "pin":
        this.#pins(object, write.pin);
        break;
      case "replay":
        book.waits(write.entry.seq, this.#nowMs());
        break;
      case "reply":
        book.goesOn(write.replying.entry.seq, this.#nowMs());
        book.leaves(write.replying.entry.seq, true);
    }
  }

  /** Who comes from another chat begins with an instance that knows them. */
  #begins({ name, rows, world }: ConversationObject, { seq, pool }: Entry): void {
    const before = world.plan.writings.find(({ conversation, continues }) => conversation === name && continues !== undefined)?.continues;
    const mine = rows.pins.get(pool)?.instance;
    const knows = this.continuations.passedOver(before ?? "", pool, mine);
    if (seq === 1 && knows !== undefined) this.breaks(`${name} begins with ${mine ?? "nobody"}, and ${knows} knows it`);
  }

  #runsInOrder(conversation: string, entry: Entry): void {
    const book = this.#conversations.of(conversation);
    // One that has ended may still be under way: nobody can call it back.
    if (!book.runs(entry.seq) && !book.hasEnded(entry.seq))
      this.breaks(`${conversation} #${entry.seq} runs for the first time after a later one`);
  }

  #isRemembered(before: Run, { gateway, life, atMs, serial }: Run): boolean {
    if (this.#overtaken.has(gateway)) return false;
    return (
      before.gateway === gateway && before.life === life && atMs - before.atMs < REPLAY_MS && serial - before.serial < this.#plan.memory
    );
  }

  #pins({ name, rows, world }: ConversationObject, pin: Pin): void {
    const book = this.#conversations.of(name);
    const all = [...rows.pins.values()];
    const before = book.pins.get(pin.pool);
    book.pins.set(pin.pool, pin);
    if (before !== undefined && pin.epoch < before.epoch) this.breaks(`${name}: the epoch of ${pin.pool} shrinks to ${pin.epoch}`);
    if (before === undefined || before.instance === pin.instance) return;
    if (before.isLeft !== true && world.operator.isWaitedFor(world, pin.pool, before.instance))
      this.breaks(`${name} leaves ${before.instance}, which will be back`);
    if (pin.epoch <= before.epoch) this.breaks(`${name}: ${pin.pool} moves without a new epoch`);
    const isElsewhere = all.some((other) => other.pool !== pin.pool && other.instance === pin.instance);
    if (!isElsewhere && book.isOwedBy(pin.instance, this.#nowMs() - DEBT_MS + SKEW_MS)) {
      this.breaks(`${name} moves back to ${pin.instance}, which still owes an answer`);
    }
  }
}
