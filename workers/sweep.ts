/**
 * The sweeper, every five minutes: conversations with work pending and all bots are knocked at, in case the platform lost their alarm;
 * probes are kept going; webhooks that somebody else took are reported: a gateway that starts with its own URL takes the bot away.
 */

import { sweepBot } from "../durable-objects/bot/stub.ts";
import { within } from "../durable-objects/config/deadline.ts";
import { routesSource } from "../durable-objects/config/source.ts";
import { sweepConversation } from "../durable-objects/conversation/stub.ts";
import type { Env } from "../durable-objects/env.ts";
import { instancesOf } from "../durable-objects/instance/stub.ts";
import { jsonLog, systemClock } from "../durable-objects/runtime.ts";
import { SHARD_COUNT, shardsOf, sweepShards } from "../durable-objects/shard/stub.ts";
import type { Routes } from "../src/config/routes.ts";
import type { Residency } from "../src/core/conversation-ref.ts";
import { inTurns } from "./in-turns.ts";
import { endOverdueCanaries } from "./overdue-canaries.ts";

/** A Worker's invocation may make 1000; a few are for routes and canaries. */
const MOST_REQUESTS = 950;
/** What is left is older by five minutes at the next sweep. */
const MOST = { perShard: 100, least: 20 };
/** For a shard, and for a conversation: one that hangs holds up a twentieth of the others, and no longer than this. */
const WITHIN_MS = 10_000;
const AT_ONCE = 20;

/** Each is knocked at, and may be taken off the index; each shard is asked, and told. */
export function mostConversations({ instances, accounts }: Pick<Routes, "instances" | "accounts">, residencies: number): number {
  const left = MOST_REQUESTS - instances.size - accounts.size - 2 * SHARD_COUNT * (1 + residencies);
  return Math.max(MOST.least, Math.floor(left / 2));
}

export async function sweep(env: Env): Promise<void> {
  const routes = (await routesSource(env).current())?.routes;
  if (routes === undefined) return;
  // Beside each other: what hangs in one of them keeps no lost alarm of the others from being found.
  await Promise.all([
    part("instances", () => instancesOf(env).status([...routes.instances.keys()])),
    part("bots", () => sweepBots(env, routes)),
    part("canaries", () => endOverdueCanaries(env)),
    part("conversations", () => sweepConversations(env, routes)),
  ]);
}

/** Nobody else finds a bot whose alarm is lost. */
async function sweepBots(env: Env, { accounts }: Routes): Promise<void> {
  const bots = await inTurns([...accounts.keys()], AT_ONCE, (account) => sweepBot(env, account));
  for (const one of bots) if (one.status === "rejected") failed("bots", one.reason);
}

async function sweepConversations(env: Env, routes: Routes): Promise<void> {
  const residencies = residenciesOf(routes);
  const limits = { perShard: MOST.perShard, total: mostConversations(routes, residencies.length), withinMs: WITHIN_MS };
  const refs = await sweepShards(env, residencies, limits);
  const swept = await inTurns(refs, AT_ONCE, async (ref) => {
    if (!(await within(systemClock, WITHIN_MS, sweepConversation(env, ref)))) await shardsOf(env).setPending(ref, false);
  });
  const failed = swept.filter((one) => one.status === "rejected").length;
  if (refs.length > 0) jsonLog.write({ level: failed > 0 ? "warn" : "info", event: "sweep.done", conversations: refs.length, failed });
}

/** What fails leaves the others their turn. */
async function part(name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    failed(name, error);
  }
}

const failed = (part: string, error: unknown): void =>
  jsonLog.write({ level: "error", event: "sweep.failed", part, reason: String(error) });

export const residenciesOf = ({ residencies }: Routes): readonly Residency[] => [...residencies];
