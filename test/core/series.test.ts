import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addDeltas, LATENCY_BUCKETS_MS, observation, series } from "../../src/core/series.ts";

describe("series", () => {
  it("has its labels in order, escaped", () => expect(series("n", { a: 'q"\\\n', b: "x" })).toBe('n{a="q\\"\\\\\\n",b="x"}'));
  it("without labels is its name", () => expect(series("n")).toBe("n"));
  it("an observation counts in every bucket that holds it, in the sum and in the count", () => {
    expect(observation("d", { i: "a" }, 30_000)).toEqual({
      'd_bucket{i="a",le="30000"}': 1,
      'd_bucket{i="a",le="120000"}': 1,
      'd_bucket{i="a",le="+Inf"}': 1,
      'd_sum{i="a"}': 30_000,
      'd_count{i="a"}': 1,
    });
  });
  it("a sum of observations is a well-formed histogram", () =>
    fc.assert(
      fc.property(fc.array(fc.nat(200_000), { minLength: 1, maxLength: 50 }), (values) => {
        const total = addDeltas(...values.map((value) => observation("d", {}, value)));
        const buckets = [...LATENCY_BUCKETS_MS, "+Inf"].map((le) => total[series("d_bucket", { le: String(le) })] ?? 0);
        expect(buckets).toEqual([...buckets].sort((left, right) => left - right));
        expect([buckets.at(-1), total["d_count"], total["d_sum"]]).toEqual([
          values.length,
          values.length,
          values.reduce((sum, value) => sum + value),
        ]);
      }),
    ));
});
