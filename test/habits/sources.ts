/** The product's sources as the habits read them: text, not syntax. Good enough to keep a direction, not a security boundary. */
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";

export const ROOMS = ["src", "durable-objects", "workers"] as const;

export const filesUnder = (dir: string, ending = ".ts"): readonly string[] =>
  readdirSync(dir, { recursive: true, encoding: "utf8" })
    .map((file) => posix.join(dir, file.replaceAll("\\", "/")))
    .filter((file) => file.endsWith(ending) && !file.includes("node_modules"));

export const productFiles = (): readonly string[] => ROOMS.flatMap((room) => filesUnder(room));

export const textOf = (file: string): string => readFileSync(file, "utf8");

export const linesOf = (file: string): number => textOf(file).split("\n").length - 1;

export const importsOf = (text: string): readonly string[] =>
  [...text.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((hit) => hit[1] ?? "");
