/**
 * A gateway: it remembers what it was given, as long as it lives and has room; it is busy, fails, hangs and is restarted. Native ones
 * answer the person by themselves, later; agents answer the edge. Gateways that poll have a file of their own.
 */
import type { Outcome } from "../../src/core/outcome.ts";
import { outcomeOf } from "../../src/links/native/outcome.ts";
import { Died } from "./durable.ts";
import type { Request } from "./network.ts";
import { named, strikes, tell, type World } from "./world.ts";

/** How long a native gateway knows a key again. @see https://docs.openclaw.ai/gateway/config-hooks */
export const REPLAY_MS = 300_000;
const ACCEPTED: Outcome = { kind: "accepted", detail: "durable" };
const INTERNAL: Outcome = { kind: "model-failed", isInternal: true, detail: "internal error" };

type Answer = (outcome: Outcome) => void;

/** What the product makes of a proxy's own words. */
export const sorry = ({ dice, agenda }: World): Outcome =>
  outcomeOf({ kind: "answered", status: dice.pick([502, 504]), headers: new Headers(), text: "" }, agenda.nowMs);

export class Gateway {
  readonly world: World;
  readonly name: string;
  life = 1;
  isDown = false;
  /** Probes call it down, by mistake. */
  isMisjudged = false;
  #hangsUntilMs = 0;
  readonly #remembered = new Map<string, number>();
  /** Sessions whose turn this gateway's death broke off, and until when it goes on with them. */
  readonly #mending = new Map<string, number>();
  readonly #turns = new Set<string>();

  constructor(world: World, name: string) {
    this.world = world;
    this.name = name;
  }

  receive(request: Request, answer: Answer): void {
    const waitMs = this.#hangsUntilMs - this.world.agenda.nowMs;
    if (waitMs > 0) {
      this.#whileAlive(waitMs, () => this.#serve(request, answer));
      return;
    }
    this.#serve(request, answer);
  }

  get hangsForMs(): number {
    return Math.max(0, this.#hangsUntilMs - this.world.agenda.nowMs);
  }

  hang(forMs: number): void {
    this.#hangsUntilMs = this.world.agenda.nowMs + forMs;
    tell(this.world, () => `${this.name} hangs for ${forMs / 1000} s`);
  }

  /** Its memory is gone; a file may have kept some of it. */
  stop(forMs: number): void {
    this.isDown = true;
    this.life += 1;
    this.#remembered.clear();
    this.#mending.clear();
    for (const session of this.#turns) this.#mending.set(session, this.world.agenda.nowMs + forMs + this.world.dice.between(0, 60_000));
    this.#turns.clear();
    tell(this.world, () => `${this.name} is down for ${forMs / 1000} s`);
    this.world.agenda.after(forMs, () => {
      this.isDown = false;
      this.started();
    });
  }

  protected started(): void {
    tell(this.world, () => `${this.name} is back`);
  }

  #serve(request: Request, answer: Answer): void {
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      answer(refusal);
      return;
    }
    if (request.attempt.isOnce === true) {
      this.#turn(request, answer);
      return;
    }
    this.#take(request, answer);
  }

  /** Nothing is stored by any of these. */
  #refusal({ entry }: Request): Outcome | undefined {
    const { weather } = this.world.plan;
    if (strikes(this.world, weather.fail * 0.2)) return { kind: "refused", isPermanent: false, detail: "http 401" };
    if (entry.kind === "unfit") return { kind: "refused", isPermanent: true, detail: "http 400" };
    if (entry.kind === "poison") return { kind: "failed", detail: "http 500" };
    if (strikes(this.world, weather.busy)) return { kind: "busy", retryAfterMs: this.world.dice.pick([500, 3000]), detail: "http 429" };
    if (strikes(this.world, weather.busy * 0.2)) return { kind: "busy", isDraining: true, detail: "gateway_unavailable" };
    return strikes(this.world, weather.fail) ? { kind: "failed", detail: "http 500" } : undefined;
  }

  #take(request: Request, answer: Answer): void {
    const { agenda, ledger, promises } = this.world;
    const until = this.#remembered.get(request.key) ?? 0;
    if (until <= agenda.nowMs) {
      ledger.ran(this, request.conversation, request.entry);
      promises.ran(request.conversation, request.entry, this.name);
      this.#remember(request.key);
      this.#speakLater(request);
    }
    answer(strikes(this.world, this.world.plan.weather.proxy) ? sorry(this.world) : ACCEPTED);
  }

  #remember(key: string): void {
    this.#remembered.set(key, this.world.agenda.nowMs + REPLAY_MS);
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= this.world.plan.memory) return;
      this.#remembered.delete(oldest);
    }
  }

  #speakLater({ conversation }: Request): void {
    const { dice } = this.world;
    if (dice.chance(0.15)) return;
    this.#whileAlive(dice.pick([300, 3000, 60_000]), () => this.#speak(conversation, 2));
  }

  /** Through the edge, which asks whose conversation it is, also where its chat moved to. */
  #speak(name: string, tries: number): void {
    const conversation = named(this.world.conversations, name);
    let isHeard = this.world.bug === "no-fence";
    try {
      const said = conversation.enter(() => conversation.speak(this.name));
      if (said.verdict === "moved" && !isHeard) {
        this.#speak(said.to.key, tries);
        return;
      }
      isHeard = said.verdict === "owner" || isHeard;
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      if (tries > 0) this.#whileAlive(1000, () => this.#speak(name, tries - 1));
      return;
    }
    if (isHeard) this.world.ledger.heard(this.name, conversation);
  }

  /** Nothing of a turn is remembered: whoever asks twice is answered twice. */
  #turn(request: Request, answer: Answer): void {
    const { world } = this;
    const { conversation, entry } = request;
    if ((this.#mending.get(conversation) ?? 0) > world.agenda.nowMs) {
      answer(INTERNAL);
      return;
    }
    if (this.#turns.has(conversation)) {
      answer({ kind: "busy", retryAfterMs: 2000, detail: "http 503" });
      return;
    }
    world.ledger.turned(conversation, entry);
    tell(world, () => `${this.name} begins a turn for ${conversation} #${entry.seq}`);
    this.#turns.add(conversation);
    const life = this.life;
    const tookMs = world.dice.pick([500, 2000, 8000, strikes(world, 0.1) ? 150_000 : 20_000]);
    world.agenda.after(tookMs, () => {
      if (this.life !== life) return answer({ kind: world.dice.chance(0.5) ? "unknown" : "cut-off", detail: "connection lost" });
      this.#turns.delete(conversation);
      answer(this.#answer());
    });
  }

  /** Words are counted, not written: a text says how many parts it has. */
  #answer(): Outcome {
    const { world } = this;
    if (strikes(world, world.plan.weather.turnFails)) {
      return world.dice.chance(0.5)
        ? { kind: "model-failed", detail: "the model failed" }
        : { kind: "cut-off", detail: "after 12 characters" };
    }
    const text = world.dice.chance(0.05) ? "" : String(world.dice.between(1, 3));
    return { kind: "accepted", detail: "answered", answer: { text } };
  }

  #whileAlive(delayMs: number, work: () => void): void {
    const life = this.life;
    this.world.agenda.after(delayMs, () => {
      if (this.life === life && !this.isDown) work();
    });
  }
}
