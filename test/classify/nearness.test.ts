/** How alike two questions must be: by examples that mean different things, and never by a guess. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundOf, falseLikeness, type Sample } from "../../src/classify/nearness.ts";
import { mostSeen } from "../../src/core/ceiling.ts";
import { directionOf } from "../../src/core/direction.ts";

const at = (degrees: number) => directionOf([Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]);
const sample = (intent: string | undefined, degrees: number, marks = ""): Sample => ({ intent, marks, direction: at(degrees) });
const likest = async (...samples: readonly Sample[]) =>
  (await falseLikeness(samples, async () => undefined)).map((one) => (one === -1 ? -1 : Math.round((Math.acos(one) * 180) / Math.PI)));

describe("what an example could be taken for", () => {
  it("is the likest of another intent", async () => {
    expect(await likest(sample("refund", 0), sample("refund", 1), sample("pricing", 10), sample("pricing", 40))).toEqual([9, 9, 10, 39]);
  });

  it("is also what is out of scope; two out of scope are no pair", async () => {
    expect(await likest(sample("refund", 0), sample(undefined, 10), sample(undefined, 11))).toEqual([10, 10, 11]);
  });

  it("is nothing that other numbers or names tell from it, though it could have been", async () => {
    expect(await likest(sample("refund", 0, "12"), sample("pricing", 10, "13"))).toEqual([-1, -1]);
  });

  it("is nothing where all are of one intent", async () => {
    expect(await likest(sample("refund", 0), sample("refund", 1))).toEqual([]);
  });

  it("is worked out in pieces", async () => {
    let pauses = 0;
    const samples = Array.from({ length: 100 }, (_, index) => sample(`intent-${index}`, index));
    await falseLikeness(samples, async () => {
      pauses += 1;
    });
    expect(pauses).toBe(6);
  });
});

describe("the bound", () => {
  const likenesses = (count: number) => Array.from({ length: count }, (_, index) => 0.99 - (index * 0.19) / count);

  it("is none where the examples are too few, however unlike", () => {
    expect(boundOf(Array(298).fill(-1), 0.01)).toBeUndefined();
    expect(boundOf(Array(299).fill(-1), 0.01)).toBe(0.8);
  });

  it("is never lower than what was never measured: questions within an intent", () => {
    expect(boundOf(Array(299).fill(0.3), 0.01)).toBe(0.8);
  });

  it("lets through no more than may be seen, and would let through more if it were lower", () =>
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 600 }), fc.constantFrom(0.01, 0.02, 0.05), (count, ceiling) => {
        const given = likenesses(count);
        const bound = boundOf(given, ceiling) ?? Number.NaN;
        const most = mostSeen(count, ceiling);
        const through = (above: number) => given.filter((one) => one > above).length;
        expect([through(bound), through(bound - 1e-9)]).toEqual([most, most + 1]);
      }),
    ));

  it("lets nothing through where different things are said in the same words", () => {
    expect(boundOf(Array(400).fill(1), 0.01)).toBe(1);
  });
});
