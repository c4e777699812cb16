/**
 * One instance as seen by the whole edge: a thin shell that reads, steps, writes and asks. Whether it is healthy is decided in
 * `machine.ts`, what its pollers get in `outbox.ts`.
 */
import { DurableObject } from "cloudflare:workers";
import type { InstanceConfig } from "../../src/config/schema.ts";
import type { Observation } from "../../src/core/canary.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import type { InstanceStatus, Turn } from "../../src/ports/instances.ts";
import type { PollAsk } from "../../src/ports/pollers.ts";
import type { Offer } from "../../src/ports/polls.ts";
import type { Env } from "../env.ts";
import { webDice } from "../runtime.ts";
import type { Evidence } from "./canary.ts";
import { CanaryDesk, LOOK_EVERY_MS, lookInMs } from "./canary-desk.ts";
import { isHalfDrained } from "./half-drain.ts";
import { type EventOf, type InstanceEvent, isFailure, isInDoubt, type ProbeResult, type State, step } from "./machine.ts";
import { OutboxDesk } from "./outbox-desk.ts";
import { type InstancePorts, instancePorts } from "./ports.ts";
import { isProbed } from "./probe.ts";
import { Prober } from "./prober.ts";
import { ejectionRule } from "./rule.ts";
import { silenceIn } from "./silence.ts";
import { detailsOf, type InstanceDetails, statusOf } from "./status.ts";
import { InstanceStorage } from "./storage.ts";
import { NO_TURNS, takeTurn } from "./turns.ts";
import { WaitingRoom } from "./waiting.ts";

export class Instance extends DurableObject<Env> {
  readonly ports: InstancePorts;
  readonly #storage: InstanceStorage;
  #state: State;
  readonly #desk: OutboxDesk;
  readonly #prober: Prober;
  readonly #canaries: CanaryDesk;
  #turns = NO_TURNS;
  /** How often this incarnation was asked, and how long that took it, for tests that hold the budget. */
  requests = 0;
  busyMs = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.ports = instancePorts(env);
    this.#storage = new InstanceStorage(ctx.storage);
    this.#state = this.#storage.load(nameIn(ctx.id.name ?? ""));
    this.#desk = new OutboxDesk(this.#storage.outbox, new WaitingRoom(ctx), { ports: this.ports, instance: () => this.#state.name });
    this.#prober = new Prober(this, this.#desk, ctx);
    this.#canaries = new CanaryDesk(this, env, this.#storage.canaries);
  }

  get health(): State {
    return this.#state;
  }

  get rowsWritten(): number {
    return this.#storage.rowsWritten + this.#storage.outbox.rowsWritten;
  }

  async status(): Promise<InstanceStatus> {
    await this.ensureProbing();
    const config = await this.config();
    return statusOf(this.#state, config?.recovery, this.ports.clock.nowMs());
  }

  async show(): Promise<InstanceDetails> {
    await this.ensureProbing();
    const config = await this.config();
    const seen = { ramp: config?.recovery, lastProbe: this.#prober.lastProbe, pollers: this.#desk.pollers(config?.poll ?? []) };
    return detailsOf(this.#state, seen, this.ports.clock.nowMs());
  }

  async granted(): Promise<void> {
    this.#take({ type: "granted" });
    await this.ensureProbing();
  }

  /** See the port `Instances`. */
  async turn(isRetry = true, account?: string): Promise<Turn> {
    await this.ensureProbing();
    const config = await this.config();
    if (config === undefined) return { verdict: "go" };
    const asked = { isRetry, account, rule: config.recovery, nowMs: this.ports.clock.nowMs(), dice: webDice.next() };
    const { turns, turn } = takeTurn(this.#turns, this.#state, asked);
    this.#turns = turns;
    return turn;
  }

  async suspect(): Promise<void> {
    await this.ensureProbing();
    this.#prober.suspect();
  }

  async report(outcome: Outcome, account?: string): Promise<void> {
    const rule = ejectionRule(await this.#snapshot(), this.#state.name);
    this.#take({ type: "reported", outcome, rule, account });
    await this.ensureProbing();
    if (isFailure(outcome)) this.#prober.look();
  }

  /** See the port `Polls`. */
  async offer(offer: Offer): Promise<Outcome> {
    this.requests += 1;
    await this.ensureProbing();
    return this.#desk.offer(offer);
  }

  /** A poller asks, or comes to wait: see `poll-stub.ts`. */
  override async fetch(request: Request): Promise<Response> {
    this.requests += 1;
    const startedMs = this.ports.clock.nowMs();
    await this.ensureProbing();
    const answer = await this.#desk.ask(JSON.parse(new URL(request.url).searchParams.get("ask") ?? "") as PollAsk);
    if (isInDoubt(this.#state, this.ports.clock.nowMs())) await this.config();
    this.busyMs += this.ports.clock.nowMs() - startedMs;
    return answer;
  }

  async pendingFor(caller: Pick<PollAsk, "account" | "generation">): Promise<number | undefined> {
    return this.#desk.pendingFor(caller);
  }

  acceptPolls(account: string, generation: number): void {
    this.#desk.acceptFrom(account, generation);
  }

  /** The answer waits until it is durable (output gate): who was told that it drains may rely on it. */
  async drain(): Promise<InstanceDetails> {
    this.#take({ type: "drain" });
    return this.show();
  }

  async undrain(): Promise<InstanceDetails> {
    this.#take({ type: "undrain" });
    return this.show();
  }

  async canary(id: string, seen?: Observation): Promise<Evidence> {
    if (seen !== undefined) await this.#prober.lookWithin(LOOK_EVERY_MS, this.ensureProbing());
    return this.#canaries.evidence(id, seen);
  }

  /** Probes start with the first interest in the instance, and end when it leaves the document. With the name in its row, an alarm that wakes an evicted object knows whom to probe. */
  ensureProbing(): Promise<void> {
    return this.#prober.ensure(() => this.#storage.save(this.#state));
  }

  /** Never throws: the platform gives up an alarm that keeps throwing, and probing would end for good. */
  override async alarm(): Promise<void> {
    this.requests += 1;
    try {
      const snapshot = await this.#snapshot();
      const config = snapshot?.routes.instances.get(this.#state.name);
      if (snapshot !== undefined && config === undefined) return this.#leave();
      await this.#prober.arm(config, lookInMs(snapshot?.routes, this.#state.name));
      if (snapshot === undefined || config === undefined) return;
      await this.config();
      if (await isHalfDrained(this, this.env, snapshot.routes)) this.#take({ type: "undrain" });
      this.#desk.purge();
      await this.#prober.ask(config);
      await this.#canaries.look();
    } catch (error) {
      this.#prober.failed(error);
    }
  }

  /** Its drain goes with it, as in the document: half a drain would keep new conversations from one that returns. */
  #leave(): void {
    this.#prober.stop();
    this.#take({ type: "undrain" });
  }

  probed(result: ProbeResult): void {
    this.#take({ type: "probed", result });
  }

  /** As the document has it. What pollers do counts whenever somebody asks, and at every alarm. */
  async config(): Promise<InstanceConfig | undefined> {
    const routes = (await this.#snapshot())?.routes;
    const config = routes?.instances.get(this.#state.name);
    if (routes === undefined || config === undefined) return undefined;
    const silence = silenceIn(routes, this.#state.name, this.#desk.pollers(config.poll));
    this.#take({ type: "polled", silence, isProbed: isProbed(config) });
    return config;
  }

  #snapshot(): Promise<Snapshot | undefined> {
    return this.ports.routes.current().catch(() => undefined);
  }

  #take(event: EventOf<InstanceEvent>): void {
    const { state, log } = step(this.#state, { ...event, nowMs: this.ports.clock.nowMs() });
    this.#state = state;
    this.#storage.save(state);
    for (const line of log) this.ports.log.write(line);
  }
}

/** Objects are named `residency|name`. */
const nameIn = (objectName: string): string => objectName.slice(objectName.indexOf("|") + 1);
