/** The bundle's budget, in bytes and in words: how large the minified Worker may be, and what must never be inside it. Reads, never builds. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

export const MAX_GZIP_BYTES = 220 * 1024;

/** Each is a sign that something from outside the product, or a needless weight, was bundled. */
const FORBIDDEN: readonly (readonly [sign: RegExp, meaning: string])[] = [
  [/(?:from|import)\s*\(?\s*["']node:/, "imports a Node module"],
  [/cloudflare:test/, "holds test support"],
  [/\bminiflare\b/i, "holds Miniflare"],
  [/fast-check/, "holds the property tester"],
  [/Ungültige Eingabe|Entrée invalide/, 'holds all of zod\'s languages: write import { en } from "zod/locales"'],
  [/"ZodString"/, 'holds zod\'s methods: write import * as z from "zod/mini"'],
  [/Cloudflare location hint nearest to the thing/, "holds the schemas' sentences for operators"],
  [/\/__control\b/, "holds a stand-in for the outside world"],
  [/\bFAULT_POINT\b/, "holds the points at which tests kill it"],
];

export interface BundleReport {
  readonly bytes: number;
  readonly gzipBytes: number;
  readonly complaints: readonly string[];
}

export function checkBundle(code: string): BundleReport {
  const gzipBytes = gzipSync(code, { level: 9 }).byteLength;
  const tooLarge = gzipBytes > MAX_GZIP_BYTES ? [`is ${kib(gzipBytes)} gzipped, the budget is ${kib(MAX_GZIP_BYTES)}`] : [];
  const forbidden = FORBIDDEN.filter(([sign]) => sign.test(code)).map(([, meaning]) => meaning);
  return { bytes: Buffer.byteLength(code), gzipBytes, complaints: [...tooLarge, ...forbidden] };
}

/** Prints the report of one file; returns the exit code. */
export function reportBundle(file: string): 0 | 1 {
  const { bytes, gzipBytes, complaints } = checkBundle(readFileSync(file, "utf8"));
  console.log(`${file}: ${kib(bytes)}, ${kib(gzipBytes)} gzipped (budget ${kib(MAX_GZIP_BYTES)})`);
  for (const complaint of complaints) console.error(`${file}: the bundle ${complaint}`);
  return complaints.length === 0 ? 0 : 1;
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

if (import.meta.main) process.exitCode = reportBundle(process.argv[2] ?? "dist/index.js");
