/**
 * An object as the platform runs it: storage outlives it, memory does not, and it may die at any point of a step. One alarm, kept with
 * the rows, rung at least once, tried six more times when its handler fails, and then gone. In some worlds one is lost for no reason.
 * @see https://developers.cloudflare.com/durable-objects/api/alarms/
 */
import { LEASE_MS } from "../../durable-objects/conversation/machine.ts";
import { strikes, tell, type World } from "./world.ts";

/** The incarnation is gone: whoever called it does not know what of the call was done. */
export class Died extends Error {
  /** Without a stack: thousands are thrown. */
  constructor(message: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The object lives and cannot do it now: nothing was done. */
export class Unready extends Died {}

/** Clocks do not begin at zero. */
export const EPOCH_MS = 1_800_000_000_000;
const MAX_RETRIES = 6;
const RETRY_MS = 2000;

export abstract class DurableObject {
  readonly world: World;
  readonly name: string;
  /** Kept: when the alarm rings, by the object's clock. */
  alarmAtMs: number | undefined;
  deaths = 0;
  #isAwake = false;
  #skewMs = 0;
  #alarmSerial = 0;
  #retries = 0;
  #isRinging = false;
  /** Memory: what the incarnation believes of its alarm. */
  #setAtMs: number | undefined;

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
  }

  /** Reads memory back from rows, as a constructor does. */
  protected abstract start(): void;
  /** Drops memory. */
  protected abstract forget(): void;
  protected abstract ring(): void;
  /** Whether rows stand open that only an alarm can take up. */
  protected abstract get isOwing(): boolean;
  /** Whether the sweeper knows where to knock: what it does not know waits for the next call, and is no part of this world. */
  protected abstract get isSwept(): boolean;

  get nowMs(): number {
    return EPOCH_MS + this.world.agenda.nowMs + this.#skewMs;
  }

  /** An alarm is to come, as far as this incarnation knows. */
  get isArmed(): boolean {
    return this.#setAtMs !== undefined && this.#setAtMs > this.nowMs - LEASE_MS;
  }

  get isAwake(): boolean {
    return this.#isAwake;
  }

  /** Everything that reaches the object comes through here; it starts when it has to. */
  enter<Value>(work: () => Value): Value {
    try {
      if (!this.#isAwake) this.#begin();
      return work();
    } catch (error) {
      if (error instanceof Died && !(error instanceof Unready)) this.die(error.message);
      throw error;
    }
  }

  /** As long as this incarnation lives. */
  later(delayMs: number, work: () => void): void {
    const mine = this.deaths;
    this.world.agenda.after(delayMs, () => {
      if (this.deaths === mine) this.quietly(work);
    });
  }

  /** Also when it has died meanwhile: an incarnation that touches no storage may not have noticed. */
  asZombie(delayMs: number, work: () => void): void {
    const mine = this.deaths;
    const isStubborn = this.world.dice.chance(0.4);
    this.world.agenda.after(delayMs, () => {
      if (this.deaths === mine || isStubborn) work();
    });
  }

  quietly(work: () => void): void {
    try {
      this.enter(work);
    } catch (error) {
      if (!(error instanceof Died)) throw error;
    }
  }

  /** Here an incarnation can die. */
  point(where: string): void {
    if (strikes(this.world, this.world.plan.weather.crash)) throw new Died(where);
  }

  die(why: string): void {
    this.deaths += 1;
    this.#isAwake = false;
    this.#setAtMs = undefined;
    this.forget();
    tell(this.world, () => `${this.name} dies: ${why}`);
    if (!this.#isRinging) this.#checkAlarm();
  }

  /** Brought nearer, never pushed away; part of the same write as the rows. An alarm that should have rung a lease ago is taken for lost. */
  ringBy(atMs: number): void {
    const isNear = this.#setAtMs !== undefined && this.#setAtMs <= atMs && this.#setAtMs > this.nowMs - LEASE_MS;
    const isHidden = this.world.bug === "hidden-by-purge-alarm" && this.#setAtMs !== undefined;
    if (isNear || isHidden) return;
    this.#setAtMs = atMs;
    this.#retries = 0;
    this.#schedule(atMs);
  }

  /** The sweeper's knock: what an alarm lost is taken up. */
  knock(): void {
    this.quietly(() => {
      this.#setAtMs = undefined;
      this.ring();
    });
  }

  #begin(): void {
    this.#isAwake = true;
    if (strikes(this.world, this.world.plan.weather.clockJumps)) this.#skewMs = this.world.dice.between(-3000, 60_000);
    this.#setAtMs = this.alarmAtMs;
    this.start();
  }

  #schedule(atMs: number): void {
    this.alarmAtMs = atMs;
    this.#alarmSerial += 1;
    const serial = this.#alarmSerial;
    const lateMs = strikes(this.world, 0.03) ? this.world.dice.between(0, 60_000) : this.world.dice.between(0, 50);
    this.world.agenda.after(Math.max(0, atMs - this.nowMs) + lateMs, () => {
      if (this.#alarmSerial === serial) this.#rings();
    });
  }

  #rings(): void {
    if (this.isSwept && strikes(this.world, this.world.plan.weather.lostAlarms)) {
      tell(this.world, () => `the alarm of ${this.name} is lost`);
      return;
    }
    this.alarmAtMs = undefined;
    this.#isRinging = true;
    try {
      this.enter(() => {
        this.#setAtMs = undefined;
        this.ring();
      });
      this.#retries = 0;
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      // What the handler set before it failed stands.
      if (this.alarmAtMs === undefined) this.#ringAgain();
    }
    this.#isRinging = false;
    this.#checkAlarm();
  }

  #checkAlarm(): void {
    if (this.alarmAtMs === undefined && this.isOwing) this.world.ledger.unarmed(this.name);
  }

  #ringAgain(): void {
    if (this.#retries >= MAX_RETRIES) {
      tell(this.world, () => `the platform gives up the alarm of ${this.name}`);
      return;
    }
    const retries = this.#retries;
    this.#retries += 1;
    this.#schedule(this.nowMs + RETRY_MS * 2 ** retries);
  }
}
