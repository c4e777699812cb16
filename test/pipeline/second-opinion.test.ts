/** When the model is unsure, somebody else is asked: how long a message waits for that, what counts, and that nothing depends on it. */
import { describe, expect, it } from "vitest";
import type { IntentModel } from "../../src/classify/intents/model.ts";
import { re2Patterns } from "../../src/classify/re2-pattern.ts";
import type { RoutesDocument } from "../../src/config/schema.ts";
import type { LogLine } from "../../src/core/log-line.ts";
import { keep } from "../../src/pipeline/keep.ts";
import { createSecondOpinions, type SecondOpinions } from "../../src/pipeline/second-opinion.ts";
import type { Embedder } from "../../src/ports/embedder.ts";
import { buildRouter } from "../../src/routing/router.ts";
import { loadForTest } from "../support/catalogue.ts";
import { keepPorts, keepSetting } from "../support/keep.ts";
import { directMessage, withIntents } from "../support/routes-document.ts";

const INTENTS = {
  refund: { examples: ["I want my money back", "refund please"], description: "somebody wants money back" },
  pricing: { examples: ["what does it cost", "how much is it"] },
};
const RULES = [
  { name: "certain", when: { intent: "refund", minConfidence: 0.99 }, pool: "support" },
  { name: "refunds", when: { intent: "refund" }, pool: "sales" },
];

/** What a text means is which of these words are in it. */
const AXES = ["money", "cost", "weather"];
const vectorOf = (text: string): readonly number[] => AXES.map((axis) => (text.includes(axis) ? 1 : 0));

interface Fake {
  readonly embedder: Embedder;
  readonly asked: (readonly string[])[];
}

function fake(embed: Embedder["embed"] = async (texts) => texts.map(vectorOf)): Fake {
  const asked: (readonly string[])[] = [];
  const embedder: Embedder = {
    embed: (texts) => {
      asked.push(texts);
      return embed(texts);
    },
  };
  return { embedder, asked };
}

/** An isolate with its clock: `learned` waits for what goes on behind the messages. */
function isolate({ embedder }: Fake) {
  const log: LogLine[] = [];
  const behind: Promise<unknown>[] = [];
  const time = { nowMs: 0 };
  const naps: { readonly ms: number; readonly wake: () => void }[] = [];
  const sleep = (ms: number) => new Promise<void>((wake) => void naps.push({ ms, wake }));
  const clock = { nowMs: () => time.nowMs, sleep };
  const opinions = createSecondOpinions({
    embedder,
    clock,
    log: { write: (line) => void log.push(line) },
    keepAlive: (work) => void behind.push(work),
  });
  return { opinions, log, time, naps, learned: () => Promise.all(behind) };
}

/** The model has never heard of anything; its threshold is 0.6. */
const deaf: IntentModel = {
  names: ["refund", "pricing"],
  threshold: 0.6,
  classify: () => ({ intent: undefined, best: undefined, confidence: 0 }),
  detail: () => {
    throw new Error("nobody asks for details here");
  },
};

function snapshotOf({
  model = deaf,
  more = { secondOpinion: { minSimilarity: 0.9 } },
  number = 1,
}: {
  model?: IntentModel;
  more?: object;
  number?: number;
} = {}) {
  const loaded = loadForTest({ ...withIntents(INTENTS, ...RULES), ...more }, number);
  return { ...loaded, router: buildRouter(loaded.routes.document, re2Patterns, model), intents: model };
}

/** Not trained anew. */
function withDocument(change: (document: RoutesDocument) => Partial<RoutesDocument>) {
  const snapshot = snapshotOf();
  const { document } = snapshot.routes;
  return { ...snapshot, routes: { ...snapshot.routes, document: { ...document, ...change(document) } } };
}

async function ruleFor(text: string, opinions: SecondOpinions | undefined, snapshot = snapshotOf()): Promise<string | undefined> {
  const { ports, kept } = keepPorts();
  await keep.message({ ...directMessage, text }, { ...keepSetting(), snapshot }, { ...ports, opinions });
  return kept.commits[0]?.rule;
}

describe("a message of which the model is unsure", () => {
  it("goes by the example that means most the same, once those are learned", async () => {
    const meanings = fake();
    const { opinions, learned } = isolate(meanings);
    expect(await ruleFor("my money is gone", opinions)).toBe("default");
    await learned();
    expect(await ruleFor("my money is gone", opinions)).toBe("refunds");
    expect(meanings.asked).toEqual([
      ["I want my money back", "what does it cost", "refund please", "how much is it", "somebody wants money back"],
      ["my money is gone"],
    ]);
  });

  it("is of no intent when it is like none, or like what is out of scope", async () => {
    const { opinions, learned } = isolate(fake());
    const more = { secondOpinion: { minSimilarity: 0.9 }, outOfScope: { examples: ["the weather is fine"] } };
    const snapshot = snapshotOf({ more });
    await ruleFor("weather", opinions, snapshot);
    await learned();
    expect(await ruleFor("weather", opinions, snapshot)).toBe("default");
    expect(
      await ruleFor("money and cost and weather", opinions, snapshotOf({ more: { ...more, secondOpinion: { minSimilarity: 0.99 } } })),
    ).toBe("default");
  });

  it("waits 300 ms, and goes on without", async () => {
    let isSlow = false;
    const { opinions, learned, naps } = isolate(
      fake((texts) => (isSlow ? new Promise(() => undefined) : Promise.resolve(texts.map(vectorOf)))),
    );
    await ruleFor("my money", opinions);
    await learned();
    isSlow = true;
    const waiting = ruleFor("my money", opinions);
    await expect.poll(() => naps.map(({ ms }) => ms)).toEqual([300]);
    naps[0]?.wake();
    expect(await waiting).toBe("default");
  });

  it("is none of sixteen that wait already", async () => {
    let isSlow = false;
    const meanings = fake((texts) => (isSlow ? new Promise(() => undefined) : Promise.resolve(texts.map(vectorOf))));
    const { opinions, learned } = isolate(meanings);
    await ruleFor("my money", opinions);
    await learned();
    isSlow = true;
    for (let index = 0; index < 16; index += 1) void opinions.nearest("my money", snapshotOf());
    expect(await ruleFor("my money", opinions)).toBe("default");
    expect(meanings.asked).toHaveLength(17);
  });

  it("is not kept from asking by those whose request was cancelled, and who never said that they are done", async () => {
    let isDead = false;
    const { opinions, learned, time } = isolate(
      fake((texts) => (isDead ? new Promise(() => undefined) : Promise.resolve(texts.map(vectorOf)))),
    );
    await ruleFor("my money", opinions);
    await learned();
    isDead = true;
    for (let index = 0; index < 16; index += 1) void opinions.nearest("my money", snapshotOf());
    isDead = false;
    time.nowMs += 999;
    expect(await ruleFor("my money", opinions)).toBe("default");
    time.nowMs += 1;
    expect(await ruleFor("my money", opinions)).toBe("refunds");
  });

  it("is routed as if nobody could be asked when that fails, and the examples are tried again after a minute", async () => {
    let isBroken = true;
    const meanings = fake((texts) => (isBroken ? Promise.reject(new Error("no capacity")) : Promise.resolve(texts.map(vectorOf))));
    const { opinions, learned, log, time } = isolate(meanings);
    for (let index = 0; index < 3; index += 1) {
      expect(await ruleFor("my money", opinions)).toBe("default");
      await learned();
    }
    expect(log).toEqual([{ level: "warn", event: "second-opinion.unavailable", reason: "Error: no capacity" }]);
    isBroken = false;
    time.nowMs += 60_000;
    await ruleFor("my money", opinions);
    await learned();
    expect(await ruleFor("my money", opinions)).toBe("refunds");
    isBroken = true;
    expect(await ruleFor("my money", opinions)).toBe("default");
  });

  it("has the examples of the document in force, learned once for all that have the same", async () => {
    const meanings = fake();
    const { opinions, learned } = isolate(meanings);
    const others = { secondOpinion: { minSimilarity: 0.9 }, outOfScope: { examples: ["money is no object"] } };
    const rules: (string | undefined)[] = [];
    for (const snapshot of [snapshotOf(), snapshotOf({ number: 2 }), snapshotOf({ number: 3, more: others })]) {
      rules.push(await ruleFor("my money", opinions, snapshot));
      await learned();
    }
    expect(rules).toEqual(["default", "refunds", "default"]);
    expect(meanings.asked.map((texts) => texts.length)).toEqual([5, 1, 6]);
  });
});

describe("nobody else is asked", () => {
  const sure: IntentModel = { ...deaf, classify: () => ({ intent: "pricing", best: "pricing", confidence: 0.8 }) };

  it.each<readonly [string, string, ReturnType<typeof snapshotOf>]>([
    ["where the model is sure", "money", snapshotOf({ model: sure })],
    ["where the document does not want it", "money", snapshotOf({ more: {} })],
    ["of what has no words", " ", snapshotOf()],
  ])("%s", async (_, text, snapshot) => {
    const meanings = fake();
    const { opinions, learned } = isolate(meanings);
    expect(await ruleFor(text, opinions, snapshot)).toBe("default");
    await learned();
    expect(meanings.asked).toEqual([]);
  });

  it("where nothing of an intent stands in the document itself: what is about that would be taken for something else", async () => {
    const meanings = fake();
    const { opinions, learned } = isolate(meanings);
    const hours = { examples: [], examplesFile: "hours.txt" };
    const snapshot = withDocument((document) => ({ intents: { ...document.intents, hours } }));
    for (const _ of ["first", "second"]) {
      expect(await ruleFor("money", opinions, snapshot)).toBe("default");
      await learned();
    }
    expect(meanings.asked).toEqual([]);
  });

  it("where there is nobody", async () => expect(await ruleFor("money", undefined)).toBe("default"));
});

it("many examples are learned a hundred at a time, twenty of an intent and a thousand of all", async () => {
  const examples = Array.from({ length: 30 }, (_, at) => `example ${at}`);
  const learnedOf = async (count: number) => {
    const meanings = fake();
    const { opinions, learned } = isolate(meanings);
    const intents = Object.fromEntries(Array.from({ length: count }, (_, intent) => [`i${intent}`, { examples }]));
    await opinions.nearest(
      "money",
      withDocument(() => ({ intents })),
    );
    await learned();
    return meanings.asked.map((texts) => texts.length);
  };
  expect([await learnedOf(6), await learnedOf(60)]).toEqual([[100, 20], Array(10).fill(100)]);
});
