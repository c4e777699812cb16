/** `npm run edge` as processes: what it prints, what survives which kill, and that nothing is left behind. Runs a tiny bundle, not the product. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readBundle } from "../../scripts/edge/manifest.ts";
import { isRunning } from "../../scripts/edge/processes.ts";
import { type Edge, startEdge } from "../../scripts/edge/run.ts";

const TINY = "test/support/tiny-bundle";

let dir: string;
let children: ChildProcess[];
let edges: Edge[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "clawedge-runner-"));
  children = [];
  edges = [];
  writeFileSync(join(dir, "routes.jsonc"), '{ "first": true }');
  writeFileSync(join(dir, "vars"), 'SECRET_WORD="open sesame"\nADMIN_TOKEN=a\'b\n');
});

afterEach(async () => {
  for (const child of children) if (child.pid !== undefined && isRunning(child.pid)) process.kill(-child.pid, "SIGKILL");
  await Promise.all(edges.map((edge) => edge.kill()));
  rmSync(dir, { recursive: true, force: true });
});

interface Runner {
  readonly child: ChildProcess;
  readonly url: string;
  readonly pid: number;
  readonly lines: readonly string[];
  readonly errors: readonly string[];
  readonly ended: Promise<number | null>;
}

function launch(args: readonly string[]) {
  const child = spawn(process.execPath, ["scripts/edge/main.ts", ...args], { stdio: ["ignore", "pipe", "pipe"], detached: true });
  children.push(child);
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => errors.push(line));
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  return { child, lines, errors, ended };
}

const where = () => ["--bundle", TINY, "--routes", join(dir, "routes.jsonc"), "--vars", join(dir, "vars"), "--state", join(dir, "state")];

async function runner(): Promise<Runner> {
  const launched = launch([...where(), "--port", "0"]);
  await expect.poll(() => launched.lines.length, { timeout: 60_000 }).toBeGreaterThan(0);
  const ready = JSON.parse(launched.lines[0] ?? "");
  return { ...launched, url: ready.url, pid: ready.pid };
}

async function edge(): Promise<Edge> {
  const started = await startEdge({ bundle: readBundle(TINY), routesFile: join(dir, "routes.jsonc"), stateDir: join(dir, "state") });
  edges.push(started);
  return started;
}

const get = async (url: string): Promise<string> => (await fetch(url)).text();

test("the first line says where the edge is and which process workerd is; the Worker's log follows", async () => {
  const { lines, pid, url, child } = await runner();
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    event: "ready",
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    pid: expect.any(Number),
  });
  expect(pid).not.toBe(child.pid);
  expect(isRunning(pid)).toBe(true);
  await get(`${url}/entries`);
  await expect.poll(() => lines.slice(1)).toContainEqual('{"event":"request","pathname":"/entries"}');
});

test("variables come from the file, over the defaults of a local edge, and are written nowhere", async () => {
  const { url } = await runner();
  expect(await get(`${url}/var?v=SECRET_WORD`)).toBe('"open sesame"');
  expect(await get(`${url}/var?v=ADMIN_TOKEN`)).toBe('"a\'b"');
  expect(await get(`${url}/var?v=PUBLIC_URL`)).toBe(`"${url}"`);
  expect(await get(`${url}/var?v=JURISDICTIONS`)).toBe('"off"');
  expect(await get(`${url}/var?v=FROM_MANIFEST`)).toBe('"yes"');
  expect(readFileSync(join(dir, "state/edge.capnp"), "utf8")).not.toContain("sesame");
});

test("a fetch to loopback is allowed", async () => {
  const { url } = await runner();
  expect(await get(`${url}/fetch?v=${encodeURIComponent(`${url}/routes`)}`)).toBe('{ "first": true }');
});

test("a reader that stops reading the log does not stop the edge, nor its end", async () => {
  const quoted = [process.execPath, "scripts/edge/main.ts", ...where(), "--port", "0"].map((word) => `'${word}'`).join(" ");
  const shell = spawn("/bin/sh", ["-c", `${quoted} | { read -r ready; echo "$ready"; sleep 60; }`], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  children.push(shell);
  const { url, pid } = JSON.parse(await new Promise<string>((resolve) => createInterface({ input: shell.stdout }).once("line", resolve)));
  const long = "x".repeat(2_000);
  for (let count = 0; count < 300; count += 1) {
    expect(await (await fetch(`${url}/${long}`, { signal: AbortSignal.timeout(30_000) })).text()).toBe('{"ok":true}');
  }
  const runnerPid = Number.parseInt(readFileSync(join(dir, "state/edge.lock"), "utf8"), 10);
  process.kill(runnerPid, "SIGTERM");
  await expect.poll(() => isRunning(runnerPid) || isRunning(pid), { timeout: 30_000 }).toBe(false);
});

test("SIGTERM stops everything and says so with exit code 0", async () => {
  const { child, pid, ended } = await runner();
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(isRunning(pid)).toBe(false);
});

test("a killed workerd ends the runner with a message; a restart on the same state goes on", async () => {
  const first = await runner();
  await get(`${first.url}/add?v=kept`);
  process.kill(first.pid, "SIGKILL");
  expect(await first.ended).toBe(1);
  expect(first.errors.join("\n")).toMatch(/ended with SIGKILL.*start again with the same --state/);
  const second = await runner();
  expect(JSON.parse(await get(`${second.url}/entries`))).toEqual(["kept"]);
});

test("a kill of the whole process group loses nothing, and an overdue alarm fires after the restart", async () => {
  const first = await runner();
  await get(`${first.url}/add?v=kept`);
  await get(`${first.url}/wake?v=1000`);
  process.kill(-(first.child.pid ?? 0), "SIGKILL");
  await first.ended;
  const second = await runner();
  await expect.poll(async () => JSON.parse(await get(`${second.url}/entries`)), { timeout: 30_000 }).toEqual(["kept", "alarm"]);
});

test("when only the runner is killed, workerd does not outlive it, and a restart takes over", async () => {
  const first = await runner();
  await get(`${first.url}/add?v=kept`);
  first.child.kill("SIGKILL");
  const second = await runner();
  expect(isRunning(first.pid)).toBe(false);
  expect(JSON.parse(await get(`${second.url}/entries`))).toEqual(["kept"]);
});

test("npm run edge dies whole when npm is killed", async () => {
  const npm = spawn("npm", ["run", "-s", "edge", "--", ...where(), "--port", "0"], { stdio: ["ignore", "pipe", "ignore"], detached: true });
  children.push(npm);
  const ready = await new Promise<string>((resolve) => createInterface({ input: npm.stdout }).once("line", resolve));
  const { pid } = JSON.parse(ready);
  npm.kill("SIGKILL");
  await expect.poll(() => isRunning(pid), { timeout: 30_000 }).toBe(false);
});

test("an edited routes file reaches KV, also when the editor replaces the file", async () => {
  const { url } = await edge();
  expect(await get(`${url}/routes`)).toBe('{ "first": true }');
  writeFileSync(join(dir, "routes.new"), '{ "second": true }');
  renameSync(join(dir, "routes.new"), join(dir, "routes.jsonc"));
  await expect.poll(() => get(`${url}/routes`), { timeout: 30_000 }).toBe('{ "second": true }');
});

test("what the Worker wrote to KV survives a restart with an unchanged file", async () => {
  const first = await edge();
  await get(`${first.url}/push?v=pushed`);
  await first.kill();
  const second = await edge();
  expect(await get(`${second.url}/routes`)).toBe("pushed");
});

test("the scheduled handler can be fired, with the cron and the time", async () => {
  const { url, fire } = await edge();
  await fire("*/5 * * * *", 300_000);
  expect(JSON.parse(await get(`${url}/entries`))).toEqual(["*/5 * * * * at 300000"]);
});

test("a second edge on the same state is refused by name", async () => {
  const { pid } = await edge();
  await expect(edge()).rejects.toThrow(new RegExp(`another edge \\(pid ${process.pid}, ${pid}\\) uses .*--state`));
});

test("stop removes what tools read to find the edge", async () => {
  const started = await edge();
  const file = join(dir, "state/edge.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ url: started.url, pid: started.pid, port: started.port });
  await started.stop();
  expect(() => readFileSync(file)).toThrow(/ENOENT/);
  expect(isRunning(started.pid)).toBe(false);
});

test("a busy port is an error that says what to do", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", () => resolve()));
  const address = other.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const { ended, errors } = launch([...where(), "--port", `${port}`]);
  expect(await ended).toBe(2);
  expect(errors.join("\n")).toContain(`port ${port} is in use`);
  other.close();
});

test.each([
  [["--nonsense"], /--help/],
  [[], /--routes FILE is missing/],
  [["--routes", "no-such-file", "--bundle", TINY], /cannot find --routes no-such-file/],
  [["--routes", "package.json", "--vars", "no-such-vars", "--bundle", TINY], /cannot read --vars no-such-vars/],
  [["--routes", "package.json", "--port", "70000"], /not a port/],
  [["--routes", "package.json", "--bundle", "src"], /no built bundle/],
])("%j exits 2 and says what to do", async (args, message) => {
  const { ended, errors, lines } = launch([...args, ...(args.length > 2 ? ["--state", join(dir, "state")] : [])]);
  expect(await ended).toBe(2);
  expect(errors.join("\n")).toMatch(message);
  expect(lines).toEqual([]);
});

test("--print-config prints a workerd configuration without a value of any variable", async () => {
  const { ended, lines } = launch([...where(), "--print-config"]);
  expect(await ended).toBe(0);
  const config = lines.join("\n");
  expect(config).toContain('fromEnvironment = "SECRET_WORD"');
  expect(config).not.toContain("sesame");
});
