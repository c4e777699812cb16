/** A real redis-server for one test file: a free port on loopback, nothing on disk, gone afterwards. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const READY = "Ready to accept connections";
const START_TIMEOUT_MS = 10_000;

export interface RedisServer {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startRedisServer(): Promise<RedisServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "clawedge-redis-"));
  const server = spawn(
    "redis-server",
    ["--bind", "127.0.0.1", "--port", String(port), "--save", "", "--appendonly", "no", "--dir", folder],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const stop = async (): Promise<void> => {
    process.off("exit", kill);
    if (server.pid !== undefined && server.exitCode === null && kill()) await once(server, "exit");
    rmSync(folder, { recursive: true, force: true });
  };
  const kill = (): boolean => server.kill("SIGKILL");
  process.once("exit", kill);

  try {
    await ready(server);
    return { url: `redis://127.0.0.1:${port}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A port nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function ready(server: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = "";
  const late = () => reject(new Error(`redis-server did not start within ${START_TIMEOUT_MS} ms: ${said}`));
  const timer = setTimeout(late, START_TIMEOUT_MS);

  server.stdout?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes(READY)) resolve();
  });
  server.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "ENOENT" ? notInstalled() : error));
  server.once("exit", (code) => reject(new Error(`redis-server ended with ${code}: ${said}`)));
  return promise.finally(() => clearTimeout(timer));
}

const notInstalled = (): Error =>
  new Error(
    "redis-server is not installed, and these tests run against a real one. Install the package `redis-server` (Debian, Ubuntu: `apt-get install redis-server`) or `redis` (macOS: `brew install redis`; Fedora: `dnf install redis`).",
  );
