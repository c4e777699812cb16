/** `npm run build`: the Worker as it is deployed, in dist/, built offline and only when its sources changed. Never deploys anything. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { reportBundle } from "../check-bundle.ts";
import { bundle } from "./bundle.ts";
import { EdgeFailure } from "./failure.ts";
import { type Bundle, type Manifest, readBundle } from "./manifest.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url).href);
const DIST = join(ROOT, "dist");
const STAMP = join(DIST, "sources.sha256");
const SOURCES = [
  "src",
  "durable-objects",
  "workers",
  "wrangler.toml",
  "package-lock.json",
  "scripts/edge/bundle.ts",
  "scripts/edge/runtime-unicode.ts",
];

function filesOf(path: string): readonly string[] {
  const full = join(ROOT, path);
  if (!existsSync(full)) return [];
  if (path.includes(".")) return [path];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length))
    .sort();
}

function hashSources(): string {
  const hash = createHash("sha256");
  for (const file of SOURCES.flatMap(filesOf))
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update("\0");
  return hash.digest("hex");
}

/** The part of wrangler's resolved configuration that a local edge takes over. */
const wranglerConfig = z.object({
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()),
  triggers: z.object({ crons: z.array(z.string()).optional() }),
  kv_namespaces: z.array(z.object({ binding: z.string() })),
  durable_objects: z.object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) }),
  vars: z.record(z.string(), z.coerce.string()),
});

async function manifestOf(main: string): Promise<Manifest> {
  const { unstable_readConfig: readConfig } = await import("wrangler");
  const config = wranglerConfig.parse(readConfig({ config: join(ROOT, "wrangler.toml") }));
  return {
    main,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    crons: config.triggers.crons ?? [],
    kvBindings: config.kv_namespaces.map(({ binding }) => binding),
    objects: config.durable_objects.bindings.map(({ name, class_name }) => ({ binding: name, className: class_name })),
    vars: config.vars,
  };
}

/** Builds into a folder of its own and moves the result, so that two builds at once, or a failed one, never leave half a bundle. */
async function build(): Promise<void> {
  const out = join(DIST, `.building-${process.pid}`);
  mkdirSync(out, { recursive: true });
  try {
    await bundle({ root: ROOT, outFile: join(out, "index.js") }).catch((error: unknown) => {
      throw new EdgeFailure(`the Worker could not be built:\n${String(error)}`);
    });
    writeFileSync(join(out, "manifest.json"), `${JSON.stringify(await manifestOf("index.js"), null, 2)}\n`);
    for (const file of ["index.js", "manifest.json"]) renameSync(join(out, file), join(DIST, file));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** The bundle of the sources as they are now; builds it when the one in dist/ is of other sources, and says so first: it takes seconds. */
export async function ensureBundle(onBuild: () => void = () => undefined): Promise<Bundle> {
  const hash = hashSources();
  const isFresh = existsSync(STAMP) && existsSync(join(DIST, "manifest.json")) && readFileSync(STAMP, "utf8") === hash;
  if (!isFresh) {
    onBuild();
    rmSync(STAMP, { force: true });
    await build();
    writeFileSync(STAMP, hash);
  }
  return readBundle(DIST);
}

if (import.meta.main) {
  try {
    const { dir, manifest } = await ensureBundle();
    process.exitCode = reportBundle(join(dir, manifest.main));
  } catch (error) {
    if (!(error instanceof EdgeFailure)) throw error;
    console.error(`build: ${error.message}`);
    process.exitCode = error.exitCode;
  }
}
