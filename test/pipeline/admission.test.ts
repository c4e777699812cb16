/** How many deliveries an isolate works on, and whose: the bounds, the shares, and that room always comes back. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ACTIVE_MS,
  ADMITTED,
  type Admission,
  CALM_TIMES,
  createAdmission,
  LEASE_MS,
  overloaded,
  type Stay,
} from "../../src/pipeline/admission.ts";

const { calm, busy } = ADMITTED;
const FAST_MS = 10;

/** One that has seen commits take `FAST_MS`, and then so long that nobody would call it calm. All have left. */
function slow(nowMs: number): Admission {
  const admission = createAdmission();
  for (const tookMs of [FAST_MS, ...Array.from({ length: 50 }, () => 20 * CALM_TIMES * FAST_MS)]) pass(admission, tookMs, nowMs - tookMs);
  return admission;
}

function pass(admission: Admission, tookMs: number, atMs: number): void {
  const stay = admission.enter("history", atMs);
  if (stay !== undefined) admission.leave(stay, atMs + tookMs, true);
}

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
  it.each([
    ["before anything is known", () => createAdmission(), calm.alone],
    ["while commits are slow", () => slow(NOW), busy.alone],
  ])("%s has most of the room, and never all", (_when, make, most) => {
    const admission = make();
    expect(fill(admission, "a", LATER)).toBe(most);
    expect(admission.isFull("a", LATER)).toBe(true);
    expect(admission.isFull("b", LATER)).toBe(false);
  });

  it("is not called slow for commits that always took their time", () => {
    const admission = createAdmission();
    for (let index = 0; index < 200; index += 1) pass(admission, 300, NOW + index * 300);
    expect(fill(admission, "a", NOW + 300_000)).toBe(calm.alone);
  });

  it("is calm again when commits are fast again", () => {
    const admission = slow(NOW);
    for (let index = 0; index < 100; index += 1) pass(admission, FAST_MS, NOW + index * FAST_MS);
    expect(fill(admission, "a", NOW + 10_000)).toBe(calm.alone);
  });

  it("is not called slow for a single pause, however long", () => {
    const admission = createAdmission();
    for (let index = 0; index < 20; index += 1) pass(admission, FAST_MS, NOW);
    for (let index = 0; index < 5; index += 1) pass(admission, 60_000, NOW);
    expect(fill(admission, "a", NOW + 120_000)).toBe(calm.alone);
  });

  it("is judged by what was kept, not by what failed", () => {
    const admission = createAdmission();
    pass(admission, FAST_MS, NOW);
    for (let index = 0; index < 50; index += 1) admission.leave(enter(admission, "a", NOW), NOW + 10_000, false);
    expect(fill(admission, "a", NOW + 20_000)).toBe(calm.alone);
  });
});

describe("several accounts while commits are slow", () => {
  it.each([
    [2, 120],
    [3, 100],
    [5, 100],
    [8, 64],
    [20, 25],
  ])("%d of them have a share of %d each", (count, share) => {
    const admission = slow(NOW);
    const names = Array.from({ length: count }, (_, index) => `account-${index}`);
    for (const name of names) enter(admission, name, LATER);
    expect(names.map((name) => fill(admission, name, LATER) + 1)).toEqual(names.map(() => share));
  });

  it("who was loud alone makes room as soon as another comes", () => {
    const admission = slow(NOW);
    const stays = Array.from({ length: busy.alone }, () => enter(admission, "loud", LATER));
    enter(admission, "quiet", LATER);
    for (const stay of stays.slice(busy.shared / 2)) {
      expect(admission.isFull("loud", LATER)).toBe(true);
      admission.leave(stay, LATER, false);
    }
    expect(admission.isFull("loud", LATER)).toBe(true);
    expect(admission.isFull("quiet", LATER)).toBe(false);
  });

  it("who filled the room while it was calm keeps nobody else out", () => {
    const admission = createAdmission();
    pass(admission, FAST_MS, NOW - 60_000);
    expect(fill(admission, "loud", NOW)).toBe(calm.alone);
    for (let index = 0; index < 50; index += 1) pass(admission, 20 * CALM_TIMES * FAST_MS, NOW + index);
    expect(admission.isFull("loud", LATER)).toBe(true);
    expect(fill(admission, "quiet", LATER)).toBe(calm.all - calm.alone);
  });

  it("who has gone leaves its share", () => {
    const admission = slow(NOW);
    admission.leave(enter(admission, "gone", LATER), LATER, false);
    expect(fill(admission, "a", LATER + ACTIVE_MS)).toBe(busy.alone);
  });
});

describe("room comes back", () => {
  it("once, however often it is given back", () => {
    const admission = slow(NOW);
    const [first] = Array.from({ length: busy.alone }, () => enter(admission, "a", LATER));
    if (first !== undefined) for (let index = 0; index < 3; index += 1) admission.leave(first, LATER, true);
    expect(fill(admission, "a", LATER)).toBe(1);
  });

  it("from requests that were cancelled and told nobody", () => {
    const admission = slow(NOW);
    expect(fill(admission, "a", LATER)).toBe(busy.alone);
    expect(fill(admission, "a", LATER + LEASE_MS - 1)).toBe(0);
    expect(fill(admission, "a", LATER + LEASE_MS)).toBe(busy.alone);
  });
});

it("asking takes no room", () => {
  const admission = slow(NOW);
  for (let index = 0; index < 10_000; index += 1) admission.isFull(`stranger-${index}`, LATER);
  expect(fill(admission, "a", LATER)).toBe(busy.alone);
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
  let nowMs = LATER;
  let most = 0;
  for (const { account, isLeaving, waitMs } of moves) {
    nowMs += waitMs;
    const leaving = isLeaving ? inside.shift() : undefined;
    if (leaving !== undefined) admission.leave(leaving, nowMs, true);
    const stay = admission.enter(account, nowMs);
    if (stay !== undefined) inside.push(stay);
    else refused.push({ own: inside.filter((each) => each.account === account).length, all: inside.length });
    most = Math.max(most, inside.length);
  }
  for (const stay of inside) admission.leave(stay, nowMs, true);
  return { refused, most, nowMs };
}

it("whatever comes and goes: never more than the bound, all room comes back, and who has nothing inside finds room below the bound", () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 200, maxLength: 1500 }), (moves) => {
      const admission = slow(NOW);
      const { refused, most, nowMs } = play(admission, moves);
      expect(most).toBeLessThanOrEqual(calm.all);
      expect(refused.filter(({ own, all }) => own < busy.least && all < calm.all)).toEqual([]);
      expect(fill(admission, "f", nowMs + ACTIVE_MS)).toBeGreaterThanOrEqual(busy.alone);
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
