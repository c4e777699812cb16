/** `npm start` and `npm run say` as a new user meets them: the real bundle, real processes, and what they print. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isRunning } from "../../scripts/edge/processes.ts";

let dir: string;
let children: ChildProcess[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "clawedge-demo-"));
  children = [];
});

afterEach(async () => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
});

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

function run(script: string, ...args: readonly string[]): Run {
  const child = spawn(process.execPath, [`scripts/demo/${script}.ts`, ...args, "--state", dir], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  return { child, output: () => output, ended: new Promise((resolve) => child.once("close", resolve)) };
}

/** Pids of everything the demo's picture names. */
const pidsIn = (output: string): readonly number[] => [...output.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
const pidOf = (output: string, instance: string): number => Number(new RegExp(`${instance} \\(\\w+, pid (\\d+)\\)`).exec(output)?.[1]);
const titles = (output: string, mark: string): readonly string[] =>
  [...output.matchAll(new RegExp(`^${mark} (.*?):`, "gm"))].map(([, title]) => title ?? "");

const ALL = [
  ...["a direct message", "a group", "a topic", "a command", "a keyword", "an intent"],
  ...["a duplicate", "a wrong secret", "an instance dies", "an instance that polls", "an instance that polls dies"],
  ...["a WhatsApp message", "a WhatsApp batch, 1 of 3", "a WhatsApp batch, 2 of 3", "a WhatsApp batch, 3 of 3"],
];

test("--once: every journey ends as it should, and nothing is left behind", async () => {
  const { ended, output } = run("main", "--once", "--port", "0");
  expect(await ended, output()).toBe(0);
  expect(titles(output(), "✓")).toEqual(ALL);
  expect(output()).toMatch(/verified → keywords refund\* → rule refunds → pool support → new on support-\w+ \(\w+\)[\s→]+accepted after/);
  expect(output()).toMatch(/verified → channel telegram, intent cost \([01]\.\d\d\) → rule asks-the-price → pool sales → new on sales-us/);
  expect(output()).toContain("not verified (unverified: mismatch) → answered 401");
  expect(output()).toContain("verified → seen before → answered 200");
  expect(output()).toMatch(/held: connection refused[\s→]+stays on (support-\w+) .*accepted at try \d+.*reply “\1 here: answer 2/s);
  expect(output()).toMatch(/new on eu-3 \(weur, polls\)[\s→]+accepted after .*reply “eu-3 here: answer 1/s);
  expect(output()).toMatch(/kill -9 \d+; 1 update waits for it at the edge; started again as \d+\n.*stays on eu-3.*“eu-3 here: answer 2/s);
  expect(output()).toContain("three messages of two people, and the status that person 42 has read an answer, counted once");
  expect(output()).toMatch(
    /asks its agent sales-public with operator\.write, and an image[\s→]+read mark and typing shown[\s→]+answer delivered in one part/,
  );
  expect(output()).not.toContain("\u001b[");
  expect(output()).not.toContain("demo: ");
  expect(pidsIn(output()).filter(isRunning)).toEqual([]);
});

test("--once with an instance that takes nothing: its journey is told as it was, what was expected is said, and the exit code is 1", async () => {
  const { ended, output } = run("main", "--once", "--port", "0", "--fault", "sales-us=status");
  expect(await ended, output()).toBe(1);
  // It is the one that answers on WhatsApp too: what is said there while it is out waits, and may or may not be answered in time.
  const others = (titles: readonly string[]): readonly string[] => titles.filter((title) => !title.includes("WhatsApp"));
  expect(others(titles(output(), "✗"))).toEqual(["a keyword", "an intent"]);
  expect(others(titles(output(), "✓"))).toEqual(others(ALL).filter((title) => title !== "a keyword" && title !== "an intent"));
  expect(output()).toMatch(/rule pricing → pool sales .*held: .*expected: verified, pool sales by rule pricing, answered once/s);
});

test("it stays up; what is said is told; what it offers to try works; an instance killed by hand changes the journey; Ctrl-C ends everything", async () => {
  const demo = run("main", "--port", "0");
  await expect.poll(demo.output, { timeout: 60_000 }).toContain("It stays up");
  const first = run("say", "telegram:support", "where is my refund?");
  expect(await first.ended, first.output()).toBe(0);
  const [, owner = ""] = /stays on (support-\w+)/.exec(first.output()) ?? [];
  expect(first.output()).toContain(`reply “${owner} here: answer 2 in this conversation”`);
  const onWhatsApp = run("say", "--account", "whatsapp:sales", "what is your pricing?", "--image");
  expect(await onWhatsApp.ended, onWhatsApp.output()).toBe(0);
  expect(onWhatsApp.output()).toMatch(
    /WhatsApp, person 42, with an image\).*and an image.*reply “sales-us here: answer 4 in this conversation”/s,
  );

  const variables = /export (CLAWEDGE_URL=\S+) (CLAWEDGE_ADMIN_TOKEN=\S+)/.exec(demo.output()) ?? [];
  const env = { ...process.env, ...Object.fromEntries(variables.slice(1).map((pair) => pair.split(/=(.*)/s).slice(0, 2))) };
  const commands = [...demo.output().matchAll(/^ {2}npx clawedge (.*)$/gm)].map(([, command]) => command ?? "");
  expect(commands).toHaveLength(2);
  for (const command of commands) {
    const { status, stderr } = spawnSync("/bin/sh", ["-c", `'${process.execPath}' scripts/clawedge.mjs ${command}`], {
      env,
      encoding: "utf8",
    });
    expect(stderr, command).toBe("");
    expect(status, command).toBe(0);
  }

  const invited = Number(/kill -9 (\d+)\n/.exec(demo.output())?.[1]);
  process.kill(invited, "SIGKILL");
  await expect.poll(demo.output).toContain(`${owner} (pid ${invited}) died`);
  const second = run("say", "where is my refund?");
  expect(await second.ended, second.output()).toBe(0);
  // Refused, or known to be dead by a probe that came first.
  expect(second.output()).toMatch(/held: \w/);
  const [, other = ""] = /moved to (\S+) .*epoch 2/.exec(second.output()) ?? [];
  expect(second.output()).toContain(`reply “${other} here: answer 1`);
  expect(demo.output()).toContain(`moved from ${owner} to ${other}`);

  demo.child.kill("SIGINT");
  expect(await demo.ended).toBe(0);
  expect([...pidsIn(demo.output()), pidOf(demo.output(), "sales-us")].filter(isRunning)).toEqual([]);
  const third = run("say", "hello?");
  expect(await third.ended).toBe(1);
  expect(third.output()).toContain("npm start");
});

test("nothing outlives a demo that is killed", async () => {
  const demo = run("main", "--port", "0");
  // One that ends by itself says why: its words are what is shown then.
  await Promise.race([expect.poll(demo.output, { timeout: 60_000 }).toContain("✓"), demo.ended]);
  expect(demo.output()).toContain("✓");
  demo.child.kill("SIGKILL");
  await demo.ended;
  await expect.poll(() => pidsIn(demo.output()).filter(isRunning), { timeout: 30_000 }).toEqual([]);
});

test("help is help, and wrong flags are told before anything starts", async () => {
  const help = run("main", "--help");
  expect(await help.ended).toBe(0);
  expect(help.output()).toContain("--once");
  const wrong = run("say", "--chat", "x", "hi");
  expect(await wrong.ended).toBe(2);
  const meaningless = run("main", "--fault", "eu-3=refuse");
  expect(await meaningless.ended).toBe(2);
  expect(meaningless.output()).toContain("deaf");
  expect(existsSync(join(dir, "demo.json"))).toBe(false);
});
