/**
 * The product's classifier in the product's runtime: built as the Worker is, run by the same workerd. The clock inside stands still
 * while code runs, so the watch is held here, on what workerd's process has worked.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Verdict } from "../../src/classify/intents/model.ts";
import { quantile } from "../bench/statistics.ts";
import { bundle } from "../edge/bundle.ts";
import { startWorkerd } from "../edge/workerd.ts";
import { type Stopwatch, stopwatchOf } from "./stopwatch.ts";

export interface InWorkerd {
  readonly verdicts: readonly Verdict[];
  readonly microsPerMessage: number;
  readonly unpackMs: number;
  /** What the two are counted in. */
  readonly clock: Stopwatch["kind"];
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url).href);
const WRANGLER = fileURLToPath(new URL("../../wrangler.toml", import.meta.url).href);

export async function classifyInWorkerd(artefact: Uint8Array, texts: readonly string[]): Promise<InWorkerd> {
  const directory = mkdtempSync(join(tmpdir(), "clawedge-intents-"));
  try {
    return await withWorker(directory, async (ask, watch) => {
      const { problem } = await ask<{ readonly problem: string | null }>("/model", artefact);
      if (problem !== null) throw new Error(`the artefact cannot be opened in workerd: ${problem}`);
      await ask("/texts", JSON.stringify(texts));
      const verdicts = await ask<readonly Verdict[]>("/verdicts");
      const timed = timerOf(ask, watch);
      return { verdicts, microsPerMessage: await microsOf(timed, texts.length), unpackMs: await unpackMsOf(timed), clock: watch.kind };
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

type Ask = <T>(path: string, body?: Uint8Array | string) => Promise<T>;

async function withWorker<T>(directory: string, use: (ask: Ask, watch: Stopwatch) => Promise<T>): Promise<T> {
  await bundle({ root: ROOT, entry: "scripts/intents/worker.js", outFile: join(directory, "worker.js") });
  const configFile = join(directory, "intents.capnp");
  writeFileSync(configFile, config());
  const complain = (line: string): void => void (line.includes("NOSENTRY") || process.stderr.write(`${line}\n`));
  const workerd = startWorkerd({ configFile, env: {}, sockets: ["main"], onLine: complain, onError: complain });
  try {
    const port = (await workerd.ports).get("main") ?? 0;
    return await use((path, body) => ask(`http://127.0.0.1:${port}${path}`, body), stopwatchOf(workerd.pid));
  } finally {
    await workerd.end("SIGTERM");
  }
}

function config(): string {
  const date = /^compatibility_date = "([\d-]+)"/m.exec(readFileSync(WRANGLER, "utf8"))?.[1];
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "intents", worker = .intents)],
  sockets = [(name = "main", address = "127.0.0.1:0", http = (), service = "intents")]
);

const intents :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${date}"
);
`;
}

async function ask<T>(url: string, body?: Uint8Array | string): Promise<T> {
  const response = await fetch(
    url,
    body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : new Uint8Array(body) },
  );
  if (!response.ok) throw new Error(`the classifier failed in workerd: http ${response.status}`);
  return (await response.json()) as T;
}

const BATCH = 500;
const BATCHES = 60;
const UNPACKINGS = 20;

/** Warm: all texts were classified before. */
async function microsOf(timed: Timer, count: number): Promise<number> {
  if (count === 0) return 0;
  const size = Math.min(BATCH, count);
  const rounds = Math.ceil(BATCH / size);
  const starts = Array.from({ length: BATCHES }, (_, batch) => (batch * size) % Math.max(1, count - size + 1));
  const paths = starts.map((from) => `/classify?from=${from}&count=${size}`);
  return ((await timed(paths, rounds)) * 1_000) / (size * rounds);
}

const unpackMsOf = (timed: Timer): Promise<number> => timed(Array(UNPACKINGS).fill("/unpack?"), 1);

type Timer = (paths: readonly string[], rounds: number) => Promise<number>;

/**
 * Milliseconds of so many rounds, over empty calls that alternate with them. The lower quartile of both: what else the machine does
 * (caches that others fill, a clock that slows down) only ever adds.
 */
const timerOf =
  (ask: Ask, { nowMs }: Stopwatch): Timer =>
  async (paths, rounds) => {
    const empty: number[] = [];
    const full: number[] = [];
    for (const path of paths) {
      const start = nowMs();
      await ask(`${path}&rounds=0`);
      const middle = nowMs();
      await ask(`${path}&rounds=${rounds}`);
      empty.push(middle - start);
      full.push(nowMs() - middle);
    }
    return Math.max(0, quantile(full, 0.25) - quantile(empty, 0.25));
  };
