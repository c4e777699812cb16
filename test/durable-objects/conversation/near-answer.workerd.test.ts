/** A first message in other words, in real workerd: whose answer it gets, when an agent is asked, and what it costs. Meta and Workers AI are played. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { routesSource } from "../../../durable-objects/config/source.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { nearQuestionsOf } from "../../../durable-objects/near-questions.ts";
import { systemClock } from "../../../durable-objects/runtime.ts";
import { Shard } from "../../../durable-objects/shard/durable-object.ts";
import type { Turn } from "../../../src/core/turn.ts";
import { conversationOf, countOf, edge, exchange, kept, keptNear, poolName, push, scene, setScene, someone } from "./cache-scene.ts";

const SIMILAR = { answerCache: { similar: { falseHits: 0.2 } } };
const intents = {
  hours: {
    examples: [
      "what are your opening hours",
      "when do you open",
      "when do you close",
      "are you open on mondays",
      "open now",
      "can I come",
      "is order pickup open",
    ],
  },
  prices: {
    examples: ["what does it cost", "how much is it", "price please", "is it free", "the price", "cheaper", "do you have a discount"],
  },
};
const rules = [{ name: "prices", when: { intent: "prices" }, pool: "" }];

/** Meaning, to the service: whether it is about time. It hears no "not", and no number. */
const vectorOf = (text: string) => (/open|close|hours|come|late/.test(text) ? [1, 0.1, 0] : [0, 0.1, 1]);

let embedded: string[][] = [];
let answers = async (text: string[]): Promise<unknown> => ({ data: text.map(vectorOf) });
const AI = {
  run: (_model: string, { text }: { readonly text: string[] }) => {
    embedded.push(text);
    return answers(text);
  },
};

/** However slow the machine is: who is late is not what is asked here, but of whom never comes. */
function waitForAll(): void {
  const { sleep } = systemClock;
  vi.spyOn(systemClock, "sleep").mockImplementation((ms, wake) =>
    ms === 300 || ms === 500 ? new Promise((resolve) => wake?.addEventListener("abort", () => resolve())) : sleep(ms, wake),
  );
}

const bind = (ai: unknown) => Reflect.set(edge, "AI", ai);

beforeEach(() => {
  setScene();
  embedded = [];
  answers = async (text) => ({ data: text.map(vectorOf) });
});

afterEach(() => {
  vi.restoreAllMocks();
  bind(undefined);
});

/** Measured anew by each test, behind a first message that is nobody's here. */
async function begin(pool: object = SIMILAR): Promise<void> {
  waitForAll();
  bind({ ...AI } satisfies Env["AI"]);
  await learn(pool);
  await exchange(someone(), "When do you open?");
  await expect.poll(keptNear).toEqual(["When do you open?"]);
  scene.asked = [];
  embedded = [];
}

async function learn(pool: object): Promise<void> {
  await pushed(pool);
  await exchange(someone(), "Hello");
  const routes = (await routesSource(edge).current())?.routes;
  await expect.poll(() => routes && nearQuestionsOf(edge)?.nearness(routes, poolName())).toEqual({ above: 0.8, examples: 14 });
}

const pushed = (pool: object) => push(pool, { more: { intents, rules: rules.map((rule) => ({ ...rule, pool: poolName() })) } });

describe("an answer to other words", () => {
  it("is given to whoever means the same, and no gateway is asked", async () => {
    await begin();
    const ben = someone();
    await exchange(ben, "What are your opening hours");
    expect([scene.asked, scene.told.at(-1), embedded]).toEqual([[], "When do you open?", [["What are your opening hours"]]]);
    // Beside the object's own an alarm may do nothing.
    const counted = async () => {
      await runDurableObjectAlarm(conversationOf(ben));
      return [await countOf("similar"), await countOf("hit")];
    };
    await expect.poll(counted).toEqual([1, 0]);
  });

  it("is not asked for where the same words were answered", async () => {
    await begin();
    await exchange(someone(), "when do you OPEN");
    expect([scene.asked, embedded]).toEqual([[], []]);
  });

  it("stays what it was for the next: one that was given again is not kept under its words", async () => {
    await begin();
    await exchange(someone(), "What are your opening hours");
    expect([(await kept()).length, await keptNear()]).toEqual([2, ["When do you open?"]]);
  });
});

describe("an agent is asked", () => {
  it.each<readonly [string, string, Partial<Turn>]>([
    ["what means something else", "How much is it?", {}],
    ["the contrary", "When do you not open?", {}],
    ["with a number", "When do you open order 12?", {}],
    ["about another day", "Are you open on mondays", {}],
    ["with a word that no example has", "When does Smith open?", {}],
    ["in another language", "What are your opening hours", { language: "de" }],
  ])("%s", async (_, text, more) => {
    await begin();
    await exchange(someone(), text, more);
    expect(scene.asked).toEqual([text]);
  });

  it.each<readonly [string, object]>([
    ["of another version", { answerCache: { ...SIMILAR.answerCache, version: "2" } }],
    ["where another agent answers now", { ...SIMILAR, agent: "sales-deep" }],
    ["where only the same words are answered now", { answerCache: {} }],
    ["where a lower ceiling cannot be measured", { answerCache: { similar: { falseHits: 0.1 } } }],
  ])("%s", async (_, pool) => {
    await begin();
    await pushed({ ...SIMILAR, ...pool });
    await exchange(someone(), "What are your opening hours");
    expect(scene.asked).toHaveLength(1);
  });

  it("where there is no binding any more", async () => {
    await begin();
    bind(undefined);
    await exchange(someone(), "What are your opening hours");
    expect(scene.asked).toHaveLength(1);
  });

  it.each([
    ["fails", async () => Promise.reject(new Error("no capacity"))],
    ["is never heard of again", () => new Promise(() => undefined)],
  ])("where the service %s; the same words are answered all the same", async (_, broken) => {
    await begin();
    vi.mocked(systemClock.sleep).mockRestore();
    answers = broken;
    await exchange(someone(), "What are your opening hours");
    expect(scene.asked).toHaveLength(1);
    await exchange(someone(), "When do you open?");
    expect(scene.asked).toHaveLength(1);
  });
});

it("costs a shard's request and an embedding more, and one to keep; a pool without it nothing", async () => {
  const calls = () =>
    (["answer", "nearestAnswer", "keepAnswer", "keepNearAnswer"] as const).map((verb) => vi.spyOn(Shard.prototype, verb).mock.calls.length);
  const expectCost = async (text: string, cost: readonly number[]) => {
    const before = [...calls(), embedded.length];
    await exchange(someone(), text);
    await expect.poll(() => [...calls(), embedded.length].map((count, index) => count - (before[index] ?? 0))).toEqual(cost);
  };
  await begin();
  await expectCost("What does it cost?", [1, 1, 1, 1, 1]);
  await expectCost("How much is it?", [1, 1, 0, 0, 1]);
  await expectCost("What does it cost?", [1, 0, 0, 0, 0]);
  await pushed({ answerCache: {} });
  await expectCost("Is it free?", [1, 0, 1, 0, 0]);
  await pushed({});
  await expectCost("The price", [0, 0, 0, 0, 0]);
});
