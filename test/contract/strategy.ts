/** What every strategy promises, whatever it prefers. Each strategy's test calls this and adds its own few lines. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Candidate, Selector, Strategy } from "../../src/routing/strategy.ts";

export const candidate = (name: string, facts: Partial<Candidate> = {}): Candidate => ({
  name,
  weight: 1,
  role: "primary",
  pinsLately: 0,
  pinsTotal: 0,
  lastPinAtMs: 0,
  ...facts,
});

const region = fc.option(fc.constantFrom("weur", "enam", "apac", "apac-se", "oc", "nowhere"), { nil: undefined });

const facts = fc.record({
  region,
  weight: fc.double({ min: 0.01, max: 1000, noNaN: true }),
  role: fc.constantFrom("primary" as const, "standby" as const),
  pinsLately: fc.nat(1000),
  pinsTotal: fc.nat(100_000),
  lastPinAtMs: fc.nat(2_000_000_000),
});

const candidates = fc
  .uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f"), { minLength: 1 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        facts.map(({ region: where, ...rest }) => candidate(name, where === undefined ? rest : { ...rest, region: where })),
      ),
    ),
  );

const context = fc
  .record({ conversation: fc.string(), region })
  .map(({ conversation, region: where }) => (where === undefined ? { conversation } : { conversation, region: where }));

export interface Expectations {
  readonly options?: Readonly<Record<string, unknown>>;
  /** Its own rule may leave nobody: `fixed` while its instance is away. */
  readonly mayLeaveNone?: boolean;
}

export function describeStrategy(strategy: Strategy, { options = {}, mayLeaveNone = false }: Expectations = {}): void {
  const selector = strategy.create(options);
  describe(`${strategy.name} keeps the promises of every strategy`, () => {
    it("chooses one of the candidates", () =>
      fc.assert(
        fc.property(candidates, context, (given, where) => {
          const chosen = selector.select(given, where);
          expect(chosen === undefined ? mayLeaveNone : given.includes(chosen)).toBe(true);
        }),
      ));
    it("chooses nobody of nobody", () => expect(selector.select([], { conversation: "c" })).toBeUndefined());
    it("gives the same answer again, in whatever order the candidates come", () =>
      fc.assert(
        fc.property(candidates, context, (given, where) => {
          const again = strategy.create(options).select([...given].reverse(), where);
          expect(again?.name).toBe(selector.select(given, where)?.name);
        }),
      ));
    it("refuses options that it does not know", () => expect(strategy.options.safeParse({ ...options, surprise: 1 }).success).toBe(false));
  });
}

const conversations = Array.from({ length: 4_000 }, (_, index) => `telegram:support/chat/${index}`);

/** How many of 4,000 conversations each candidate gets. */
export function spread(selector: Selector, given: readonly Candidate[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const conversation of conversations) {
    const name = selector.select(given, { conversation })?.name ?? "nobody";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** For strategies that choose by conversation: when one candidate leaves, only its own conversations move. */
export function describeMinimalDisruption(strategy: Strategy): void {
  it(`${strategy.name} moves only the conversations of the candidate that left`, () => {
    const selector = strategy.create({});
    const all = ["a", "b", "c", "d"].map((name) => candidate(name));
    const left = all.slice(1);
    for (const conversation of conversations) {
      const before = selector.select(all, { conversation })?.name;
      const after = selector.select(left, { conversation })?.name;
      if (before !== "a") expect(after).toBe(before);
    }
    expect([...spread(selector, left).values()].every((count) => count > 4_000 / 3 - 200)).toBe(true);
  });
}

/** Runs a strategy that looks at counters: each grant is written down as the instance object would. */
export function grantInTurn(selector: Selector, given: readonly Candidate[], times: number): readonly string[] {
  let now = given;
  return Array.from({ length: times }, (_, turn) => {
    const chosen = selector.select(now, { conversation: `c${turn}` })?.name ?? "nobody";
    now = now.map((one) =>
      one.name === chosen ? { ...one, pinsTotal: one.pinsTotal + 1, pinsLately: one.pinsLately + 1, lastPinAtMs: turn + 1 } : one,
    );
    return chosen;
  });
}

export const countOf = (names: readonly string[], name: string): number => names.filter((one) => one === name).length;
