/** The names under which strategies are found. */
import { expect, it } from "vitest";
import { strategies } from "../../src/routing/registry.ts";

it.each([
  ["active-active", "rendezvous"],
  ["active-passive", "primary-standby"],
])("%s is another name of %s", (alias, name) => {
  expect(strategies.get(alias)).toBe(strategies.get(name));
});
