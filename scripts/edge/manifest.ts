/** What a built bundle needs from its runtime, as wrangler.toml says it. Written by the build beside the bundle, read by the runner; knows no TOML. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { usageFailure } from "./failure.ts";

const manifestSchema = z.strictObject({
  main: z.string(),
  compatibilityDate: z.string(),
  compatibilityFlags: z.array(z.string()),
  crons: z.array(z.string()),
  kvBindings: z.array(z.string()),
  objects: z.array(z.strictObject({ binding: z.string(), className: z.string() })),
  vars: z.record(z.string(), z.string()),
});

export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

/** A bundle on disk: `dir` holds `manifest.json` and the one module it names. */
export interface Bundle {
  readonly dir: string;
  readonly manifest: Manifest;
}

export function readBundle(dir: string): Bundle {
  const file = join(dir, "manifest.json");
  if (!existsSync(file)) throw usageFailure(`${dir} holds no built bundle (no manifest.json): run "npm run build"`);
  return { dir, manifest: manifestSchema.parse(JSON.parse(readFileSync(file, "utf8"))) };
}
