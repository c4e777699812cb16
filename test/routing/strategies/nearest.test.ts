import { expect, it } from "vitest";
import { REGIONS } from "../../../src/config/words.ts";
import { distanceBetween, nearest } from "../../../src/routing/strategies/nearest.ts";
import { candidate, describeMinimalDisruption, describeStrategy, spread } from "../../contract/strategy.ts";

describeStrategy(nearest);
describeMinimalDisruption(nearest);

it.each([
  ["weur", "eeur"],
  ["eeur", "weur"],
  ["enam", "wnam"],
  ["apac-ne", "apac"],
  ["oc", "apac-se"],
  ["afr", "me"],
])("from %s, %s is the nearest other region of those with an instance elsewhere", (from, expected) => {
  const others = ["weur", "eeur", "enam", "wnam", "apac", "apac-se", "me"].filter((region) => region !== from);
  const chosen = nearest.create().select(
    others.map((region) => candidate(region, { region })),
    { conversation: "c", region: from },
  );
  expect(chosen?.name).toBe(expected);
});

it("the own region is always nearest, and every region has a place", () => {
  for (const from of REGIONS) {
    for (const to of REGIONS) expect(distanceBetween(from, to)).toBe(distanceBetween(to, from));
    expect(REGIONS.filter((to) => distanceBetween(from, to) === 0)).toEqual([from]);
  }
});

it("an instance without a region is the last resort, and without the account's region all are equal", () => {
  const nowhere = candidate("nowhere");
  expect(nearest.create().select([nowhere, candidate("far", { region: "oc" })], { conversation: "c", region: "weur" })?.name).toBe("far");
  expect(nearest.create().select([nowhere], { conversation: "c", region: "weur" })?.name).toBe("nowhere");
  expect(spread(nearest.create(), [nowhere, candidate("b", { region: "oc" })]).size).toBe(2);
});
