/**
 * re2js without its tables of categories and scripts: the runtime knows them too, of the same Unicode version, and is asked when a pattern
 * needs one. What it folds by stays its own. Rewrites what is bundled, never what is installed.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";

const RANGES = fileURLToPath(new URL("../../src/classify/unicode-ranges.ts", import.meta.url).href);

const MAPS = [
  { map: "CATEGORIES", prefix: "" },
  { map: "SCRIPTS", prefix: "sc=" },
] as const;

const HELPERS = `import { rangesOf } from ${JSON.stringify(RANGES)};
const tablesOf = (prefix, names) =>
  Object.fromEntries(names.split(" ").map((name) => [name, () => new UnicodeRangeTable(rangesOf(prefix + name))]));
`;

/** Throws when the library is not built as it was. */
export function withRuntimeTables(source: string): string {
  const rewritten = MAPS.reduce((text, { map, prefix }) => {
    const [whole = "", body = ""] = new RegExp(`static ${map} = new LazyMap\\(\\{(.*?)\\n\\t\\}\\)`, "s").exec(text) ?? [];
    const names = [...body.matchAll(/^\t\t(\w+): \(\) => new UnicodeRangeTable\(decodeRanges\(/gm)].map(([, name]) => name);
    if (names.length < 10) throw new Error(`re2js has no table ${map} that could be left out: look at scripts/edge/runtime-unicode.ts`);
    return text.replace(whole, () => `static ${map} = new LazyMap(tablesOf("${prefix}", "${names.join(" ")}"))`);
  }, source);
  return HELPERS + rewritten;
}

export const runtimeUnicode: Plugin = {
  name: "runtime-unicode",
  setup: (bundling) => {
    bundling.onLoad({ filter: /[\\/]re2js[\\/]build[\\/]index\.js$/ }, ({ path }) => ({
      contents: withRuntimeTables(readFileSync(path, "utf8")),
      loader: "js",
    }));
  },
};
