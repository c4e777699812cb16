import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { observation, series } from "../../src/core/series.ts";
import { groupOf, partsOf, spell } from "../../src/core/series-parts.ts";

const NAME = /^[a-z_][a-z0-9_]{0,10}$/;

describe("the parts of a series", () => {
  it("spell the same series again, whatever the labels say", () => {
    fc.assert(
      fc.property(fc.stringMatching(NAME), fc.dictionary(fc.stringMatching(NAME), fc.string()), (name, labels) => {
        const text = series(name, labels);
        const parts = partsOf(text);
        expect(parts && spell(parts)).toBe(text);
        expect(parts?.labels.map(([label]) => label)).toEqual(Object.keys(labels));
      }),
    );
  });

  it.each(["", "1a", "a b", "a{", 'a}"', "{}"])("%j is no series", (text) => {
    expect(partsOf(text)).toBeUndefined();
  });
});

it("all series of one observation are one group, and other labels make another", () => {
  const groups = (labels: Readonly<Record<string, string>>) => new Set(Object.keys(observation("ack_ms", labels, 3)).map(groupOf));
  expect(groups({}).size).toBe(1);
  expect(groups({ channel: "telegram" }).size).toBe(1);
  expect(groups({ channel: "telegram" })).not.toEqual(groups({ channel: "slack" }));
});
