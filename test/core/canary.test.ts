/** Who is a member while a canary stands, and who is drawn into which group. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Canary, groupOf, membersWith } from "../../src/core/canary.ts";

const canary = (facts: Partial<Canary> = {}): Canary => ({
  ...{ id: "a", pool: "support", instance: "eu-3", percentage: 5, startedAtMs: 0, untilMs: 1, phase: "running" },
  ...facts,
});

it.each<[Canary["phase"], readonly string[], readonly string[]]>([
  ["running", ["eu-1"], ["eu-1", "eu-3"]],
  ["running", ["eu-3", "eu-1"], ["eu-3", "eu-1"]],
  ["promoted", ["eu-1"], ["eu-1", "eu-3"]],
  ["rolled-back", ["eu-1"], ["eu-1"]],
  ["rolled-back", ["eu-3", "eu-1"], ["eu-1"]],
  ["rolled-back", ["eu-3"], ["eu-3"]],
])("%s beside %j: members are %j", (phase, listed, members) => {
  expect(membersWith(listed, canary({ phase }))).toEqual(members);
});

it("two groups of the size that was asked for, and the same conversation is always in the same", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: 50 }), (id, percentage) => {
      const groups = Array.from({ length: 2000 }, (_, index) => groupOf(canary({ id, percentage }), `telegram:support/chat/${index}`));
      const again = groups.map((_, index) => groupOf(canary({ id, percentage }), `telegram:support/chat/${index}`));
      const share = (group: string) => (100 * groups.filter((one) => one === group).length) / groups.length;
      expect(again).toEqual(groups);
      // Five deviations of a draw of 2,000.
      const margin = 5 * Math.sqrt((percentage * (100 - percentage)) / 2000);
      for (const group of ["canary", "control"]) expect(Math.abs(share(group) - percentage)).toBeLessThan(margin);
    }),
    { numRuns: 50 },
  );
});

it("another start draws others", () => {
  const drawn = (id: string) =>
    Array.from({ length: 200 }, (_, index) => `chat/${index}`).filter((one) => groupOf(canary({ id, percentage: 20 }), one) === "canary");
  expect(drawn("first")).not.toEqual(drawn("second"));
});
