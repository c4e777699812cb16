/** The answer cache in real workerd: who gets an answer that was given before, who does not, and what it costs. Only Meta is played. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Shard } from "../../../durable-objects/shard/durable-object.ts";
import type { Commit } from "../../../src/core/commit.ts";
import type { Turn } from "../../../src/core/turn.ts";
import {
  ask,
  conversationOf,
  countOf,
  edge,
  exchange,
  have,
  kept,
  messagesOf,
  push,
  say,
  scene,
  setScene,
  someone,
  spread,
} from "./cache-scene.ts";

const HOUR_MS = 3_600_000;

beforeEach(setScene);
afterEach(() => vi.restoreAllMocks());

/** Of every shard: looks, and answers to keep. */
function cacheRequests(): () => readonly number[] {
  const [looks, words] = [vi.spyOn(Shard.prototype, "answer"), vi.spyOn(Shard.prototype, "keepAnswer")];
  const before = [looks.mock.calls.length, words.mock.calls.length] as const;
  return () => [looks.mock.calls.length - before[0], words.mock.calls.length - before[1]];
}

describe("an answer that was given before", () => {
  it("is given again to whoever begins with the same words, and no gateway is asked", async () => {
    await push({ answerCache: {} });
    const [anna, ben] = [someone(), someone()];
    await exchange(anna, "What are your opening hours?");
    await expect.poll(kept).toEqual(["What are your opening hours?"]);
    await exchange(ben, "  what are your OPENING hours!! ");
    expect(scene.asked).toEqual(["What are your opening hours?"]);
    expect(scene.told).toEqual(["What are your opening hours?", "What are your opening hours?"]);
    expect(await messagesOf(ben)).toMatchObject([{ state: "answered", outcome: "cached: delivered", instance: null, attempts: 0 }]);
    expect(scene.lines.filter(({ event }) => event === "message.settled").map(({ outcome }) => outcome)).toEqual([
      "delivered",
      "cached: delivered",
    ]);
  });

  it("counts, and so does one that was not there", async () => {
    await push({ answerCache: {} });
    const people = [someone(), someone(), someone()];
    for (const person of people) {
      await exchange(person, "Where are you?");
      await expect.poll(kept).toHaveLength(1);
    }
    // Beside the object's own an alarm may do nothing.
    const counted = async () => {
      for (const person of people) await runDurableObjectAlarm(conversationOf(person));
      return [await countOf("hit"), await countOf("miss")];
    };
    await expect.poll(counted).toEqual([2, 1]);
  });

  it("is not known to the agent that gets the next message, unless the pool hands over what was said", async () => {
    await push({ answerCache: {}, handover: { key: "HANDOVER_KEY" } });
    const ben = someone();
    await exchange(someone(), "Where are you?");
    await expect.poll(kept).toHaveLength(1);
    await exchange(ben, "where are you");
    expect(scene.asked).toHaveLength(1);
    await exchange(ben, "And on Sundays?");
    expect(scene.asked).toHaveLength(3);
    expect(scene.asked[1]?.split("\n").slice(1, -1)).toEqual(['They: "where are you"', 'You: "Where are you?"']);
    expect(scene.asked[2]).toBe("And on Sundays?");
  });

  it("is told once to that agent also where a message came too late and the object is gone meanwhile", async () => {
    await push({ answerCache: {}, handover: { key: "HANDOVER_KEY" } });
    const ben = someone();
    await exchange(someone(), "Where are you?");
    await expect.poll(kept).toHaveLength(1);
    await exchange(ben, "where are you");
    await say(ben, "too late", {}, { expiresAtMs: 1 });
    await evictDurableObject(conversationOf(ben));
    await exchange(ben, "And on Sundays?");
    await evictDurableObject(conversationOf(ben));
    await exchange(ben, "Thanks");
    expect(scene.asked.map((words) => words.split("\n").length > 1 || words)).toEqual([
      "Where are you?",
      true,
      "And on Sundays?",
      "Thanks",
    ]);
  });
});

describe("an agent is asked", () => {
  /** After this, Anna's answer would be given to whoever asks the same of the same pool. */
  async function begin(pool: object = {}): Promise<void> {
    await push({ answerCache: {}, ...pool });
    await exchange(someone(), "Where are you?");
    await expect.poll(kept).toHaveLength(1);
    scene.asked = [];
  }

  it("by a second message", async () => {
    await begin();
    const ben = someone();
    await exchange(ben, "Hello");
    await exchange(ben, "Where are you?");
    expect(scene.asked).toEqual(["Hello", "Where are you?"]);
  });

  it.each<readonly [string, Partial<Turn>, Partial<Commit>]>([
    ["in another language", { language: "de" }, {}],
    ["in a group", {}, { chat: { id: "-1", kind: "group" } }],
    ["with a picture", { media: [{ id: "1", kind: "sticker", mimeType: "image/webp" }] }, {}],
  ])("%s", async (_, more, bent) => {
    await begin();
    await exchange(someone(), "Where are you?", more, bent);
    expect(scene.asked).toHaveLength(1);
  });

  it.each<readonly [string, object]>([
    ["of another version", { answerCache: { version: "2" } }],
    ["where another agent answers now", { agent: "sales-deep" }],
    ["where nothing is kept any more", { answerCache: undefined }],
  ])("%s", async (_, pool) => {
    await begin();
    await push({ answerCache: {}, ...pool });
    await exchange(someone(), "Where are you?");
    expect(scene.asked).toEqual(["Where are you?"]);
  });

  it("once the answer is too old", async () => {
    await begin({ answerCache: { maxAgeMs: HOUR_MS } });
    scene.laterMs += HOUR_MS;
    await exchange(someone(), "Where are you?");
    expect(scene.asked).toEqual(["Where are you?"]);
  });

  it("while the cache cannot be asked", async () => {
    await begin();
    const broken = vi.spyOn(edge.SHARD, "get").mockImplementation(() => {
      throw new Error("no shard");
    });
    await exchange(someone(), "Where are you?");
    broken.mockRestore();
    expect(scene.asked).toEqual(["Where are you?"]);
  });
});

it("an answer is kept though another routes document came meanwhile", async () => {
  await push({ answerCache: {} });
  const anna = someone();
  await ask(anna, "Where are you?");
  await spread({ answerCache: { maxEntries: 100 } });
  await have(anna);
  await expect.poll(kept).toEqual(["Where are you?"]);
});

describe("an answer is not kept", () => {
  it.each<readonly [string, string, Partial<Turn>]>([
    ["that names the person", "Dear Anna-Lena", { senderName: "Anna Müller" }],
    ["that names their number", "Call +1 US.491 701 234-567", {}],
    ["to a story", "and then ".repeat(40), {}],
  ])("%s", async (_, text, more) => {
    await push({ answerCache: {} });
    await exchange(text.includes("491") ? "491701234567" : someone(), text, more);
    await exchange(someone(), "Where are you?");
    await expect.poll(kept).toEqual(["Where are you?"]);
  });

  it("that ended for want of room", async () => {
    await push({ answerCache: {} }, { path: "/chat/length" });
    await exchange(someone(), "Tell me everything");
    await push({ answerCache: {} });
    await exchange(someone(), "Where are you?");
    await expect.poll(kept).toEqual(["Where are you?"]);
  });

  it.each<readonly [string, object]>([
    ["of a version that is over when the person has it", { answerCache: { version: "2" } }],
    ["of an agent that answers no more when the person has it", { answerCache: {}, agent: "sales-deep" }],
  ])("%s", async (_, next) => {
    await push({ answerCache: {} });
    const anna = someone();
    await ask(anna, "Where are you?");
    await spread(next);
    await have(anna);
    await exchange(someone(), "Hello");
    await expect.poll(kept).toEqual(["Hello"]);
  });

  it("of a question that was looked up for another agent than was asked", async () => {
    await push({ answerCache: {} });
    const pushing = async () => spread({ answerCache: {}, agent: "sales-deep" }).then(() => undefined);
    const look = vi.spyOn(Shard.prototype, "answer").mockImplementationOnce(pushing as unknown as Shard["answer"]);
    await exchange(someone(), "Where are you?");
    await exchange(someone(), "Hello");
    await expect.poll(kept).toEqual(["Hello"]);
    expect(look).toHaveBeenCalledTimes(2);
  });

  it("where the pool does not ask for it: no shard is asked", async () => {
    await push({});
    const requests = cacheRequests();
    await exchange(someone(), "Where are you?");
    expect(requests()).toEqual([0, 0]);
  });
});

it("the cache costs a first message a look and, once it is answered, a word to a shard; a second one nothing", async () => {
  const written = (user: string) => runInDurableObject(conversationOf(user), (object) => object.storage.rowsWritten);
  const rowsOf = async (user: string, text: string, cost: readonly number[]) => {
    const requests = cacheRequests();
    // What is due of the message before is no part of it.
    await runDurableObjectAlarm(conversationOf(user));
    const before = await written(user);
    await exchange(user, text);
    await expect.poll(requests).toEqual(cost);
    return (await written(user)) - before;
  };
  await push({});
  const anna = someone();
  const first = await rowsOf(anna, "Where are you?", [0, 0]);
  const second = await rowsOf(anna, "And on Sundays?", [0, 0]);
  await push({ answerCache: {} });
  const ben = someone();
  expect(await rowsOf(ben, "Where are you?", [1, 1])).toBe(first);
  expect(await rowsOf(ben, "And on Sundays?", [0, 0])).toBe(second);
});
