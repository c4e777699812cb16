/**
 * Promises about time, judged in worlds in which nothing goes wrong but one thing: an instance that dies, hangs, is called down by mistake,
 * or is out with all that write to it. Seconds are simulated ones.
 */
import type { Entry, Notice, Pin } from "../../durable-objects/conversation/state.ts";
import { EPOCH_MS } from "./durable.ts";
import type { Incident, Plan } from "./plan.ts";
import { named, tell, type World } from "./world.ts";

interface Watched {
  readonly conversation: string;
  readonly atMs: number;
  readonly pin: Pin | undefined;
  /** Nothing waited before it. */
  readonly isFirst: boolean;
  ran?: { readonly gateway: string; readonly atMs: number };
  heldToldAtMs?: number;
}

export const NEW_MS = 3000;
const DETECTED_MS = 12_000;
const MOVED_MS = 3000;
const TOLD_MS = 5000;
/** Who hangs is no trouble before it was noticed. */
const HUNG_TOLD_MS = DETECTED_MS + TOLD_MS;
const RAMP_MS = 5000;
/** What is promised, whatever the product makes of it. */
const RAMP_START = 0.1;
const AMPLIFIED = 1.2;

export class Promises {
  readonly #worldOf: () => World;
  readonly #incident: Incident | undefined;
  readonly #watched = new Map<string, Watched>();
  readonly #tried = new Set<string>();
  #sends = 0;
  #sendsAfterwards = 0;
  /** Of who hangs: by when somebody has noticed. */
  #noticedByMs = Number.POSITIVE_INFINITY;

  constructor({ incident }: Plan, worldOf: () => World) {
    this.#worldOf = worldOf;
    this.#incident = incident;
  }

  get #world(): World {
    return this.#worldOf();
  }

  get #nowMs(): number {
    return this.#world.agenda.nowMs;
  }

  committed(conversation: string, entry: Entry, at: { readonly pin: Pin | undefined; readonly isFirst: boolean }): void {
    if (this.#incident === undefined) return;
    this.#watched.set(`${conversation} #${entry.seq}`, { conversation, atMs: this.#nowMs, ...at });
  }

  ran(conversation: string, entry: Entry, gateway: string): void {
    const watched = this.#watched.get(`${conversation} #${entry.seq}`);
    if (watched !== undefined) watched.ran ??= { gateway, atMs: this.#nowMs };
  }

  noticed(conversation: string, entry: Entry, notice: Notice): void {
    const watched = this.#watched.get(`${conversation} #${entry.seq}`);
    if (watched !== undefined && notice === "held") watched.heldToldAtMs ??= this.#nowMs;
    if (this.#incident?.kind === "returning")
      this.#world.ledger.breaks(`the person in ${conversation} is told of a planned restart: ${notice}`);
  }

  /** It leaves for the instance: neither held back nor without a permit. */
  sends(conversation: string, entry: Entry, instance: string): void {
    const incident = this.#incident;
    if (incident?.instance !== instance || this.#nowMs < incident.atMs) return;
    if (this.#nowMs < incident.atMs + incident.forMs) {
      this.#sends += 1;
      this.#tried.add(`${conversation} #${entry.seq}`);
      if (incident.kind === "hung") this.#detects(instance);
      return;
    }
    const { backSinceMs } = named(this.#world.instances, instance);
    if (backSinceMs !== undefined && this.#nowMs < backSinceMs - EPOCH_MS + RAMP_MS) this.#sendsAfterwards += 1;
  }

  /** The first that is broken. */
  broken(): string | undefined {
    if (this.#incident === undefined) return undefined;
    const late = [...this.#watched.values()].flatMap((one) => this.#late(one) ?? []);
    return late[0] ?? this.#overrun() ?? this.#amplified();
  }

  #detects(instance: string): void {
    if (this.#noticedByMs < Number.POSITIVE_INFINITY) return;
    this.#noticedByMs = this.#nowMs + DETECTED_MS;
    this.#world.agenda.after(DETECTED_MS, () => {
      if (!named(this.#world.instances, instance).isHealthy) return;
      this.#world.ledger.breaks(`${instance} hangs for ${DETECTED_MS / 1000} s, and nobody noticed`);
    });
  }

  #late(one: Watched): string | undefined {
    const { kind, atMs, forMs } = this.#incident ?? { kind: "outage", atMs: 0, forMs: 0 };
    const endsAtMs = atMs + forMs;
    if (one.atMs < atMs || one.atMs >= endsAtMs || kind === "outage") return undefined;
    const ranInMs = (one.ran?.atMs ?? Number.POSITIVE_INFINITY) - one.atMs;
    if (one.pin !== undefined) return this.#latePinned(one, ranInMs, endsAtMs);
    // Nobody can know of who hangs before it was noticed.
    if (kind === "hung" && one.atMs < this.#noticedByMs) return undefined;
    return ranInMs > NEW_MS ? `a new conversation (${one.conversation}) waits ${ranInMs} ms` : undefined;
  }

  #latePinned(one: Watched, ranInMs: number, endsAtMs: number): string | undefined {
    const { kind, instance } = this.#incident ?? { kind: "outage", instance: "" };
    if (one.pin?.instance !== instance || !one.isFirst) return undefined;
    if (kind === "hung") return lateWord(one, ranInMs, { mostMs: HUNG_TOLD_MS, endsAtMs });
    if (kind !== "dead") return undefined;
    return this.#lateMove(one, ranInMs, endsAtMs) ?? lateWord(one, ranInMs, { mostMs: TOLD_MS, endsAtMs });
  }

  #lateMove(one: Watched, ranInMs: number, endsAtMs: number): string | undefined {
    const { rules } = this.#world.plan.pools[0] ?? {};
    const moveMs = (rules?.holdMs ?? 0) + MOVED_MS;
    if (one.atMs + moveMs < endsAtMs && (ranInMs > moveMs || one.ran?.gateway === one.pin?.instance))
      return `${one.conversation} is moved after ${ranInMs} ms`;
    return undefined;
  }

  /** In the first seconds after it is back. */
  #overrun(): string | undefined {
    const { recovery } = this.#world.plan;
    const most = 2 + recovery.perSecond * (RAMP_START + ((1 - RAMP_START) * RAMP_MS) / recovery.rampMs / 2) * (RAMP_MS / 1000);
    tell(this.#world, () => `${this.#sendsAfterwards} of at most ${most} in the first seconds`);
    return this.#sendsAfterwards > most ? `${this.#sendsAfterwards} messages in the first seconds after an outage` : undefined;
  }

  #amplified(): string | undefined {
    if (this.#incident?.kind !== "outage") return undefined;
    const times = this.#sends / Math.max(1, this.#tried.size);
    tell(this.#world, () => `${this.#sends} hand-overs of ${this.#tried.size} messages`);
    return times > AMPLIFIED ? `${this.#sends} hand-overs of ${this.#tried.size} messages in an outage` : undefined;
  }
}

function lateWord(one: Watched, ranInMs: number, by: { readonly mostMs: number; readonly endsAtMs: number }): string | undefined {
  const toldInMs = (one.heldToldAtMs ?? Number.POSITIVE_INFINITY) - one.atMs;
  if (one.atMs + by.mostMs >= by.endsAtMs || ranInMs <= by.mostMs || toldInMs <= by.mostMs) return undefined;
  return `${one.conversation} waits, and nobody is told for ${toldInMs} ms`;
}
