/**
 * The Worker as one minified module. esbuild joins it as wrangler would, without the schemas' sentences for operators, which nothing in a
 * Worker reads, and without tables that the runtime has as well; then Terser, which sees more than esbuild's minifier. Deploys nothing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { build, type Plugin } from "esbuild";
import { minify } from "terser";
import { runtimeUnicode } from "./runtime-unicode.ts";

/** Sentences for operators go into docs/routes.schema.json only. Calls of a function of one line are inlined, and the sentences with them. */
const withoutSentences: Plugin = {
  name: "without-sentences",
  setup: (bundling) => {
    bundling.onLoad({ filter: /[\\/]src[\\/]config[\\/]described\.ts$/ }, () => ({
      contents: "export const described = (schema) => schema;",
      loader: "js",
    }));
  },
};

export interface Bundling {
  readonly root: string;
  /** From the root; the Worker itself when not given. */
  readonly entry?: string;
  /** Where the module goes. */
  readonly outFile: string;
  /** Global constants, as JavaScript. */
  readonly define?: Readonly<Record<string, string>>;
}

export async function bundle({ root, entry = "workers/index.ts", outFile, define = {} }: Bundling): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: outFile,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    alias: {
      "@upstash/core-analytics": "./workers/adapters/no-analytics.ts",
      // Its manifest names only the other one, of which nothing can be left out.
      "@upstash/ratelimit": "@upstash/ratelimit/dist/index.mjs",
    },
    define: { __FAULT_POINTS__: "false", ...define },
    legalComments: "inline",
    logLevel: "silent",
    plugins: [withoutSentences, runtimeUnicode],
  });
  const joined = readFileSync(outFile, "utf8");
  const { code } = await minify(joined, {
    module: true,
    ecma: 2020,
    compress: { passes: 3, toplevel: true },
    mangle: { toplevel: true },
    format: { comments: "some" },
  });
  if (code === undefined) throw new Error("Terser made nothing of the bundle");
  writeFileSync(outFile, code);
}
