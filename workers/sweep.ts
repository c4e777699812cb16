/**
 * The sweeper, every five minutes: conversations with work pending and all bots are knocked at, in case the platform lost their alarm;
 * probes are kept going; webhooks that somebody else took are reported: a gateway that starts with its own URL takes the bot away.
 */

import { sweepBot } from "../durable-objects/bot/stub.ts";
import { routesSource } from "../durable-objects/config/source.ts";
import { sweepConversation } from "../durable-objects/conversation/stub.ts";
import type { Env } from "../durable-objects/env.ts";
import { instancesOf } from "../durable-objects/instance/stub.ts";
import { jsonLog } from "../durable-objects/runtime.ts";
import { shardsOf, sweepShards } from "../durable-objects/shard/stub.ts";
import type { Routes } from "../src/config/routes.ts";
import type { Residency } from "../src/core/conversation-ref.ts";
import { inTurns } from "./in-turns.ts";
import { endOverdueCanaries } from "./overdue-canaries.ts";

/** What is left is older by five minutes at the next sweep. A Worker's invocation may make 1000 requests; a sweep has others to make. */
const MOST = { perShard: 100, total: 400 };
const AT_ONCE = 20;

export async function sweep(env: Env): Promise<void> {
  const routes = (await routesSource(env).current())?.routes;
  if (routes === undefined) return;
  const refs = await sweepShards(env, residenciesOf(routes), MOST);
  const swept = await inTurns(refs, AT_ONCE, async (ref) => {
    if (!(await sweepConversation(env, ref))) await shardsOf(env).setPending(ref, false);
  });
  const failed = swept.filter((one) => one.status === "rejected").length;
  if (refs.length > 0) jsonLog.write({ level: failed > 0 ? "warn" : "info", event: "sweep.done", conversations: refs.length, failed });
  await instancesOf(env).status([...routes.instances.keys()]);
  await inTurns([...routes.accounts.keys()], AT_ONCE, (account) => sweepBot(env, account));
  await endOverdueCanaries(env);
}

export const residenciesOf = (routes: Routes): readonly Residency[] => [
  ...new Set([...routes.accounts.values()].flatMap((account) => account.residency ?? [])),
];
