import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { interrupts, type Program, runProgram } from "../../../scripts/cli/program.ts";

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

it("one that is asked to end before it began does not begin", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "clawedge-program-")), "begun");
  const ran = await runProgram(program("", { words: ["touch", file], env: process.env, signal: AbortSignal.abort() }));
  expect([ran, existsSync(file)]).toEqual(["was not begun", false]);
});

/** A shell that does not hear SIGTERM, and neither does what it started; it says when it is so far. */
const deaf = (file: string): readonly string[] => [
  "sh",
  "-c",
  `trap '' TERM; sleep 600 & echo $! > ${file}.new; mv ${file}.new ${file}; wait`,
];

const isThere = (pid: number): boolean => {
  try {
    // A zombie that nobody fetched yet is no longer running.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

it.each([
  ["does not hear that it is asked to end is ended", { graceMs: 200 }, false],
  ["is asked twice is ended at once", { graceMs: 600_000 }, true],
])("one that %s, with all it started", async (_, more, isAskedAgain) => {
  const file = join(mkdtempSync(join(tmpdir(), "clawedge-program-")), "pid");
  const stop = new AbortController();
  const running = runProgram(program("", { words: deaf(file), env: process.env, signal: stop.signal, ...more }));
  await expect.poll(() => existsSync(file)).toBe(true);
  stop.abort();
  const pressing = isAskedAgain ? setInterval(() => process.emit("SIGINT"), 100) : undefined;
  expect(await running).toBe("ended with SIGKILL");
  clearInterval(pressing);
  await expect.poll(() => isThere(Number(readFileSync(file, "utf8")))).toBe(false);
});

const NAMES = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const before = new Map(NAMES.map((name) => [name, process.listeners(name)]));
afterEach(() => {
  for (const name of NAMES)
    for (const each of process.listeners(name)) if (before.get(name)?.includes(each) !== true) process.off(name, each);
});

it.each(NAMES)("%s is a wish to stop well", (name) => {
  const signal = interrupts();
  process.emit(name);
  expect(signal.aborted).toBe(true);
});
