/** Who counts as heavy: by what each had lately, and never by itself. */
import { expect, it } from "vitest";
import { createUsage, type Usage } from "../../src/pipeline/usage.ts";

const NOW = 1_000_000;

/** So many deliveries per second of each, over two seconds. */
function served(perSecond: Readonly<Record<string, number>>): Usage {
  const usage = createUsage();
  for (let atMs = NOW - 2_000; atMs < NOW; atMs += 1) {
    for (const [account, rate] of Object.entries(perSecond)) {
      const before = Math.floor(((atMs - NOW) * rate) / 1_000);
      const after = Math.floor(((atMs + 1 - NOW) * rate) / 1_000);
      for (let index = before; index < after; index += 1) usage.note(account, atMs);
    }
  }
  return usage;
}

const heavyOf = (perSecond: Readonly<Record<string, number>>): readonly string[] => {
  const usage = served(perSecond);
  return Object.keys(perSecond).filter((account) => usage.heavyAt(NOW)(account));
};

it.each([
  [{ a: 500 }, []],
  [{ a: 100, b: 100, c: 100 }, []],
  [{ a: 110, b: 100, c: 100 }, []],
  [{ a: 200, b: 100, c: 100 }, ["a"]],
  [{ a: 1_000, b: 50, c: 50, d: 50 }, ["a"]],
  [{ a: 300, b: 300, c: 10 }, ["a", "b"]],
])("of %o per second: %o", (rates, heavy) => {
  expect(heavyOf(rates)).toEqual(heavy);
});

it("nobody is heavy who was never served", () => {
  expect(served({ a: 1_000, b: 10 }).heavyAt(NOW)("new")).toBe(false);
  expect(createUsage().heavyAt(NOW)("new")).toBe(false);
});

it("nobody is heavy whose only others have gone a second ago", () => {
  const usage = served({ a: 1_000, b: 500 });
  for (let atMs = NOW; atMs < NOW + 1_000; atMs += 1) usage.note("a", atMs);
  expect(usage.heavyAt(NOW + 900)("a")).toBe(true);
  expect(usage.heavyAt(NOW + 1_000)("a")).toBe(false);
});

it("what was long ago is forgotten", () => {
  const usage = served({ a: 1_000, b: 10 });
  expect(usage.heavyAt(NOW)("a")).toBe(true);
  expect(usage.heavyAt(NOW + 20_000)("a")).toBe(false);
});
