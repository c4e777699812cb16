/**
 * What the document says of who may speak. First, in a conversation that has no owner: the account's `proactive` setting, answered with
 * the pool the speaker would own it in. In one that was in several pools: those that count still.
 */
import { refOf } from "../../src/core/conversation-ref.ts";
import { choose, deliveryRules } from "../../src/pipeline/deliver.ts";
import type { Speak } from "../../src/ports/conversations.ts";
import type { Env } from "../env.ts";
import { instancesOf } from "../instance/stub.ts";
import type { Conversation } from "./durable-object.ts";
import type { SpeakEvent } from "./speak.ts";

/** One owner is the rule, and needs no document. */
export async function rightsOf(object: Conversation, env: Env, asked: Speak): Promise<Pick<SpeakEvent, "proactivePool" | "pools">> {
  const owners = Object.keys(object.state.pins).length;
  if (owners === 0) return { proactivePool: await proactivePool(object, env, asked) };
  const routes = owners > 1 ? (await object.snapshot())?.routes : undefined;
  return { pools: routes && deliveryRules(routes).reach[asked.account] };
}

/** Undefined: it may not speak. `owner` asks the strategy, so that the first word comes from whoever will get the answer. */
async function proactivePool(object: Conversation, env: Env, asked: Speak): Promise<string | undefined> {
  const routes = (await object.snapshot())?.routes;
  const account = routes?.accounts.get(asked.account);
  if (routes === undefined || account === undefined || account.proactive === "deny") return undefined;
  const members = routes.pools.get(account.pool)?.instances ?? [];
  if (!members.includes(asked.instance)) return undefined;
  if (account.proactive === "pool") return account.pool;
  const conversation = asked.conversation ?? refOf(object.storage.meta("ref") ?? "")?.key ?? "";
  const placed = await choose(routes, instancesOf(env), { pool: account.pool, account: account.id, conversation, exclude: [] });
  return "held" in placed || placed.instance !== asked.instance ? undefined : account.pool;
}
