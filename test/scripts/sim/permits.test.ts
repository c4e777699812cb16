import { expect, it } from "vitest";
import { Permits } from "../../../scripts/sim/permits.ts";

it("permits of a pool: as many as it has, until they are given back or lapse", () => {
  const permits = new Permits();
  const at = (nowMs: number) => permits.acquire("a", 1, { nowMs, leaseMs: 1000 });
  const first = at(0);
  expect([first, at(500), permits.acquire("b", 1, { nowMs: 500, leaseMs: 1000 })]).toEqual(["1", undefined, "2"]);
  expect(at(1000)).toBe("3");
  permits.release("a", "3");
  expect(at(1001)).toBe("4");
});
