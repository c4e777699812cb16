import { expect, it } from "vitest";
import { problemsOf } from "../../../src/classify/intents/problems.ts";
import type { TrainingSet } from "../../../src/classify/intents/training-set.ts";

const five = ["one way", "another way", "a third way", "way number four", "and the fifth"];
const good: TrainingSet = {
  intents: [
    { name: "pay", examples: five },
    { name: "call", examples: five.map((text) => `call ${text}`) },
  ],
  outOfScope: ["who won"],
  outOfScopeShare: 0.1,
};

it("finds nothing wrong with a good set", () => {
  expect(problemsOf(good)).toEqual([]);
});

const [pay, call] = good.intents;
if (pay === undefined || call === undefined) throw new Error("no intents");

const BENT: readonly { what: string; set: TrainingSet; level: "error" | "warning"; path: string; message: RegExp }[] = [
  { what: "one intent", set: { ...good, intents: [pay] }, level: "error", path: "intents", message: /at least two/ },
  {
    what: "a name twice",
    set: { ...good, intents: [pay, call, { name: "pay", examples: five.map((text) => `pay ${text}`) }] },
    level: "error",
    path: "intents.pay",
    message: /two intents of this name/,
  },
  {
    what: "no example",
    set: { ...good, intents: [pay, { name: "call", examples: [] }] },
    level: "error",
    path: "intents.call",
    message: /at least one example/,
  },
  {
    what: "one example",
    set: { ...good, intents: [pay, { name: "call", examples: ["ring me"] }] },
    level: "warning",
    path: "intents.call",
    message: /few examples \(1 of at least 5\)/,
  },
  {
    what: "an empty example",
    set: { ...good, outOfScope: ["who won", " \u200b"] },
    level: "warning",
    path: "outOfScope.examples.1",
    message: /empty/,
  },
  {
    what: "an example of two intents",
    set: { ...good, intents: [pay, { name: "call", examples: [...call.examples, "ONE way"] }] },
    level: "warning",
    path: "intents.call.examples.5",
    message: /"ONE way" is an example of pay as well/,
  },
  {
    what: "an example that is out of scope too",
    set: { ...good, outOfScope: ["one way"] },
    level: "warning",
    path: "outOfScope.examples.0",
    message: /example of pay/,
  },
  { what: "a share above all", set: { ...good, outOfScopeShare: 1 }, level: "error", path: "outOfScope.share", message: /below 1/ },
  {
    what: "no number for a share",
    set: { ...good, outOfScopeShare: Number.NaN },
    level: "error",
    path: "outOfScope.share",
    message: /below 1/,
  },
];

it.each(BENT)("$what", ({ set, level, path, message }) => {
  expect(problemsOf(set)).toEqual([{ level, path, message: expect.stringMatching(message) }]);
});
