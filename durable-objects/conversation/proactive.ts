/** Who may speak first in a conversation that has no owner: the account's `proactive` setting, answered with the pool the speaker would own it in. */

import { refOf } from "../../src/core/conversation-ref.ts";
import { choose } from "../../src/pipeline/deliver.ts";
import type { Speak } from "../../src/ports/conversations.ts";
import type { Env } from "../env.ts";
import { instancesOf } from "../instance/stub.ts";
import type { Conversation } from "./durable-object.ts";

/** Undefined: it may not speak. `owner` asks the strategy, so that the first word comes from whoever will get the answer. */
export async function proactivePool(object: Conversation, env: Env, asked: Speak): Promise<string | undefined> {
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
