/** The line of those who wait: accounts in turn, each in its own order, one at a time, and nobody kept out by somebody who has gone. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { createLine, LEASE_MS, type Line, type Waiter } from "../../src/pipeline/line.ts";

const NOW = 1_000_000;

interface Called extends Waiter {
  readonly name: string;
}

/** Of `light` accounts nobody has to wait; the others are heavy all the time. */
function stand(light: readonly string[] = []): {
  readonly line: Line;
  readonly join: (name: string, nowMs?: number) => Called;
  readonly called: Called[];
} {
  const line = createLine(() => (account) => !light.includes(account));
  const called: Called[] = [];
  const join = (name: string, nowMs = NOW): Called => {
    const waiter: Called = { name, account: name.slice(0, 1), untilMs: nowMs + 2 * LEASE_MS, call: () => called.push(waiter) };
    line.join(waiter, nowMs);
    return waiter;
  };
  return { line, join, called };
}

/** Each that is called is done before the next. */
function drain(line: Line, called: readonly Called[]): readonly string[] {
  for (let index = 0; index < called.length; index += 1) {
    const next = called[index];
    if (next !== undefined) line.leave(next, NOW);
  }
  return called.map(({ name }) => name);
}

it("calls one, and the next when that one is done", () => {
  const { line, join, called } = stand();
  const [first] = ["a1", "a2", "a3"].map((name) => join(name));
  expect(called.map(({ name }) => name)).toEqual(["a1"]);
  if (first !== undefined) line.leave(first, NOW);
  expect(called.map(({ name }) => name)).toEqual(["a1", "a2"]);
});

it("accounts take turns, however many of one wait", () => {
  const { line, join, called } = stand();
  for (const name of ["a1", "a2", "a3", "a4", "a5", "a6", "b1", "c1", "b2"]) join(name);
  expect(drain(line, called)).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "a4", "a5", "a6"]);
});

it("whose account is light again is called at once, one at each look, and out of nobody's kindness", () => {
  const light: string[] = [];
  const { line, join, called } = stand(light);
  const told: boolean[] = [];
  for (const name of ["a1", "b1", "b2", "a2"]) join(name);
  line.join({ account: "b", untilMs: NOW + 1, call: (isHeavy) => told.push(isHeavy) }, NOW);
  light.push("b");
  line.stir(NOW);
  expect(called.map(({ name }) => name)).toEqual(["a1", "b1"]);
  line.stir(NOW);
  line.stir(NOW);
  expect(called.map(({ name }) => name)).toEqual(["a1", "b1", "b2"]);
  expect(told).toEqual([false]);
  expect([line.has("a"), line.has("b")]).toEqual([true, false]);
});

it("of an account that is light again nobody overtakes the one that was called before", () => {
  const light: string[] = [];
  const { line, join, called } = stand(light);
  const [first] = ["a1", "a2"].map((name) => join(name));
  light.push("a");
  line.stir(NOW);
  expect(called.map(({ name }) => name)).toEqual(["a1"]);
  expect(line.has("a")).toBe(true);
  if (first !== undefined) line.leave(first, NOW);
  expect(called.map(({ name }) => name)).toEqual(["a1", "a2"]);
});

it("whose turn comes is told whether its account is heavy by then", () => {
  const light: string[] = [];
  const { line, join } = stand(light);
  const told: boolean[] = [];
  const first = join("a1");
  line.join({ account: "a", untilMs: NOW + LEASE_MS, call: (isHeavy) => told.push(isHeavy) }, NOW);
  line.join({ account: "a", untilMs: NOW + LEASE_MS, call: (isHeavy) => told.push(isHeavy) }, NOW);
  light.push("a");
  line.leave(first, NOW);
  expect(told).toEqual([false, false]);
});

it("who withdraws is not called, and keeps nobody waiting", () => {
  const { line, join, called } = stand();
  const waiters = ["a1", "a2", "a3", "b1", "a4"].map((name) => join(name));
  for (const waiter of [waiters[2], waiters[3]]) if (waiter !== undefined) line.leave(waiter, NOW);
  expect(line.has("b")).toBe(false);
  expect(drain(line, called)).toEqual(["a1", "a2", "a4"]);
  for (const waiter of called) line.leave(waiter, NOW);
  expect(line.has("a")).toBe(false);
});

it("who is called and leaves at once, because its time was over, keeps nobody waiting", () => {
  const { line, join, called } = stand();
  const [first] = ["a1", "a2"].map((name) => join(name));
  if (first !== undefined) line.leave(first, NOW);
  expect(called.map(({ name }) => name)).toEqual(["a1", "a2"]);
});

it("who was called and never came back is forgotten with its lease", () => {
  const { join, called } = stand();
  for (const name of ["a1", "a2", "a3"]) join(name);
  join("b1", NOW + LEASE_MS - 1);
  expect(called).toHaveLength(1);
  join("b2", NOW + LEASE_MS);
  expect(called.map(({ name }) => name)).toEqual(["a1", "a2"]);
});

it("who still stands there past the time of waiting is passed over", () => {
  const { line, join, called } = stand();
  const [first] = ["a1", "a2", "a3"].map((name) => join(name));
  join("a4", NOW + 1);
  if (first !== undefined) line.leave(first, NOW + 2 * LEASE_MS);
  expect(called.map(({ name }) => name)).toEqual(["a1", "a4"]);
});

it("being done twice, or without having been called, calls nobody more", () => {
  const { line, join, called } = stand();
  const waiters = ["a1", "a2", "a3", "a4", "a5"].map((name) => join(name));
  const [first, , , last] = waiters;
  if (first !== undefined) for (let index = 0; index < 3; index += 1) line.leave(first, NOW);
  if (last !== undefined) line.leave(last, NOW);
  expect(called.map(({ name }) => name)).toEqual(["a1", "a2"]);
});

interface Act {
  readonly kind: "join" | "done" | "withdraw";
  readonly pick: number;
  readonly account: string;
}

const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom("join", "join", "done", "withdraw"),
  pick: fc.nat(50),
  account: fc.constantFrom("a", "b", "c"),
});

/** Plays acts; `most` is how many were called and not done at one time. */
function play(acts: readonly Act[]) {
  const { line, join, called } = stand();
  const joined: Called[] = [];
  const gone = new Set<Called>();
  let most = 0;
  const pickOf = (some: readonly Called[], pick: number): Called | undefined => some[pick % Math.max(1, some.length)];
  const doOne = ({ kind, pick, account }: Act): void => {
    if (kind === "join") return void joined.push(join(`${account}${joined.length}`));
    const isCalled = kind === "done";
    const one = pickOf(
      joined.filter((waiter) => called.includes(waiter) === isCalled && !gone.has(waiter)),
      pick,
    );
    if (one === undefined) return;
    gone.add(one);
    line.leave(one, NOW);
  };
  for (const each of acts) {
    doOne(each);
    most = Math.max(most, called.filter((waiter) => !gone.has(waiter)).length);
  }
  const withdrawn = new Set([...gone].filter((waiter) => !called.includes(waiter)));
  drain(line, called);
  return { joined, called, withdrawn, most };
}

it("whatever comes, withdraws and ends: each is called once or withdrew, an account's own in their order, never more at once", () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
      const { joined, called, withdrawn, most } = play(acts);
      expect(most).toBeLessThanOrEqual(1);
      expect(called).toHaveLength(new Set(called).size);
      const ofAccount = (some: readonly Called[], account: string) => some.filter((waiter) => waiter.account === account);
      for (const account of ["a", "b", "c"]) {
        expect(ofAccount(called, account)).toEqual(ofAccount(joined, account).filter((waiter) => !withdrawn.has(waiter)));
      }
    }),
  );
});
