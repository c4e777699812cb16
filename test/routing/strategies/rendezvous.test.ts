import { expect, it } from "vitest";
import { rendezvous } from "../../../src/routing/strategies/rendezvous.ts";
import { candidate, describeMinimalDisruption, describeStrategy, spread } from "../../contract/strategy.ts";

describeStrategy(rendezvous);
describeMinimalDisruption(rendezvous);

it("spreads conversations evenly, within 8 %", () => {
  const counts = spread(rendezvous.create(), [candidate("a"), candidate("b"), candidate("c"), candidate("d")]);
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(80);
});

it("gives each its weight's share", () => {
  const counts = spread(rendezvous.create(), [candidate("a", { weight: 3 }), candidate("b", { weight: 1 })]);
  expect(Math.abs((counts.get("a") ?? 0) - 3_000)).toBeLessThan(120);
});
