import { expect, it } from "vitest";
import { type Program, runProgram } from "../../../scripts/cli/program.ts";

const program = (code: string, more: Partial<Program> = {}): Program => ({
  ...{ words: [process.execPath, "-e", code, "$HOME; exit 9"], env: { CLAWEDGE_INSTANCE: "eu-1" }, isBeside: true },
  signal: new AbortController().signal,
  ...more,
});

it.each([
  ["well", "", undefined],
  [
    "with its words and variables as they stand",
    "process.exit(process.argv[1] + process.env.CLAWEDGE_INSTANCE === '$HOME; exit 9eu-1' ? 0 : 1)",
    undefined,
  ],
  ["badly", "process.exit(3)", "ended with 3"],
  ["by a signal", "process.kill(process.pid, 'SIGKILL')", "ended with SIGKILL"],
])("a program ends %s", async (_, code, how) => {
  expect(await runProgram(program(code))).toBe(how);
});

it("one that is not there is told as such", async () => {
  expect(await runProgram(program("", { words: ["/nonexistent/program"] }))).toMatch(/^cannot be run: .*ENOENT/);
});

it("one that takes too long is asked to end", async () => {
  const stop = new AbortController();
  const running = runProgram(program("setInterval(() => undefined, 1000)", { signal: stop.signal }));
  stop.abort();
  expect(await running).toBe("ended with SIGTERM");
});
