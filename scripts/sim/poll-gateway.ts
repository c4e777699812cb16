/** A gateway that asks for its updates. It stores what it got and asks for what follows; it confirms late, loses answers, and dies in between. */

import { Died } from "./durable.ts";
import { Gateway } from "./gateway.ts";
import type { PollObject, Update } from "./poll-object.ts";
import { strikes, tell, type World } from "./world.ts";

const LONG_POLL_MS = 30_000;
const AGAIN_MS = 1000;
/** Of a request that is stuck on its way. */
const GIVES_UP_MS = 10_000;

export class PollGateway extends Gateway {
  readonly #outbox: PollObject;
  /** On its disk. */
  #offset = 0;

  constructor(world: World, name: string, outbox: PollObject) {
    super(world, name);
    this.#outbox = outbox;
    this.started();
  }

  protected override started(): void {
    super.started();
    this.#alive(this.world.dice.between(0, 500), () => this.#poll());
  }

  #poll(): void {
    const { world } = this;
    const { lose, delay } = world.plan.weather;
    if (this.hangsForMs > 0) {
      this.#alive(this.hangsForMs, () => this.#poll());
      return;
    }
    const { life } = this;
    let isHeard = false;
    const hear = (updates: readonly Update[] | undefined): void => {
      // Whoever was stopped meanwhile asks with the questions of its next life only.
      if (isHeard || this.life !== life) return;
      isHeard = true;
      const isLost = updates === undefined || strikes(world, lose);
      this.#alive((isLost ? AGAIN_MS : world.dice.between(1, 20)) + this.hangsForMs, () => (isLost ? this.#poll() : this.#store(updates)));
    };
    if (strikes(world, lose)) {
      this.#alive(world.dice.pick([AGAIN_MS, 20_000]), () => this.#poll());
      return;
    }
    if (!mayBeOvertaken(world) || !strikes(world, delay)) {
      this.#ask(this.#offset, hear);
      return;
    }
    // It arrives when its sender may have given up and asked again, even when that has died since.
    const offset = this.#offset;
    world.ledger.overtakes(this.name);
    world.agenda.after(world.dice.between(100, 40_000), () => this.#ask(offset, hear));
    this.#alive(GIVES_UP_MS, () => hear(undefined));
  }

  /** A life that ended while it waited hears nothing, and the outbox does not know. */
  #ask(offset: number, hear: (updates: readonly Update[] | undefined) => void): void {
    try {
      this.#outbox.enter(() => this.#outbox.ask(offset, LONG_POLL_MS, hear));
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      hear(undefined);
    }
  }

  #store(updates: readonly Update[]): void {
    const { world } = this;
    if (updates.length > 0 && strikes(world, world.plan.weather.crash * 2)) {
      this.stop(world.dice.pick([1000, 45_000]));
      return;
    }
    for (const { id, key, request } of updates) {
      if (id < this.#offset) continue;
      if (request.entry.kind === "poison") {
        this.stop(world.dice.between(500, 3000));
        return;
      }
      this.#offset = id + 1;
      tell(world, () => `${this.name} stores ${key} as ${id}`);
      world.ledger.ran(this, request.conversation, request.entry);
    }
    const busyMs = strikes(world, world.plan.weather.busy) ? world.dice.pick([5000, 40_000]) : 1;
    this.#alive(busyMs, () => this.#poll());
  }

  #alive(delayMs: number, work: () => void): void {
    const { life } = this;
    this.world.agenda.after(delayMs, () => {
      if (this.life === life && !this.isDown) work();
    });
  }
}

/**
 * A question that arrives after the answer to a later one was stored looks like that of a poller which lost everything and began anew.
 * Where an update with a lower id waits between two offers (its object died, or its poller dies of it), the outbox would take that for
 * its being had. A new id would mend it, and let every real poller that restarts run such an update twice.
 */
const mayBeOvertaken = ({ plan }: World): boolean =>
  plan.weather.crash + plan.weather.storage + plan.weather.evictions === 0 && plan.writings.every(({ temper }) => temper !== "poison");
