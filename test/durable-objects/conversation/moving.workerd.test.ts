/** A chat that became another one, in real workerd: two objects that agree on who has the conversation. */
import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, inject, it } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import { conversationsOf, replayDead, showConversation } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { refName } from "../../../src/core/conversation-ref.ts";
import { commitOf } from "../../support/conversation.ts";

const edge = env as unknown as Env;
const conversations = conversationsOf(edge);
const { origin } = inject("answering");

const instance = (path: string) => ({
  url: `${origin}/started`,
  native: { "telegram:support": { url: `${origin}${path}`, secret: "LISTENER_SECRET" } },
});

beforeAll(async () => {
  const answer = await configOf(edge).push(
    JSON.stringify({
      accounts: { "telegram:support": { pool: "two", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } } },
      instances: { strict: instance("/status/400"), good: instance("/durable") },
      pools: { two: { instances: ["strict", "good"] } },
    }),
  );
  if (answer.status === "rejected") throw new Error(JSON.stringify(answer));
});

let chats = 0;
function chat() {
  chats += 1;
  const ref = { key: `telegram:support/chat/moving-${chats}` };
  const stub: DurableObjectStub<Conversation> = objectOf(edge, edge.CONVERSATION, ref.key);
  const show = () => showConversation(edge, ref, 200);
  const owner = async () => (await show()).pins[0]?.instance;
  const pinTo = async (name: string, bent: object = {}) => {
    const pin = { pool: "two", instance: name, epoch: 1, atMs: 1, isUsed: true, ...bent };
    await stub.adopt([pin], undefined, refName(ref), true);
  };
  return { ref, stub, show, owner, pinTo, endings: async () => (await show()).messages.map(({ state, instance }) => [state, instance]) };
}

it("a dead letter of the old chat goes to whoever has the conversation in the new one by now", async () => {
  const [old, there] = [chat(), chat()];
  await old.pinTo("strict");
  await conversations.commit(commitOf({ ref: old.ref, pool: "two", arrivedAtMs: Date.now() }));
  await expect.poll(async () => (await old.endings())[0]?.[0]).toBe("dead");
  await conversations.move(old.ref, there.ref);
  expect(await there.owner()).toBe("strict");
  await there.pinTo("good", { movedAtMs: Date.now() });
  expect(await there.owner()).toBe("good");
  expect(await replayDead(edge, old.ref, 1)).toBe(true);
  await expect.poll(old.endings).toContainEqual(["delivered", "good"]);
});

it("whoever is found for the message that says that the chat moved has the new one too", async () => {
  const [old, there] = [chat(), chat()];
  await conversations.commit(commitOf({ ref: old.ref, pool: "two", movedTo: there.ref, arrivedAtMs: Date.now() }));
  await expect.poll(async () => (await old.endings())[0]?.[0]).toMatch(/delivered|dead/);
  const found = await old.owner();
  expect(found).toMatch(/strict|good/);
  await expect.poll(there.owner).toBe(found);
});

it("pins whose object died before it handed them over are, by the alarm of its next start", async () => {
  const [old, there] = [chat(), chat()];
  await old.pinTo("good");
  await runInDurableObject(old.stub, async (object, state) => {
    object.storage.write([{ row: "moved", to: there.ref }]);
    await state.storage.deleteAlarm();
  });
  await evictDurableObject(old.stub);
  await old.show();
  expect(await runInDurableObject(old.stub, (_object, state) => state.storage.getAlarm())).not.toBeNull();
  await runDurableObjectAlarm(old.stub);
  await expect.poll(there.owner).toBe("good");
});
