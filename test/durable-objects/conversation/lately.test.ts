/** What an object knows of its newest rows when it starts: all that a whole reading would tell, from as few rows as that takes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEBT_MS } from "../../../durable-objects/conversation/failover.ts";
import { LATELY, type LateRow, lately, NEWEST } from "../../../durable-objects/conversation/lately.ts";
import { RECENT_MS } from "../../../durable-objects/conversation/limits.ts";

const NOW = 10_000_000;
const HOUR = 3_600_000;

const row = (seq: number, bent: Partial<LateRow> = {}): LateRow => ({
  ...{ seq, sender: "ana", pool: "sales", tier: null, tries: 1, state: "delivered", outcome: "accepted", instance: "a" },
  ...{ isReplay: 0, isOverheard: 0, atMs: NOW - HOUR, endedAtMs: NOW - HOUR },
  ...bent,
});

/** Oldest first, as they were written. */
const history = (count: number, bent: (index: number) => Partial<LateRow> = () => ({})): readonly LateRow[] =>
  Array.from({ length: count }, (_, index) => row(index + 1, bent(index)));

function read(rows: readonly LateRow[]) {
  let drawn = 0;
  function* newestFirst(): Generator<LateRow> {
    for (const one of rows.toReversed()) {
      drawn += 1;
      yield one;
    }
  }
  return { ...lately(newestFirst(), {}, NOW), drawn: () => drawn };
}

describe("rows drawn", () => {
  it.each<[string, readonly LateRow[], number]>([
    ["none where there are none", [], 0],
    ["all of a short history", history(7), 7],
    ["the newest of a long one that is an hour old", history(5000), NEWEST],
    ["as far back as somebody may owe an answer", history(5000, (index) => (index >= 4800 ? { endedAtMs: NOW - DEBT_MS + 1 } : {})), 201],
    ["never more than so many", history(5000, () => ({ atMs: NOW, endedAtMs: NOW })), LATELY],
    ["as far back as somebody spoke to it", history(5000, (index) => (index >= 4700 ? { isOverheard: 1 } : {})), 301],
    ["past limited ones, which end before those that wait", history(5000, (index) => (index >= 4900 ? { state: "limited" } : {})), 101],
  ])("%s", (_what, rows, count) => {
    expect(read(rows).drawn()).toBe(count);
  });
});

it("who took a message a minute ago is known behind two hundred limited ones", () => {
  const limited = history(200).map((one) => ({ ...one, seq: one.seq + 1, state: "limited", instance: null }));
  expect(read([row(1, { endedAtMs: NOW - 60_000 }), ...limited]).accepted).toEqual({ a: { seq: 1, atMs: NOW - 60_000 } });
});

it.each<[string, readonly LateRow[], string | undefined]>([
  ["the newest message's", [row(1), row(2, { pool: "support" })], "support"],
  ["not that of one which was only overheard", [row(1), row(2, { pool: "support", isOverheard: 1 })], "sales"],
  [
    "not that of a limited or an expired one",
    [row(1), row(2, { pool: "x", state: "limited" }), row(3, { pool: "y", state: "expired" })],
    "sales",
  ],
  ["nobody's", [row(1, { isOverheard: 1 })], undefined],
])("the last pool is %s", (_what, rows, pool) => {
  expect(read(rows).lastPool).toBe(pool);
});

/** Hand-overs one after the other, limited ones anywhere between. */
const histories = fc
  .array(
    fc.record({
      gapMs: fc.integer({ min: 0, max: 60_000 }),
      waitMs: fc.constantFrom(0, 10, 5_000, 400_000),
      state: fc.constantFrom("delivered", "answered", "dead", "limited"),
      instance: fc.constantFrom("a", "b", "c"),
      isOverheard: fc.constantFrom(0, 0, 0, 1),
    }),
    { maxLength: 300 },
  )
  .map((steps) => {
    let [atMs, freeAtMs] = [0, 0];
    const rows = steps.map(({ gapMs, waitMs, ...bent }, index) => {
      atMs += gapMs;
      if (bent.state === "limited") return row(index + 1, { ...bent, instance: null, atMs, endedAtMs: atMs });
      freeAtMs = Math.max(freeAtMs, atMs) + waitMs;
      return row(index + 1, { ...bent, atMs, endedAtMs: freeAtMs });
    });
    const shift = NOW - Math.max(atMs, freeAtMs);
    return rows.map((one) => ({ ...one, atMs: one.atMs + shift, endedAtMs: (one.endedAtMs ?? 0) + shift }));
  });

it("reading less tells the same: who may owe an answer, who wrote lately, the last pool", () => {
  fc.assert(
    fc.property(histories, (rows) => {
      const { accepted, recent, lastPool } = read(rows);
      const owing = (of: typeof accepted) => Object.entries(of).filter(([, { atMs }]) => NOW - atMs < DEBT_MS);
      const all = Object.fromEntries(
        rows.flatMap(({ state, instance, seq, endedAtMs }) =>
          state === "delivered" && instance !== null ? [[instance, { seq, atMs: endedAtMs ?? 0 }] as const] : [],
        ),
      );
      expect(Object.fromEntries(owing(accepted))).toEqual(Object.fromEntries(owing(all)));
      expect(recent.map(({ atMs }) => atMs)).toEqual(
        rows.filter(({ state, atMs }) => state !== "limited" && NOW - atMs < RECENT_MS).map(({ atMs }) => atMs),
      );
      expect(lastPool).toBe(rows.findLast(({ isOverheard, state }) => isOverheard === 0 && state !== "limited")?.pool);
    }),
    { numRuns: 300 },
  );
});
