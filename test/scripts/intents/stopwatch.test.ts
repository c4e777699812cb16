import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { stopwatchOf } from "../../../scripts/intents/stopwatch.ts";

const work = (): number => {
  let sum = 0;
  for (let round = 0; round < 20_000_000; round += 1) sum += Math.sqrt(round);
  return sum;
};

it("goes on while a process works", () => {
  const watch = stopwatchOf(process.pid);
  const before = watch.nowMs();
  expect(work()).toBeGreaterThan(0);
  expect(watch.nowMs()).toBeGreaterThan(before);
});

it.runIf(existsSync("/proc/self/task"))("counts what the process worked, where the system does", () => {
  expect(stopwatchOf(process.pid).kind).toBe(readFileSync("/proc/self/schedstat", "utf8").startsWith("0 ") ? "wall" : "processor");
});

it("is a clock on the wall where the system counts nothing", () => {
  const { kind, nowMs } = stopwatchOf(-1);
  expect([kind, nowMs() > 0]).toEqual(["wall", true]);
});
