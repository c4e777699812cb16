/** What an alarm does beside delivery, while a shard that it needs hangs: delivery goes on, and what was not told is told later, once. */
import { env, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, inject, it, vi } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import { conversationsOf, showConversation } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { Shard } from "../../../durable-objects/shard/durable-object.ts";
import { SHARD_COUNT } from "../../../durable-objects/shard/stub.ts";
import { hash32 } from "../../../src/core/hash.ts";
import { commitOf } from "../../support/conversation.ts";

const edge = env as unknown as Env;
const { origin, refused } = inject("answering");
const ACCOUNT = "telegram:support";
const POOLS: Readonly<Record<string, string>> = { good: `${origin}/durable`, away: `${refused}/telegram-webhook` };
const ref = { key: `${ACCOUNT}/chat/1` };
const conversation: DurableObjectStub<Conversation> = objectOf(edge, edge.CONVERSATION, ref.key);
const shard: DurableObjectStub<Shard> = objectOf(edge, edge.SHARD, `shard-${hash32(ref.key) % SHARD_COUNT}`);

beforeAll(async () => {
  const native = (url: string) => ({ [ACCOUNT]: { url, secret: "LISTENER_SECRET" } });
  const document = {
    accounts: { [ACCOUNT]: { pool: "good", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } } },
    instances: Object.fromEntries(Object.entries(POOLS).map(([name, url]) => [name, { url: `${origin}/started`, native: native(url) }])),
    pools: Object.fromEntries(Object.keys(POOLS).map((name) => [name, { instances: [name], failover: { attemptMs: 500 } }])),
    rules: Object.keys(POOLS).map((name) => ({ name: `to ${name}`, when: { command: name }, pool: name })),
  };
  expect((await configOf(edge).push(JSON.stringify(document))).status).toBe("accepted");
});

const commit = (pool: string) => conversationsOf(edge).commit(commitOf({ ref, pool, arrivedAtMs: Date.now() }));
/** How often the head was sent, or had its turn and was kept back. */
const turns = () => runInDurableObject(conversation, ({ state: { queue } }) => (queue[0]?.tries ?? 0) + (queue[0]?.waits ?? 0));

it("a shard that hangs keeps no message from its next try, and what it was not told is counted once", async () => {
  let isHanging = true;
  const { flush } = Shard.prototype;
  const flushes = vi.spyOn(Shard.prototype, "flush").mockImplementation(async function (this: Shard, ...told) {
    while (isHanging) await new Promise((resolve) => setTimeout(resolve, 20));
    await flush.apply(this, told);
  }).mock.calls;
  await commit("good");
  await expect.poll(async () => (await showConversation(edge, ref, 9)).messages.map(({ state }) => state)).toEqual(["delivered"]);
  await runInDurableObject(conversation, (object, { storage }) => storage.setAlarm(Date.now()).then(() => object.clock.rang()));
  await expect.poll(() => flushes.length, { message: "its alarm tells the shard, which hangs" }).toBe(1);

  await commit("away");
  await expect.poll(turns).toBeGreaterThan(2);
  isHanging = false;
  const delivered = async () => {
    const { delta } = await shard.read(Date.now());
    return Object.entries(delta).filter(([series]) => series.startsWith("clawedge_messages_total"));
  };
  await expect.poll(delivered).toEqual([[expect.stringContaining("delivered"), 1]]);
  await expect.poll(() => runInDurableObject(conversation, (object) => object.reporter.hasWork)).toBe(false);
  expect(await delivered()).toEqual([[expect.stringContaining("delivered"), 1]]);
  vi.restoreAllMocks();
});
