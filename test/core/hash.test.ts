import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hash32, hashUnit } from "../../src/core/hash.ts";

describe("hash", () => {
  it("is stable: placement and shards outlive a release", () =>
    expect([hash32(""), hash32("a"), hash32("telegram:support/chat/1")]).toEqual([2872998923, 444641715, 2337449526]));
  it("stays inside the open unit interval", () =>
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(hashUnit(text)).toBeGreaterThan(0);
        expect(hashUnit(text)).toBeLessThan(1);
      }),
    ));
  it("spreads neighbours over 64 shards within a quarter", () => {
    const counts = new Array<number>(64).fill(0);
    for (let index = 0; index < 64_000; index += 1) {
      const shard = hash32(`telegram:support/chat/${index}`) % 64;
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(750);
    expect(Math.max(...counts)).toBeLessThan(1_250);
  });
});
