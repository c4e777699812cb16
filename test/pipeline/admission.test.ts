/** How many deliveries an isolate takes in, and whose: the bounds, the shares, and that room always comes back. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACTIVE_MS, type Admission, createAdmission, LEASE_MS, overloaded, ROOM, type Stay } from "../../src/pipeline/admission.ts";

const enter = (admission: Admission, account: string, nowMs: number): Stay => {
  const stay = admission.enter(account, nowMs);
  if (stay === undefined) throw new Error(`no room for ${account}`);
  return stay;
};

/** How many more of this account find room. */
function fill(admission: Admission, account: string, nowMs: number): number {
  let count = 0;
  while (admission.enter(account, nowMs) !== undefined) count += 1;
  return count;
}

const NOW = 10_000_000;
const LATER = NOW + ACTIVE_MS;

describe("one account alone", () => {
  it("has most of the room, and never all", () => {
    const admission = createAdmission();
    expect(fill(admission, "a", NOW)).toBe(ROOM.alone);
    expect(admission.isFull("a", NOW)).toBe(true);
    expect(fill(admission, "b", NOW)).toBe(ROOM.all - ROOM.alone);
  });
});

describe("several accounts", () => {
  it.each([
    [2, 256],
    [3, 170],
    [5, 102],
    [8, 64],
    [20, 25],
    [1_000, 1],
  ])("%d of them have a share of %d each", (count, share) => {
    const admission = createAdmission();
    const names = Array.from({ length: Math.min(count, ROOM.all) }, (_, index) => `account-${index}`);
    for (const name of names) enter(admission, name, NOW);
    for (let index = names.length; index < count; index += 1) admission.isFull(`account-${index}`, NOW);
    expect(names.map((name) => fill(admission, name, NOW) + 1)).toEqual(names.map(() => share));
  });

  it("who was there alone makes room as soon as another comes", () => {
    const admission = createAdmission();
    const stays = Array.from({ length: ROOM.alone }, () => enter(admission, "loud", NOW));
    enter(admission, "quiet", NOW);
    for (const stay of stays.slice(ROOM.all / 2)) {
      expect(admission.isFull("loud", NOW)).toBe(true);
      admission.leave(stay);
    }
    expect(admission.isFull("loud", NOW)).toBe(true);
    expect(admission.isFull("quiet", NOW)).toBe(false);
  });

  it("who has gone leaves its share", () => {
    const admission = createAdmission();
    admission.leave(enter(admission, "gone", NOW));
    expect(fill(admission, "a", LATER)).toBe(ROOM.alone);
  });
});

describe("room comes back", () => {
  it("once, however often it is given back", () => {
    const admission = createAdmission();
    const [first] = Array.from({ length: ROOM.alone }, () => enter(admission, "a", NOW));
    if (first !== undefined) for (let index = 0; index < 3; index += 1) admission.leave(first);
    expect(fill(admission, "a", NOW)).toBe(1);
  });

  it("from requests that were cancelled and told nobody", () => {
    const admission = createAdmission();
    expect(fill(admission, "a", NOW)).toBe(ROOM.alone);
    expect(fill(admission, "a", NOW + LEASE_MS - 1)).toBe(0);
    expect(fill(admission, "a", NOW + LEASE_MS)).toBe(ROOM.alone);
  });
});

it("asking takes no room", () => {
  const admission = createAdmission();
  for (let index = 0; index < 10_000; index += 1) admission.isFull(`stranger-${index}`, NOW);
  expect(fill(admission, "a", NOW)).toBe(ROOM.alone);
});

interface Move {
  readonly account: string;
  readonly isLeaving: boolean;
  readonly waitMs: number;
}

const move: fc.Arbitrary<Move> = fc.record({
  account: fc.constantFrom("a", "b", "c", "d", "e"),
  isLeaving: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
  waitMs: fc.double({ min: 0, max: 2, noNaN: true }),
});

/** Who was sent away, and how it stood then. */
function play(admission: Admission, moves: readonly Move[]) {
  const inside: Stay[] = [];
  const refused: { readonly own: number; readonly all: number }[] = [];
  let nowMs = NOW;
  let most = 0;
  for (const { account, isLeaving, waitMs } of moves) {
    nowMs += waitMs;
    const leaving = isLeaving ? inside.shift() : undefined;
    if (leaving !== undefined) admission.leave(leaving);
    const stay = admission.enter(account, nowMs);
    if (stay !== undefined) inside.push(stay);
    else refused.push({ own: inside.filter((each) => each.account === account).length, all: inside.length });
    most = Math.max(most, inside.length);
  }
  for (const stay of inside) admission.leave(stay);
  return { refused, most, nowMs };
}

it("whatever comes and goes: never more than the bound, all room comes back, and below the bound an even share is never refused", () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 200, maxLength: 1500 }), (moves) => {
      const admission = createAdmission();
      const { refused, most, nowMs } = play(admission, moves);
      expect(most).toBeLessThanOrEqual(ROOM.all);
      expect(refused.filter(({ own, all }) => own < Math.floor(ROOM.all / 5) && all < ROOM.all)).toEqual([]);
      expect(fill(admission, "f", nowMs + ACTIVE_MS)).toBe(ROOM.alone);
    }),
    { numRuns: 60 },
  );
});

it.each([
  [0, 1000],
  [0.5, 3000],
  [0.999, 5000],
])("a chance of %d asks for another try in %d ms", (next, retryAfterMs) => {
  expect(overloaded("a", { next: () => next, hex: () => "" })).toEqual({ kind: "overloaded", account: "a", retryAfterMs });
});
