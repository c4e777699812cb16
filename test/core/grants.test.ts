import fc from "fast-check";
import { expect, it } from "vitest";
import { grant, grantsLately, NO_GRANTS } from "../../src/core/grants.ts";

it("counts grants of the last five minutes, and all of them", () => {
  const times = [0, 59_000, 60_000, 120_000, 299_000];
  const grants = times.reduce(grant, NO_GRANTS);
  expect([grantsLately(grants, 299_000), grantsLately(grants, 300_000), grantsLately(grants, 600_000)]).toEqual([5, 3, 0]);
  expect([grants.total, grants.lastAtMs]).toEqual([5, 299_000]);
});

it("never keeps more than a bucket per minute, and never counts more than there were", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200_000), { maxLength: 80 }), (gaps) => {
      let grants = NO_GRANTS;
      let nowMs = 0;
      for (const gapMs of gaps) {
        nowMs += gapMs;
        grants = grant(grants, nowMs);
        expect(grants.minutes.length).toBeLessThanOrEqual(5);
        expect(grantsLately(grants, nowMs)).toBeGreaterThan(0);
      }
      expect(grantsLately(grants, nowMs)).toBeLessThanOrEqual(gaps.length);
      expect(grants.total).toBe(gaps.length);
    }),
  );
});
