/**
 * The instance's side of its canaries: takes what conversations observed, looks at it at every alarm, and tells Config how one ended.
 * What that is worth is decided in `canary.ts`; while nobody else of the pool is well, nothing ends one. An object that dies forgets a
 * few seconds of observations, of both groups alike.
 */
import type { Routes } from "../../src/config/routes.ts";
import type { Canary, Observation } from "../../src/core/canary.ts";
import { configOf } from "../config/stub.ts";
import type { Env } from "../env.ts";
import { drained, type Evidence, judge, observed } from "./canary.ts";
import type { CanaryRows } from "./canary-rows.ts";
import { healthOf, type State } from "./machine.ts";
import type { InstancePorts } from "./ports.ts";
import { instancesOf } from "./stub.ts";

const WRITE_EVERY_MS = 5000;
export const LOOK_EVERY_MS = 10_000;
/** One that says by itself that it goes away, and has not come back after so long, is out. */
const LEAVING_MS = 600_000;

const runningIn = (routes: Routes | undefined, name: string): readonly Canary[] =>
  [...(routes?.canaries.values() ?? [])].filter(({ instance, phase }) => instance === name && phase === "running");

/** How the others of its pool are that do not drain. `isNobodyWell`: the canary's end would leave the pool to nobody. */
export async function restOf(env: Env, routes: Routes | undefined, { pool, instance }: Canary) {
  const others = routes?.pools.get(pool)?.instances.filter((name) => name !== instance) ?? [];
  const serving = (await instancesOf(env).status(others)).filter(({ isDraining }) => !isDraining);
  const well = serving.filter(({ isHealthy }) => isHealthy).length;
  return { isNobodyWell: others.length > 0 && well === 0, isMostlyWell: well > 0 && 2 * well >= serving.length };
}

/** How soon the instance wants to be looked at for its canaries. */
export const lookInMs = (routes: Routes | undefined, name: string): number =>
  runningIn(routes, name).length === 0 ? Infinity : LOOK_EVERY_MS;

/** The object around it. */
interface Judged {
  readonly ports: InstancePorts;
  readonly health: State;
}

interface Held {
  evidence: Evidence;
  isWritten: boolean;
}

export class CanaryDesk {
  readonly #object: Judged;
  readonly #env: Env;
  readonly #rows: CanaryRows;
  readonly #held = new Map<string, Held>();
  #writtenAtMs = 0;

  constructor(object: Judged, env: Env, rows: CanaryRows) {
    this.#object = object;
    this.#env = env;
    this.#rows = rows;
  }

  get #nowMs(): number {
    return this.#object.ports.clock.nowMs();
  }

  /** All that was seen of one; with `seen`, that too. While the instance drains, what either group meets counts for nothing. */
  async evidence(id: string, seen?: Observation): Promise<Evidence> {
    const held = this.#of(id);
    if (seen === undefined || this.#isDraining(await this.#routes())) return held.evidence;
    this.#hold(id, observed(held.evidence, seen));
    if (this.#nowMs - this.#writtenAtMs >= WRITE_EVERY_MS) this.#write();
    return held.evidence;
  }

  async look(): Promise<void> {
    const routes = await this.#routes();
    const running = runningIn(routes, this.#object.health.name);
    const isDraining = this.#isDraining(routes);
    if (isDraining) for (const { id } of running) this.#hold(id, drained(this.#of(id).evidence, this.#nowMs));
    this.#write();
    if (!isDraining) for (const canary of running) await this.#judge(canary, routes);
  }

  async #routes(): Promise<Routes | undefined> {
    return (await this.#object.ports.routes.current().catch(() => undefined))?.routes;
  }

  #isDraining(routes: Routes | undefined): boolean {
    const { name, drainingSinceMs, leavingSinceMs = -Infinity } = this.#object.health;
    return drainingSinceMs !== undefined || routes?.draining.has(name) === true || this.#nowMs - leavingSinceMs < LEAVING_MS;
  }

  async #judge(canary: Canary, routes: Routes | undefined): Promise<void> {
    const { id, pool } = canary;
    const { isNobodyWell, isMostlyWell } = await restOf(this.#env, routes, canary);
    const { evidence } = this.#of(id);
    const atMs = this.#nowMs;
    if (isNobodyWell) return this.#hold(id, drained(evidence, atMs));
    const out = healthOf(this.#object.health, atMs).reason || undefined;
    const end = judge({ canary, evidence, out, isCommon: !isMostlyWell, nowMs: atMs });
    if (end === undefined) return;
    const answer = await configOf(this.#env).changeCanary({ kind: "canary-ended", pool, id, atMs, ...end });
    if ("number" in answer) await this.#object.ports.routes.current(answer.number);
  }

  #of(id: string): Held {
    const held = this.#held.get(id) ?? { evidence: this.#rows.load(id), isWritten: true };
    this.#held.set(id, held);
    return held;
  }

  #hold(id: string, evidence: Evidence): void {
    const held = this.#of(id);
    held.evidence = evidence;
    held.isWritten = false;
  }

  #write(): void {
    this.#writtenAtMs = this.#nowMs;
    for (const [id, held] of this.#held) {
      if (!held.isWritten) this.#rows.save(id, held.evidence);
      held.isWritten = true;
    }
  }
}
