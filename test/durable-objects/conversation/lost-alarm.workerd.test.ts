/**
 * What the platform loses, the object repairs: its alarm, its incarnation, a document that nobody can read, objects and storage that throw. Real
 * objects in real workerd; every alarm here is taken away by hand, so that nothing but the repair can set it again.
 */
import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import { ConversationStorage } from "../../../durable-objects/conversation/storage.ts";
import { conversationsOf, showConversation } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { Shard } from "../../../durable-objects/shard/durable-object.ts";
import { readShards } from "../../../durable-objects/shard/stub.ts";
import { sweep } from "../../../workers/sweep.ts";
import { commitOf } from "../../support/conversation.ts";

const edge = workerEnv as unknown as Env;
const { origin } = inject("answering");
const ACCOUNT = "telegram:support";
const LISTENER = `${origin}/durable`;
/** Hand-overs that were sent, and those that the listener takes. */
let sent = 0;
let isSick = false;

beforeEach(async () => {
  [sent, isSick] = [0, false];
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    if (!url.startsWith(LISTENER)) return real(input as RequestInfo, init as RequestInit);
    sent += 1;
    return isSick ? Promise.resolve(new Response("", { status: 500 })) : real(input as RequestInfo, init as RequestInit);
  });
  const document = {
    accounts: { [ACCOUNT]: { pool: "support", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } } },
    instances: { "eu-1": { url: `${origin}/started`, native: { [ACCOUNT]: { url: LISTENER, secret: "LISTENER_SECRET" } } } },
    pools: { support: { instances: ["eu-1"] } },
  };
  expect((await configOf(edge).push(JSON.stringify(document))).status).toBe("accepted");
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
});

let chats = 0;
function conversation() {
  chats += 1;
  const ref = { key: `${ACCOUNT}/chat/lost-${chats}` };
  const stub: DurableObjectStub<Conversation> = objectOf(edge, edge.CONVERSATION, ref.key);
  const commit = () => conversationsOf(edge).commit(commitOf({ ref, arrivedAtMs: Date.now() }));
  const states = async () => (await showConversation(edge, ref, 9)).messages.map(({ state }) => state);
  const alarm = () => runInDurableObject(stub, (_object, { storage }) => storage.getAlarm());
  return { ref, stub, commit, states, alarm };
}

type Stub = ReturnType<typeof conversation>["stub"];

/** One message that its instance refused with a 500, waiting for its next try; nothing is under way. Its alarm is gone, and its incarnation. */
async function holdAndLose(stub: Stub, commit: () => Promise<unknown>): Promise<void> {
  isSick = true;
  await commit();
  const lost = () =>
    runInDurableObject(stub, async ({ state: { queue } }, { storage }) => {
      const [head] = queue;
      if (head === undefined || head.tries === 0 || head.attempt !== undefined) return false;
      await storage.deleteAlarm();
      return true;
    });
  await expect.poll(lost).toBe(true);
  await evictDurableObject(stub);
}

const linesOf = (written: { readonly mock: { readonly calls: readonly (readonly unknown[])[] } }, event: string) =>
  written.mock.calls.map(([line]) => JSON.parse(String(line)) as Record<string, unknown>).filter((line) => line["event"] === event);

it("an alarm that was lost is set again by the next start, whoever causes it", async () => {
  const { stub, commit, alarm } = conversation();
  await holdAndLose(stub, commit);
  await expect.poll(alarm).not.toBeNull();
});

describe("the alarm throws nothing, and rings again", () => {
  /** A message that ended, of which no shard knows, and no alarm; then it rings as it is told to. */
  async function ring(bend: (object: Conversation) => unknown): Promise<number | null> {
    const { stub, commit, states } = conversation();
    await commit();
    await expect.poll(states).toEqual(["delivered"]);
    return runInDurableObject(stub, async (object, { storage }) => {
      await storage.deleteAlarm();
      bend(object);
      await object.alarm();
      return storage.getAlarm();
    });
  }
  const broken = (what: string) => (): never => {
    throw new Error(`${what} is away`);
  };

  it.each<[string, (object: Conversation) => unknown]>([
    ["where no document can be read", (object) => vi.spyOn(object, "snapshot").mockResolvedValue(undefined)],
    ["where reading one throws", (object) => vi.spyOn(object, "snapshot").mockImplementation(broken("the Config object"))],
    ["where the shard throws", () => vi.spyOn(Shard.prototype, "flush").mockImplementation(broken("the shard"))],
    ["where the storage throws", () => vi.spyOn(ConversationStorage.prototype, "planPurge").mockImplementation(broken("the storage"))],
  ])("%s", async (_, bend) => expect(await ring(bend)).not.toBeNull());
});

it("a message that was held after a 500, whose alarm was lost, is found by the sweep and delivered without any traffic", async () => {
  const { ref, stub, commit } = conversation();
  await holdAndLose(stub, commit);
  await expect.poll(async () => (await readShards(edge, [])).pending).toBe(1);
  const before = sent;
  isSick = false;
  // Nobody else asks this object: looking at it would start it, and a start sets the alarm.
  await sweep({ ...edge, PUBLIC_URL: undefined } as unknown as Env);
  await expect.poll(() => sent).toBe(before + 1);
  const states = async () => (await showConversation(edge, ref, 9)).messages.map(({ state }) => state);
  await expect.poll(states).toEqual(["delivered"]);
});

it("an end whose incarnation died before it could log it is logged by the next, which says so", async () => {
  const { stub, commit, states } = conversation();
  const written = vi.spyOn(console, "log");
  vi.spyOn(ConversationStorage.prototype, "synced").mockImplementation(() => new Promise(() => undefined));
  await commit();
  await expect.poll(states).toEqual(["delivered"]);
  expect(linesOf(written, "message.settled")).toEqual([]);
  await expect(runInDurableObject(stub, (_object, state) => state.abort("killed"))).rejects.toThrow("killed");
  await expect.poll(states).toEqual(["delivered"]);
  expect(linesOf(written, "message.settled")).toMatchObject([{ state: "delivered", again: true }]);
});
