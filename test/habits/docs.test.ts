import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { filesUnder } from "./sources.ts";

const docs = ["README.md", ...filesUnder("docs", ".md")].filter((file) => existsSync(file));
const ROOTS = /^(?:src|workers|durable-objects|test|scripts|docs)\/[\w./*-]+$/;
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

/** Paths in backticks that claim to be of this project. */
const pathsIn = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`\s]+)`/g)].map((hit) => hit[1] ?? "").filter((path) => ROOTS.test(path) && !path.includes("*"));

const scriptsIn = (text: string): readonly string[] => [...text.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map((hit) => hit[1] ?? "");
const linksIn = (text: string): readonly string[] => [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((hit) => hit[1] ?? "");

it("there are docs to read", () => expect(docs.length).toBeGreaterThan(5));

describe.each(docs)("%s", (doc) => {
  const text = readFileSync(doc, "utf8");
  const folder = doc.includes("/") ? doc.slice(0, doc.lastIndexOf("/") + 1) : "";

  it("names only files that exist", () => expect(pathsIn(text).filter((path) => !existsSync(path))).toEqual([]));
  it("names only scripts that exist", () => expect(scriptsIn(text).filter((name) => manifest.scripts[name] === undefined)).toEqual([]));
  it("links only to what exists", () => expect(linksIn(text).filter((link) => !existsSync(folder + link))).toEqual([]));
});

it("a ghost would be found", () => {
  expect(pathsIn("see `src/core/ghost.ts`").filter((path) => !existsSync(path))).toEqual(["src/core/ghost.ts"]);
});

it("decisions are numbered without gaps", () => {
  const numbers = readdirSync("docs/decisions").map((file) => Number(file.slice(0, 4)));
  expect(numbers.toSorted((left, right) => left - right)).toEqual(numbers.map((_, index) => index + 1));
});

it("the top level holds what it should and nothing else", () => {
  const allowed =
    /^(?:src|workers|durable-objects|test|scripts|docs|README\.md|LICENSE|package(?:-lock)?\.json|tsconfig\.json|wrangler\.toml|biome\.json|vitest\.(?:redis\.)?config\.ts|routes\.example\.jsonc|worker-configuration\.d\.ts|dist|node_modules|coverage|\..+)$/;
  expect(readdirSync(".").filter((entry) => !allowed.test(entry))).toEqual([]);
});
