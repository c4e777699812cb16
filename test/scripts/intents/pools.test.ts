import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Judged } from "../../../scripts/intents/figures.ts";
import { misroutedOf, readPools } from "../../../scripts/intents/pools.ts";

describe("a file of pools", () => {
  it.each([
    { a: "one", b: "two", c: "one" },
    { one: ["a", "c"], two: ["b"] },
    { one: ["a", "c"], b: "two" },
  ])("is read: %j", (file) => {
    const pools = readPools(JSON.stringify(file));
    expect(pools.ok && new Map([...pools.value].toSorted())).toEqual(
      new Map([
        ["a", "one"],
        ["b", "two"],
        ["c", "one"],
      ]),
    );
  });

  it("may be that of a public set's domains", () => {
    const pools = readPools(readFileSync("test/fixtures/clinc150/domains.json", "utf8"));
    expect(pools.ok && [pools.value.size, new Set(pools.value.values()).size, pools.value.get("apr")]).toEqual([150, 10, "credit_cards"]);
  });

  it.each([
    ["{", "is not JSON"],
    ['["a"]', "is no object of intents and their pools"],
    ['{"a":7}', 'says of "a" neither its pool nor its intents'],
    ['{"a":[]}', 'says of "a" neither its pool nor its intents'],
    ['{"one":["a"],"two":["b","a"]}', "has the intent a in two pools"],
  ])("%s: %s", (text, problem) => expect(readPools(text)).toEqual({ ok: false, problem }));
});

describe("what goes to a wrong pool", () => {
  const pools = new Map([
    ["a", "one"],
    ["b", "one"],
    ["c", "two"],
  ]);
  const judged = (intent: string | null, best: string | undefined, confidence: number): Judged => ({
    ...{ text: "", intent, best, confidence, said: undefined },
  });
  // Ten in scope: the surest nine are routed, and the tenth is not asked about.
  const ten = [
    ...[judged("a", "a", 0.9), judged("a", "b", 0.9), judged("b", "c", 0.8), judged("c", "c", 0.7), judged("c", "a", 0.6)],
    ...[judged("a", "a", 0.5), judged("b", "b", 0.5), judged("c", "c", 0.5), judged("c", "c", 0.4), judged("c", "a", 0.1)],
  ];

  it("is counted among the surest nine tenths of what is in scope; a wrong intent of the same pool is none", () => {
    expect(misroutedOf(ten, pools)).toEqual({ routed: 0.9, wrong: 2 / 9, outOfScope: null });
  });

  it("says what else would be routed then", () => {
    const others = [judged(null, "a", 0.4), judged(null, "a", 0.39)];
    expect(misroutedOf([...others, ...ten], pools)).toEqual({ routed: 0.9, wrong: 2 / 9, outOfScope: 0.5 });
  });

  it("takes those of the same confidence together", () => {
    const tied = [...ten.slice(0, 9), judged("c", "a", 0.4)];
    expect(misroutedOf(tied, pools)).toEqual({ routed: 1, wrong: 3 / 10, outOfScope: null });
  });

  it("never routes what has no best guess, and has no share of nothing", () => {
    expect(misroutedOf([judged("a", undefined, 0)], pools)).toEqual({ routed: 0, wrong: 0, outOfScope: null });
    expect(misroutedOf([judged(null, "a", 1)], pools)).toBeUndefined();
  });
});
