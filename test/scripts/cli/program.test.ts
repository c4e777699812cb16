import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { interrupts, type Program, runProgram, seekProgram } from "../../../scripts/cli/program.ts";

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
  expect(await runProgram(program(code))).toEqual(how === undefined ? undefined : { how, isBegun: true });
});

it.each([
  ["is not there", ["/nonexistent/program"], "ENOENT"],
  ["has no name", [""], "cannot be empty"],
  ["has a word that no program can be given", [process.execPath, "a\0b"], "null bytes"],
  ["has more words than fit", [process.execPath, "x".repeat(9_000_000)], "E2BIG"],
])("one that %s is told as such, and was not begun", async (_, words, why) => {
  const ended = await runProgram(program("", { words }));
  expect([ended?.isBegun, ended?.how.startsWith("cannot be run: "), ended?.how.includes(why)]).toEqual([false, true, true]);
});

describe("a program is sought before it is run", () => {
  const folder = mkdtempSync(join(tmpdir(), "clawedge-program-"));
  writeFileSync(join(folder, "restart"), "", { mode: 0o700 });
  writeFileSync(join(folder, "notes"), "", { mode: 0o600 });
  const env = { PATH: `/nonexistent${delimiter}${folder}` };

  it.each([
    ["restart", undefined],
    [join(folder, "restart"), undefined],
    ["restrat", "there is no program restrat on the PATH"],
    ["notes", "there is no program notes on the PATH"],
    [join(folder, "notes"), `${join(folder, "notes")} is no program that can be run`],
    [folder, `${folder} is no program that can be run`],
    ["./restart", "./restart is no program that can be run"],
  ])("%s", (name, why) => {
    expect(seekProgram(name, env)).toBe(why);
  });

  it("without a PATH where a system looks then", () => {
    expect(seekProgram("sh", {})).toBeUndefined();
  });
});

it("one that takes too long is asked to end", async () => {
  const stop = new AbortController();
  const running = runProgram(program("setInterval(() => undefined, 1000)", { signal: stop.signal }));
  stop.abort();
  expect(await running).toEqual({ how: "ended with SIGTERM", isBegun: true });
});

it("one that is asked to end before it began does not begin", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "clawedge-program-")), "begun");
  const ran = await runProgram(program("", { words: ["touch", file], env: process.env, signal: AbortSignal.abort() }));
  expect([ran, existsSync(file)]).toEqual([{ how: "was not begun", isBegun: false }, false]);
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
  expect(await running).toEqual({ how: "ended with SIGKILL", isBegun: true });
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
