/**
 * The Worker as one minified module. esbuild joins it as wrangler would; what zod can say about schemas as JSON Schema is left out, because
 * nothing in a Worker asks for it and methods hold on to it; then Terser, which sees more than esbuild's minifier. Deploys nothing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { minify } from "terser";

const ZOD_CORE = join(createRequire(import.meta.url).resolve("zod/package.json"), "..", "v4", "core");
const JSON_SCHEMA = ["json-schema-processors.js", "to-json-schema.js"] as const;

/** Every export stays, as a function that says what is missing when somebody calls what it makes. */
const withoutJsonSchema: Plugin = {
  name: "without-json-schema",
  setup: (bundling) => {
    const absent = '() => () => { throw new Error("JSON Schema is not part of this build"); }';
    for (const file of JSON_SCHEMA) {
      bundling.onLoad({ filter: new RegExp(`[\\\\/]zod[\\\\/]v4[\\\\/]core[\\\\/]${file.replaceAll(".", "\\.")}$`) }, async () => {
        const names = Object.keys((await import(pathToFileURL(join(ZOD_CORE, file)).href)) as object);
        return { contents: names.map((name) => `export const ${name} = ${absent};`).join("\n"), loader: "js" };
      });
    }
  },
};

export interface Bundling {
  readonly root: string;
  /** Where the module goes. */
  readonly outFile: string;
  /** Global constants, as JavaScript. */
  readonly define?: Readonly<Record<string, string>>;
}

export async function bundle({ root, outFile, define = {} }: Bundling): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ["workers/index.ts"],
    outfile: outFile,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    alias: { "@upstash/core-analytics": "./workers/adapters/no-analytics.ts" },
    define: { __FAULT_POINTS__: "false", ...define },
    legalComments: "inline",
    logLevel: "silent",
    plugins: [withoutJsonSchema],
  });
  const joined = readFileSync(outFile, "utf8");
  const { code } = await minify(joined, {
    module: true,
    ecma: 2020,
    compress: { passes: 2, toplevel: true },
    mangle: { toplevel: true },
    format: { comments: "some" },
  });
  if (code === undefined) throw new Error("Terser made nothing of the bundle");
  writeFileSync(outFile, code);
}
