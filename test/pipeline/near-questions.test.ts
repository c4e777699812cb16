/** What a question means, for answers that may be given again: when it is known, how like is like enough, and that nothing waits for it. */
import { describe, expect, it } from "vitest";
import { likeness } from "../../src/core/direction.ts";
import type { LogLine } from "../../src/core/log-line.ts";
import { createNearQuestions } from "../../src/pipeline/near-questions.ts";
import type { Embedder } from "../../src/ports/embedder.ts";
import { loadForTest } from "../support/catalogue.ts";
import { validDocument } from "../support/routes-document.ts";

/** Of `count` sentences in two intents: all the same to the service within one, and so and so alike to it across. */
function routesOf(count: number, similar: object | undefined = { falseHits: 0.05 }, words = "everyday") {
  const intents = Object.fromEntries(
    ["refund", "pricing"].map((intent) => [
      intent,
      { examples: Array.from({ length: count / 2 }, (_, index) => `${intent} ${words} ${"ab".repeat(index)}`) },
    ]),
  );
  const pools = { ...validDocument.pools, sales: { instances: ["us-1"], agent: "sales-public", answerCache: { similar } } };
  const rules = [{ name: "refunds", when: { intent: "refund" }, pool: "support" }];
  return loadForTest({ ...validDocument, intents, pools, rules }).routes;
}

/** 60 degrees, or as far as given, between what is about refunds and what is not. */
const vectorOf = (text: string, degrees = 60): readonly number[] => {
  const angle = text.includes("refund") ? 0 : (degrees * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle)];
};

function isolate(embed: Embedder["embed"] = async (texts) => texts.map((text) => vectorOf(text))) {
  const log: LogLine[] = [];
  const behind: Promise<unknown>[] = [];
  const asked: number[] = [];
  const time = { nowMs: 0 };
  const naps: { readonly ms: number; readonly wake: () => void }[] = [];
  const sleep = (ms: number) => (ms === 0 ? Promise.resolve() : new Promise<void>((wake) => void naps.push({ ms, wake })));
  const questions = createNearQuestions({
    embedder: {
      embed: (texts) => {
        asked.push(texts.length);
        return embed(texts);
      },
    },
    clock: { nowMs: () => time.nowMs, sleep },
    log: { write: (line) => void log.push(line) },
    keepAlive: (work) => void behind.push(work),
  });
  return { ...questions, log, asked, time, naps, learned: () => Promise.all(behind) };
}

describe("how like is like enough", () => {
  it("is measured behind the first question, which goes without, and once", async () => {
    const { ask, nearness, learned, asked } = isolate();
    const routes = routesOf(120);
    expect([nearness(routes, "sales"), await ask("refund", routes, "sales")]).toEqual([{ off: "not measured yet" }, undefined]);
    await learned();
    expect(nearness(routes, "sales")).toEqual({ above: 0.8, examples: 100 });
    const question = await ask("refund everyday Smith 12", routes, "sales");
    expect(question).toMatchObject({ marks: ["smith", "12"], above: 0.8 });
    expect(question && likeness(question.direction, question.direction)).toBe(1);
    expect(asked).toEqual([100, 1]);
  });

  it("is more, where different things sound alike", async () => {
    const { nearness, learned } = isolate(async (texts) => texts.map((text) => vectorOf(text, 20)));
    const routes = routesOf(100);
    nearness(routes, "sales");
    await learned();
    const found = nearness(routes, "sales");
    expect(found && "above" in found ? Math.round(found.above * 100) : found).toBe(94);
  });

  it.each([
    ["too few examples", routesOf(58), { off: "needs 59 examples, and has 58" }],
    ["a lower ceiling", routesOf(100, {}), { off: "needs 299 examples, and has 100" }],
    ["a pool that does not ask for it", routesOf(100), undefined, "support"],
  ] as const)("is nothing, and the service is not asked: %s", async (_, routes, expected, pool: string = "sales") => {
    const { ask, nearness, asked, learned } = isolate();
    expect(nearness(routes, pool)).toEqual(expected);
    expect(await ask("refund", routes, pool)).toBeUndefined();
    await learned();
    expect(asked).toEqual([]);
  });

  it("is not measured again for a document with the same examples, and is for another", async () => {
    const { nearness, learned, asked } = isolate();
    for (const routes of [routesOf(100), routesOf(100, { falseHits: 0.04 }), routesOf(100, undefined, "other")]) {
      nearness(routes, "sales");
      await learned();
    }
    expect(asked).toEqual([100, 100]);
  });

  it("is tried again a minute after it failed, and told of", async () => {
    let isBroken = true;
    const { nearness, learned, log, time, asked } = isolate(async (texts) => {
      if (isBroken) throw new Error("no capacity");
      return texts.map((text) => vectorOf(text));
    });
    const routes = routesOf(100);
    const look = async () => {
      nearness(routes, "sales");
      await learned();
      return nearness(routes, "sales");
    };
    expect(await look()).toEqual({ off: "not measured yet" });
    expect(log).toEqual([{ level: "warn", event: "answer-cache.unmeasured", reason: "Error: no capacity" }]);
    isBroken = false;
    time.nowMs = 59_999;
    expect([await look(), asked]).toEqual([{ off: "not measured yet" }, [100]]);
    time.nowMs = 60_000;
    expect(await look()).toEqual({ above: 0.8, examples: 100 });
  });
});

describe("a person waits", () => {
  const learnt = async (embed: Embedder["embed"]) => {
    let isLearning = true;
    const made = isolate((texts) => (isLearning ? Promise.resolve(texts.map((text) => vectorOf(text))) : embed(texts)));
    const routes = routesOf(100);
    made.nearness(routes, "sales");
    await made.learned();
    isLearning = false;
    return { ...made, ask: (text: string) => made.ask(text, routes, "sales") };
  };

  it("300 ms and no longer", async () => {
    const { ask, naps } = await learnt(() => new Promise(() => undefined));
    const answer = ask("refund");
    expect(naps.map(({ ms }) => ms)).toEqual([300]);
    naps[0]?.wake();
    expect(await answer).toBeUndefined();
  });

  it("with fifteen others at most, and for nothing where it fails", async () => {
    const { ask, naps, asked } = await learnt(() => new Promise(() => undefined));
    const answers = Array.from({ length: 17 }, () => ask("refund"));
    expect([await answers[16], asked.length]).toEqual([undefined, 17]);
    for (const { wake } of naps) wake();
    await Promise.all(answers);
    const failing = await learnt(() => Promise.reject(new Error("no capacity")));
    expect([await failing.ask("refund"), failing.log]).toEqual([undefined, []]);
  });
});
