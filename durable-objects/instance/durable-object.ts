/**
 * One instance as seen by the whole edge: a thin shell that reads, steps, writes and asks. Whether it is healthy is decided in
 * `machine.ts`, what its pollers get in `outbox.ts`.
 */
import { DurableObject } from "cloudflare:workers";
import type { InstanceConfig } from "../../src/config/schema.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import type { InstanceStatus, Turn } from "../../src/ports/instances.ts";
import type { PollAsk } from "../../src/ports/pollers.ts";
import type { Offer } from "../../src/ports/polls.ts";
import type { Env } from "../env.ts";
import { type InstanceEvent, isInDoubt, probeDelayMs, type State, step } from "./machine.ts";
import { OutboxDesk } from "./outbox-desk.ts";
import { type InstancePorts, instancePorts } from "./ports.ts";
import { isProbed, type ProbeReport, probe } from "./probe.ts";
import { ejectionRule } from "./rule.ts";
import { silenceIn } from "./silence.ts";
import { detailsOf, type InstanceDetails, statusOf } from "./status.ts";
import { InstanceStorage } from "./storage.ts";
import { WaitingRoom } from "./waiting.ts";

/** Between two looks at pollers, when one of them is about to be called silent. */
const MIN_LOOK_MS = 1000;

type EventOf<T> = T extends { readonly nowMs: number } ? Omit<T, "nowMs"> : never;

export class Instance extends DurableObject<Env> {
  readonly ports: InstancePorts;
  readonly #storage: InstanceStorage;
  #state: State;
  #lastProbe: (ProbeReport & { readonly atMs: number }) | undefined;
  readonly #desk: OutboxDesk;
  #isProbing = false;
  /** How often this incarnation was asked, and how long that took it, for tests that hold the budget. */
  requests = 0;
  busyMs = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.ports = instancePorts(env);
    this.#storage = new InstanceStorage(ctx.storage);
    this.#state = this.#storage.load(nameIn(ctx.id.name ?? ""));
    this.#desk = new OutboxDesk(this.#storage.outbox, new WaitingRoom(ctx), { ports: this.ports, instance: () => this.#state.name });
  }

  get rowsWritten(): number {
    return this.#storage.rowsWritten + this.#storage.outbox.rowsWritten;
  }

  async status(): Promise<InstanceStatus> {
    await this.ensureProbing();
    await this.#listen();
    return statusOf(this.#state, this.ports.clock.nowMs());
  }

  async show(): Promise<InstanceDetails> {
    await this.ensureProbing();
    const config = await this.#listen();
    const seen = { lastProbe: this.#lastProbe, pollers: this.#desk.pollers(config?.poll ?? []) };
    return detailsOf(this.#state, seen, this.ports.clock.nowMs());
  }

  async granted(): Promise<void> {
    this.#take({ type: "granted" });
    await this.ensureProbing();
  }

  async turn(): Promise<Turn> {
    await this.ensureProbing();
    return { verdict: "go" };
  }

  async suspect(): Promise<void> {
    await this.ensureProbing();
  }

  async report(outcome: Outcome): Promise<void> {
    const rule = ejectionRule(await this.#snapshot(), this.#state.name);
    this.#take({ type: "reported", outcome, rule });
    await this.ensureProbing();
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
    if (isInDoubt(this.#state, this.ports.clock.nowMs())) await this.#listen();
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

  /** Cheap after the first call: probes start with the first interest in the instance, and end when it leaves the document. */
  async ensureProbing(): Promise<void> {
    if (this.#isProbing) return;
    if ((await this.ctx.storage.getAlarm()) === null) {
      // With the name in its row, an alarm that wakes an evicted object knows whom to probe.
      this.#storage.save(this.#state);
      await this.ctx.storage.setAlarm(this.ports.clock.nowMs());
    }
    this.#isProbing = true;
  }

  /** Never throws: the platform gives up an alarm that keeps throwing, and probing would end for good. */
  override async alarm(): Promise<void> {
    this.requests += 1;
    const snapshot = await this.#snapshot();
    const config = snapshot?.routes.instances.get(this.#state.name);
    if (snapshot !== undefined && config === undefined) return this.#leave();
    await this.#arm(config);
    if (config === undefined) return;
    await this.#listen();
    this.#desk.purge();
    await this.#probe(config).catch((error: unknown) => {
      this.ports.log.write({ level: "error", event: "instance.unprobed", instance: this.#state.name, reason: String(error) });
    });
  }

  /** Its drain goes with it, as it does in the document: half a drain would keep new conversations from one that returns. */
  #leave(): void {
    this.#isProbing = false;
    this.#take({ type: "undrain" });
  }

  async #probe(config: InstanceConfig): Promise<void> {
    const result = await probe(config, this.ports);
    if (result === undefined) return;
    const before = this.#delayMs(config);
    this.#lastProbe = { ...result, atMs: this.ports.clock.nowMs() };
    this.#take({ type: "probed", result });
    if (this.#delayMs(config) < before) await this.#arm(config);
  }

  async #arm(config: InstanceConfig | undefined): Promise<void> {
    await this.ctx.storage.setAlarm(this.ports.clock.nowMs() + this.#delayMs(config));
  }

  /** What is probed is looked at often enough; of the others only their silence is to be noticed. */
  #delayMs(config: InstanceConfig | undefined): number {
    const nowMs = this.ports.clock.nowMs();
    const probeMs = probeDelayMs(this.#state, config?.probe.intervalMs, nowMs);
    return config !== undefined && !isProbed(config) ? Math.max(MIN_LOOK_MS, this.#desk.silentInMs(config.poll)) : probeMs;
  }

  /** What pollers do counts when somebody asks, and at every alarm. */
  async #listen(): Promise<InstanceConfig | undefined> {
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
