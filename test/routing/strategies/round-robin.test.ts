import { expect, it } from "vitest";
import { roundRobin } from "../../../src/routing/strategies/round-robin.ts";
import { candidate, describeStrategy, grantInTurn } from "../../contract/strategy.ts";

describeStrategy(roundRobin);

it("takes turns, and one that joins comes next", () => {
  expect(grantInTurn(roundRobin.create(), [candidate("b"), candidate("a"), candidate("c")], 6)).toEqual(["a", "b", "c", "a", "b", "c"]);
  const joined = [candidate("a", { lastPinAtMs: 5 }), candidate("new"), candidate("b", { lastPinAtMs: 4 })];
  expect(roundRobin.create().select(joined)?.name).toBe("new");
});
