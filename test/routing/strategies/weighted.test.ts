import { expect, it } from "vitest";
import { weighted } from "../../../src/routing/strategies/weighted.ts";
import { candidate, countOf, describeStrategy, grantInTurn } from "../../contract/strategy.ts";

describeStrategy(weighted);

it("gives exactly three of four to a weight of three, in every round", () => {
  const turns = grantInTurn(weighted.create(), [candidate("a", { weight: 3 }), candidate("b", { weight: 1 })], 400);
  for (let round = 4; round <= 400; round += 4)
    expect(Math.abs(countOf(turns.slice(0, round), "a") - (round * 3) / 4)).toBeLessThanOrEqual(1);
});
