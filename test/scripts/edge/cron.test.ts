import { expect, test } from "vitest";
import { matchesCron } from "../../../scripts/edge/cron.ts";

const at = (text: string): Date => new Date(`2026-11-21T${text}:00Z`);

test.each([
  ["*/5 * * * *", "10:05", true],
  ["*/5 * * * *", "10:06", false],
  ["* * * * *", "23:59", true],
  ["0,30 10-12 * * *", "11:30", true],
  ["0,30 10-12 * * *", "13:30", false],
  ["3-59/10 * * * *", "10:13", true],
  ["3/10 * * * *", "10:53", true],
  ["0 0 21 11 *", "00:00", true],
  ["0 0 22 11 *", "00:00", false],
])("%s at %s: %s", (cron, time, expected) => {
  expect(matchesCron(cron, at(time))).toBe(expected);
});

test.each(["* * * *", "x * * * *", "61 * * * *", "*/0 * * * *", "* * * * 1"])("%s is refused, not guessed", (cron) => {
  expect(() => matchesCron(cron, at("10:00"))).toThrow(/cron/);
});
