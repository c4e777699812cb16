import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { train, trainInSteps } from "../../../src/classify/intents/train.ts";
import type { TrainingSet } from "../../../src/classify/intents/training-set.ts";
import { type MiniSet, miniSetOf, miniSets, nameOf, pinnedBytes } from "./mini-sets.ts";
import { clinc, domains, draw, modelFrom, opened, setOf } from "./sets.ts";

const banking = domains["banking"] ?? [];
const small = setOf(draw(clinc("train"), banking, 20, 20));

it("gives the same bytes for the same set", () => {
  expect(train(small)).toEqual(train(structuredClone(small)));
});

it.each(miniSets)("$language: gives the bytes it gave on every other machine", async (set: MiniSet) => {
  expect(await nameOf(train(miniSetOf(set)))).toBe(pinnedBytes[set.language]);
});

it("with pauses or without, the bytes are the same", () => {
  const steps = trainInSteps(small);
  let pauses = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) pauses += 1;
  expect(step.value).toEqual(train(small));
  expect(pauses).toBeGreaterThan(3);
});

it("tells how much is done, up to all", () => {
  const told: number[] = [];
  train(small, { onProgress: (done) => told.push(done) });
  expect(told).toEqual(told.toSorted((left, right) => left - right));
  expect(told[0]).toBeGreaterThan(0);
  expect(told.at(-1)).toBeCloseTo(1);
});

it("learns from an intent's name and description too", () => {
  const set: TrainingSet = {
    intents: [
      { name: "cancel_subscription", examples: ["stop billing me"] },
      { name: "openingHours", description: "When the shop is open on holidays", examples: ["what time do you close"] },
      { name: "other", examples: ["hello there", "good morning"] },
    ],
    outOfScope: [],
    outOfScopeShare: 0.1,
  };
  const model = modelFrom(set);
  expect(["my subscription", "holidays", "opening"].map((text) => model.classify(text).best)).toEqual([
    "cancel_subscription",
    "openingHours",
    "openingHours",
  ]);
});

const one = (name: string, ...examples: string[]) => ({ name, examples });

const ODD: readonly { what: string; set: TrainingSet; text: string; best: string | undefined }[] = [
  {
    what: "two intents of one example",
    set: { intents: [one("a", "pay the bill"), one("b", "call me")], outOfScope: [], outOfScopeShare: 0.1 },
    text: "bill",
    best: "a",
  },
  { what: "one intent", set: { intents: [one("a", "pay the bill")], outOfScope: [], outOfScopeShare: 0.1 }, text: "bill", best: "a" },
  { what: "no intent", set: { intents: [], outOfScope: [], outOfScopeShare: 0.1 }, text: "bill", best: undefined },
  {
    what: "intents without a word",
    set: { intents: [one("🙂", "", "🙂"), one("-", "?")], outOfScope: ["!"], outOfScopeShare: 0 },
    text: "bill",
    best: undefined,
  },
  {
    what: "the same examples in two intents",
    set: { intents: [one("a", "pay"), one("b", "pay"), one("c", "call")], outOfScope: ["pay"], outOfScopeShare: 0.5 },
    text: "call",
    best: "c",
  },
];

it.each(ODD)("$what: trains, opens and answers", ({ set, text, best }) => {
  expect(modelFrom(set).classify(text).best).toBe(best);
});

it("400 intents: columns further apart than a byte", () => {
  const letters = "bcdfghjklmnpqrstvwxz";
  const word = (n: number): string => `${letters[n % 20]}${letters[Math.floor(n / 20)]}${letters[(n * 7) % 20]}`;
  const intents = Array.from({ length: 400 }, (_, at) => one(`i${at}`, `the ${word(at)}`, `a ${word(at)} please`));
  const model = modelFrom({ intents, outOfScope: [], outOfScopeShare: 0.1 });
  expect([0, 254, 255, 256, 399].map((at) => model.classify(`the ${word(at)} please`).best)).toEqual([
    "i0",
    "i254",
    "i255",
    "i256",
    "i399",
  ]);
});

it("expects more out of scope, answers less", () => {
  const refusedAt = (outOfScopeShare: number): number => {
    const model = modelFrom({ ...small, outOfScopeShare });
    return draw(clinc("val"), banking, 20).filter(({ text }) => model.classify(text).intent === undefined).length;
  };
  const [few, some, many] = [refusedAt(0.01), refusedAt(0.2), refusedAt(0.6)];
  expect(few).toBeLessThan(some);
  expect(some).toBeLessThan(many);
});

it("the paper's operating point answers more than the balanced one, on validation too", () => {
  const val = draw(clinc("val"), banking, 20, 100);
  const validation = {
    in: val.flatMap(({ text, intent }) => (intent === null ? [] : [{ text, intent }])),
    out: val.filter(({ intent }) => intent === null).map(({ text }) => text),
  };
  const threshold = (options: Parameters<typeof train>[1]): number => opened(train({ ...small, outOfScopeShare: 0.3 }, options)).threshold;
  expect(threshold({ operatingPoint: "paper" })).toBeLessThan(threshold({}));
  expect(threshold({ operatingPoint: "paper", validation: { ...validation, out: validation.out.slice(0, 10) } })).toBeLessThan(
    threshold({ validation }),
  );
});

it("a model is some hundred kilobytes at most, packed", () => {
  expect(gzipSync(train(small)).length).toBeLessThan(60_000);
});
