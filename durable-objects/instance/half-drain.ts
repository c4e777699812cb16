/**
 * A drain that the document has no more: its instance left the document and came back before its object saw that it was gone. Config is
 * asked, because what an isolate has of the document may be an old copy.
 */
import type { Routes } from "../../src/config/routes.ts";
import { knownAfterMs } from "../config/source.ts";
import { configOf } from "../config/stub.ts";
import type { Env } from "../env.ts";
import type { State } from "./machine.ts";
import type { InstancePorts } from "./ports.ts";

/** The object around it. */
interface Drained {
  readonly ports: InstancePorts;
  readonly health: State;
}

export async function isHalfDrained({ ports, health }: Drained, env: Env, { draining }: Routes): Promise<boolean> {
  const { name, drainingSinceMs = Infinity } = health;
  if (draining.has(name) || ports.clock.nowMs() - drainingSinceMs < knownAfterMs(env)) return false;
  const config = await configOf(env)
    .status()
    .catch(() => undefined);
  return config?.draining.includes(name) === false;
}
