/** One planted fault per lint rule we rely on: a rule that moved or was renamed would otherwise go quiet. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const long = (lines: number) => `export function f(): number {\n${"  g();\n".repeat(lines)}  return 1;\n}\n`;

const planted: readonly (readonly [rule: string, code: string, file?: string])[] = [
  ["noExcessiveLinesPerFunction", long(60)],
  ["noExcessiveLinesPerFile", "export const a = 1;\n".repeat(260)],
  ["useMaxParams", "export const f = (a: number, b: number, c: number, d: number, e: number): number => a + b + c + d + e;\n"],
  ["useImportExtensions", 'import { answer } from "./clean";\nexport const c = answer;\n'],
  ["noBarrelFile", 'export { a } from "./b.ts";\n'],
  ["noDefaultExport", "export default 1;\n"],
  ["noNonNullAssertion", "export const f = (a: string | undefined): string => a!;\n"],
  ["noEnum", "export enum A {\n  B,\n}\n"],
  ["noParameterAssign", "export function f(a: number): number {\n  a = 2;\n  return a;\n}\n"],
  ["useFilenamingConvention", "export const a = 1;\n", "src/core/NotKebab.ts"],
  ["noNestedTernary", "export const f = (a: number): number => (a > 1 ? 1 : a > 2 ? 2 : 3);\n"],
  ["noConsole", 'console.log("a");\n'],
  ["noExplicitAny", "export const a: any = 1;\n"],
  ["noRestrictedGlobals", 'export const a = fetch("https://example.org");\n'],
  ["noRestrictedImports", 'import { Hono } from "hono";\nexport const a = Hono;\n'],
  ["plugin", "export const a = Date.now();\n"],
  ["plugin", "export const a = Math.random();\n"],
];

/** Biome over a small tree of its own, with our configuration: planted faults never lie where other tests look. */
function reports(): ReadonlyMap<string, string> {
  const root = mkdtempSync(join(tmpdir(), "planted-"));
  try {
    cpSync("biome.json", join(root, "biome.json"));
    cpSync("scripts/lint", join(root, "scripts/lint"), { recursive: true });
    mkdirSync(join(root, "src/core"), { recursive: true });
    const files = [
      ...planted.map(([, code, file], index) => [file ?? `src/core/planted-${index}.ts`, code] as const),
      [CLEAN, "export const answer = 42;\n"] as const,
    ];
    for (const [file, code] of files) writeFileSync(join(root, file), code);
    return new Map(files.map(([file]) => [file, lint(root, file)]));
  } finally {
    rmSync(root, { recursive: true });
  }
}

function lint(root: string, file: string): string {
  const run = spawnSync(resolve("node_modules/.bin/biome"), ["lint", "--vcs-enabled=false", file], { cwd: root, encoding: "utf8" });
  return run.stdout + run.stderr;
}

const CLEAN = "src/core/clean.ts";
const reported = reports();

describe("a planted fault is reported by", () => {
  it.each(planted.map(([rule, , file], index) => [rule, file ?? `src/core/planted-${index}.ts`] as const))("%s", (rule, file) => {
    expect(reported.get(file)).toContain(rule);
  });
});

it("a clean file is not reported", () => expect(reported.get(CLEAN)).not.toMatch(/ lint\/| plugin /));
