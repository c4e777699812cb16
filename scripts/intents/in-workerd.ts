/**
 * The product's classifier in the product's runtime: built as the Worker is, run by the same workerd. The clock inside stands still
 * while code runs, so the watch is held here.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Verdict } from "../../src/classify/intents/model.ts";
import { quantile } from "../bench/statistics.ts";
import { startWorkerd } from "../edge/workerd.ts";

export interface InWorkerd {
  readonly verdicts: readonly Verdict[];
  readonly microsPerMessage: number;
  readonly unpackMs: number;
}

const ENTRY = fileURLToPath(new URL("worker.js", import.meta.url).href);
const WRANGLER = fileURLToPath(new URL("../../wrangler.toml", import.meta.url).href);

export async function classifyInWorkerd(artefact: Uint8Array, texts: readonly string[]): Promise<InWorkerd> {
  const directory = mkdtempSync(join(tmpdir(), "clawedge-intents-"));
  try {
    return await withWorker(directory, async (ask) => {
      const { problem } = await ask<{ readonly problem: string | null }>("/model", artefact);
      if (problem !== null) throw new Error(`the artefact cannot be opened in workerd: ${problem}`);
      await ask("/texts", JSON.stringify(texts));
      const verdicts = await ask<readonly Verdict[]>("/verdicts");
      return { verdicts, microsPerMessage: await microsOf(ask, texts.length), unpackMs: await unpackMsOf(ask) };
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

type Ask = <T>(path: string, body?: Uint8Array | string) => Promise<T>;

async function withWorker<T>(directory: string, use: (ask: Ask) => Promise<T>): Promise<T> {
  await build({
    entryPoints: [ENTRY],
    outfile: join(directory, "worker.js"),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2024",
    logLevel: "silent",
  });
  const configFile = join(directory, "intents.capnp");
  writeFileSync(configFile, config());
  const complain = (line: string): void => void (line.includes("NOSENTRY") || process.stderr.write(`${line}\n`));
  const workerd = startWorkerd({ configFile, env: {}, sockets: ["main"], onLine: complain, onError: complain });
  try {
    const port = (await workerd.ports).get("main") ?? 0;
    return await use((path, body) => ask(`http://127.0.0.1:${port}${path}`, body));
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
async function microsOf(ask: Ask, count: number): Promise<number> {
  if (count === 0) return 0;
  const size = Math.min(BATCH, count);
  const rounds = Math.ceil(BATCH / size);
  const starts = Array.from({ length: BATCHES }, (_, batch) => (batch * size) % Math.max(1, count - size + 1));
  const paths = starts.map((from) => `/classify?from=${from}&count=${size}`);
  return ((await lasting(ask, paths, rounds)) * 1_000) / (size * rounds);
}

const unpackMsOf = (ask: Ask): Promise<number> => lasting(ask, Array(UNPACKINGS).fill("/unpack?"), 1);

/**
 * Milliseconds of so many rounds, over empty calls that alternate with them. The lower quartile of both: what else the machine does
 * only ever adds.
 */
async function lasting(ask: Ask, paths: readonly string[], rounds: number): Promise<number> {
  const empty: number[] = [];
  const full: number[] = [];
  for (const path of paths) {
    const start = performance.now();
    await ask(`${path}&rounds=0`);
    const middle = performance.now();
    await ask(`${path}&rounds=${rounds}`);
    empty.push(middle - start);
    full.push(performance.now() - middle);
  }
  return Math.max(0, quantile(full, 0.25) - quantile(empty, 0.25));
}
