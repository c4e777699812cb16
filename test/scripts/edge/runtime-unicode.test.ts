import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { withRuntimeTables } from "../../../scripts/edge/runtime-unicode.ts";

const file = createRequire(import.meta.url)
  .resolve("re2js")
  .replace(/\.cjs$/, ".js");
const source = readFileSync(file, "utf8");

interface Table {
  readonly length: number;
  getLo(index: number): number;
  getHi(index: number): number;
  getStride(index: number): number;
}

interface Tables {
  get(name: string): Table;
  readonly initializer: Readonly<Record<string, () => Table>>;
}

interface Library {
  readonly UnicodeTables: Readonly<Record<"CATEGORIES" | "SCRIPTS", Tables>>;
}

async function load(contents: string): Promise<Library> {
  const stdin = { contents: `${contents}\nexport { UnicodeTables };\n`, resolveDir: dirname(file) };
  const { outputFiles } = await build({ stdin, bundle: true, format: "esm", write: false, logLevel: "silent" });
  return (await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? []).toString("base64")}`)) as Library;
}

/** However it is cut into ranges: neighbours joined, strides written out. */
function charactersOf(table: Table): string {
  const ranges: [number, number][] = [];
  const add = (first: number, last: number): void => {
    const before = ranges.at(-1);
    if (before !== undefined && before[1] === first - 1) before[1] = last;
    else ranges.push([first, last]);
  };
  for (let index = 0; index < table.length; index += 1) {
    const [first, last, stride] = [table.getLo(index), table.getHi(index), table.getStride(index)];
    if (stride === 1) add(first, last);
    else for (let point = first; point <= last; point += stride) add(point, point);
  }
  return ranges.join(" ");
}

it("the runtime's tables are the library's own, character for character", async () => {
  const [own, rewritten] = await Promise.all([load(source), load(withRuntimeTables(source))]);
  for (const map of ["CATEGORIES", "SCRIPTS"] as const) {
    const names = Object.keys(own.UnicodeTables[map].initializer);
    expect(Object.keys(rewritten.UnicodeTables[map].initializer)).toEqual(names);
    expect(names.length).toBeGreaterThan(50);
    const differing = names.filter(
      (name) => charactersOf(own.UnicodeTables[map].get(name)) !== charactersOf(rewritten.UnicodeTables[map].get(name)),
    );
    expect(differing).toEqual([]);
  }
});

it("a library that is built otherwise is not cut", () => {
  expect(() => withRuntimeTables(source.replace("static SCRIPTS = new LazyMap", "static SCRIPTS = lazily"))).toThrow("SCRIPTS");
});
