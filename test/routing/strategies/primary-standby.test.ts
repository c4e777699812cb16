import { expect, it } from "vitest";
import { primaryStandby } from "../../../src/routing/strategies/primary-standby.ts";
import { candidate, describeMinimalDisruption, describeStrategy, spread } from "../../contract/strategy.ts";

describeStrategy(primaryStandby);
describeMinimalDisruption(primaryStandby);

const standbys = [candidate("s1", { role: "standby", weight: 1000 }), candidate("s2", { role: "standby" })];

it("uses no standby while a primary is there, and all of them when none is", () => {
  expect([...spread(primaryStandby.create(), [...standbys, candidate("p")]).keys()]).toEqual(["p"]);
  expect([...spread(primaryStandby.create(), standbys).keys()].sort()).toEqual(["s1", "s2"]);
});
