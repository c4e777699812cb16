import { expect, it } from "vitest";
import { leastLoaded } from "../../../src/routing/strategies/least-loaded.ts";
import { candidate, countOf, describeStrategy, grantInTurn } from "../../contract/strategy.ts";

describeStrategy(leastLoaded);

it("prefers who was given least lately, whatever the total", () => {
  const busy = candidate("busy", { pinsLately: 5, pinsTotal: 5 });
  const veteran = candidate("veteran", { pinsLately: 1, pinsTotal: 9_000 });
  expect(leastLoaded.create().select([busy, veteran], { conversation: "c" })?.name).toBe("veteran");
});

it("counts load in proportion to weight", () => {
  const turns = grantInTurn(leastLoaded.create(), [candidate("a", { weight: 2 }), candidate("b")], 300);
  expect(Math.abs(countOf(turns, "a") - 200)).toBeLessThanOrEqual(1);
});
