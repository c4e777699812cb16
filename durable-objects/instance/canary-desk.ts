/**
 * The instance's side of its canaries: takes what conversations observed, looks at it at every alarm, and tells Config how one ended.
 * What that is worth is decided in `canary.ts`. An object that dies forgets a few seconds of observations, of both groups alike.
 */
import type { PoolConfig } from "../../src/config/schema.ts";
import type { Canary, Observation } from "../../src/core/canary.ts";
import { configOf } from "../config/stub.ts";
import type { Env } from "../env.ts";
import { type Evidence, judge, observed } from "./canary.ts";
import type { CanaryRows } from "./canary-rows.ts";
import { healthOf, type State } from "./machine.ts";
import type { InstancePorts } from "./ports.ts";
import { instancesOf } from "./stub.ts";

const WRITE_EVERY_MS = 5000;

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

  /** All that was seen of one; with `seen`, that too. */
  evidence(id: string, seen?: Observation): Evidence {
    const held = this.#of(id);
    if (seen === undefined) return held.evidence;
    held.evidence = observed(held.evidence, seen);
    held.isWritten = false;
    if (this.#nowMs - this.#writtenAtMs >= WRITE_EVERY_MS) this.#write();
    return held.evidence;
  }

  async look(): Promise<void> {
    const routes = (await this.#object.ports.routes.current())?.routes;
    const own = [...(routes?.canaries.values() ?? [])].filter(({ instance }) => instance === this.#object.health.name);
    this.#write();
    if (own.length === 0) return;
    this.#forgetBut(own.map(({ id }) => id));
    for (const canary of own) if (canary.phase === "running") await this.#judge(canary, routes?.pools.get(canary.pool));
  }

  async #judge(canary: Canary, pool: PoolConfig | undefined): Promise<void> {
    const { id, instance } = canary;
    const { reason } = healthOf(this.#object.health, this.#nowMs);
    const others = pool?.instances.filter((name) => name !== instance) ?? [];
    const well = reason === "" ? [] : (await instancesOf(this.#env).status(others)).filter(({ isHealthy }) => isHealthy);
    // With most of the others out, too, it is not the canary.
    const isAlone = well.length > 0 && 2 * well.length >= others.length;
    const atMs = this.#nowMs;
    const end = judge({ canary, evidence: this.evidence(id), out: isAlone ? reason : undefined, nowMs: atMs });
    if (end === undefined) return;
    const answer = await configOf(this.#env).changeCanary({ kind: "canary-ended", pool: canary.pool, id, atMs, ...end });
    if ("number" in answer) await this.#object.ports.routes.current(answer.number);
  }

  #of(id: string): Held {
    const held = this.#held.get(id) ?? { evidence: this.#rows.load(id), isWritten: true };
    this.#held.set(id, held);
    return held;
  }

  #write(): void {
    this.#writtenAtMs = this.#nowMs;
    for (const [id, held] of this.#held) {
      if (!held.isWritten) this.#rows.save(id, held.evidence);
      held.isWritten = true;
    }
  }

  #forgetBut(ids: readonly string[]): void {
    for (const id of this.#held.keys()) if (!ids.includes(id)) this.#held.delete(id);
    this.#rows.forgetBut(ids);
  }
}
