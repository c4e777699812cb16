import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followCrons } from "../../../scripts/edge/ticker.ts";

beforeEach(() => vi.useFakeTimers({ now: Date.UTC(2026, 10, 21, 10, 3, 30) }));
afterEach(() => vi.useRealTimers());

test("a cron is fired at each of its minutes, with that minute, until it is stopped", async () => {
  const fired: string[] = [];
  const fire = async (cron: string, atMs: number): Promise<void> =>
    void fired.push(`${cron} ${new Date(atMs).toISOString().slice(11, 19)}`);
  const stop = followCrons(["*/5 * * * *"], fire, () => undefined);
  await vi.advanceTimersByTimeAsync(8 * 60_000);
  expect(fired).toEqual(["*/5 * * * * 10:05:00", "*/5 * * * * 10:10:00"]);
  stop();
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(fired).toHaveLength(2);
});

test("a handler that fails is reported and fired again", async () => {
  const errors: unknown[] = [];
  const stop = followCrons(
    ["* * * * *"],
    () => Promise.reject(new Error("no")),
    (error) => errors.push(error),
  );
  await vi.advanceTimersByTimeAsync(2 * 60_000);
  expect(errors).toHaveLength(2);
  stop();
});

test("a cron that cannot be read is refused at once", () => {
  expect(() =>
    followCrons(
      ["nonsense"],
      async () => undefined,
      () => undefined,
    ),
  ).toThrow(/cron/);
});
