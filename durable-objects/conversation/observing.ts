/**
 * What a conversation tells of a canary of its pool: what the first hand-over of a message met, and how long the first answer took. Only
 * conversations that got their instance since the canary began are compared, on either side. Without a canary it does nothing.
 */
import type { Canary, Observation } from "../../src/core/canary.ts";
import { groupOf } from "../../src/core/canary.ts";
import type { Outcome, OutcomeKind } from "../../src/core/outcome.ts";
import type { Snapshot } from "../../src/pipeline/snapshot.ts";
import type { Env } from "../env.ts";
import { observeCanary } from "../instance/stub.ts";
import type { Conversation } from "./durable-object.ts";
import type { Entry } from "./state.ts";

/** Busy is none, and a refusal for its payload is the message's own. */
const ERRORS: ReadonlySet<OutcomeKind> = new Set(["failed", "unknown", "unreachable", "refused", "model-failed", "cut-off"]);

export interface HandedOver {
  readonly entry: Entry;
  readonly outcome: Outcome;
  readonly ms: number;
}

/** Called before the outcome is acted upon: that may change the pin. A message that is tried again and again counts once. */
export async function observeHandOver(
  object: Conversation,
  env: Env,
  { entry, outcome, ms }: HandedOver,
  snapshot?: Snapshot,
): Promise<void> {
  if (entry.tries !== 1 || outcome.kind === "busy") return;
  const isError = ERRORS.has(outcome.kind) && outcome.isPermanent !== true;
  await observe(object, env, snapshot?.routes.canaries.get(entry.pool), { kind: "handed", ms, isError });
}

/** It is not known which pool's message is answered: each of this instance's may be the one. */
export async function observeAnswer(object: Conversation, env: Env, instance: string, ms: number): Promise<void> {
  const canaries = (await object.snapshot())?.routes.canaries;
  const pools = Object.values(object.state.pins).flatMap((pin) => (pin.instance === instance ? [pin.pool] : []));
  await Promise.all(pools.map((pool) => observe(object, env, canaries?.get(pool), { kind: "answered", ms })));
}

async function observe(object: Conversation, env: Env, canary: Canary | undefined, met: Omit<Observation, "id" | "group">): Promise<void> {
  if (canary?.phase !== "running") return;
  const { id, pool, instance, startedAtMs } = canary;
  const group = groupOf(canary, object.ref.key);
  const pin = object.state.pins[pool];
  if (group === undefined || pin === undefined || pin.atMs < startedAtMs) return;
  if ((group === "canary") === (pin.instance === instance)) await observeCanary(env, instance, { id, group, ...met });
}
