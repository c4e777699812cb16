import { expect, it } from "vitest";
import { gaugeTo } from "../../../scripts/cli/gauge.ts";

/** Work in ten steps, each of which takes so long. */
function watch(stepMs: number, isTerminal: boolean) {
  const said: string[] = [];
  let now = 0;
  const gauge = gaugeTo({ err: (text) => void said.push(text), nowMs: () => now, isTerminal });
  const result = gauge("training", (onProgress) => {
    for (let step = 1; step <= 10; step += 1) {
      now += stepMs;
      onProgress(step / 10);
    }
    return "done";
  });
  return { said, result };
}

it.each([true, false])("short work says nothing (terminal: %s)", (isTerminal) => {
  expect(watch(99, isTerminal)).toEqual({ said: [], result: "done" });
});

it("in a log there is a line now and then, and one at the end", () => {
  expect(watch(2_000, false).said).toEqual(["training: 10 %\n", "training: 40 %\n", "training: 70 %\n", "training: done in 20.0 s\n"]);
});

it("on a terminal one line moves, and is gone in the end", () => {
  const { said } = watch(400, true);
  expect(said[0]).toBe("\rtraining: 30 %\u001b[K");
  expect(said).toHaveLength(8);
  expect(said.at(-1)).toBe("\r\u001b[K");
});
