/**
 * A release, kept as a fixture: its Worker as it was built, and the storage it left behind in the middle of its work. Opened later, the
 * storage is moved to the present: every moment in it shifts by the time that went by, so that nothing in it is too old by then.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Bundle, readBundle } from "../edge/manifest.ts";

export const RELEASES = fileURLToPath(new URL("../../test/fixtures/releases/", import.meta.url).href);

interface Kept<Facts> {
  readonly recordedAtMs: number;
  /** What the test must know of the story that led here. */
  readonly facts: Facts;
  /** Path to content, base64. */
  readonly files: Readonly<Record<string, string>>;
}

/** Only what a start does not write anew. */
const KEPT = ["objects", "kv"];

export const releaseNames = (): readonly string[] => (existsSync(RELEASES) ? readdirSync(RELEASES).toSorted() : []);

const filesIn = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .toSorted();

export function keepRelease<Facts>(name: string, bundle: Bundle, left: { readonly stateDir: string; readonly facts: Facts }): void {
  const dir = join(RELEASES, name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "worker.js.gz"), gzipSync(readFileSync(join(bundle.dir, bundle.manifest.main)), { level: 9 }));
  writeFileSync(join(dir, "manifest.json"), `${JSON.stringify({ ...bundle.manifest, main: "worker.js" }, null, 2)}\n`);
  const files = filesIn(left.stateDir).filter((file) => KEPT.includes(file.split("/")[0] ?? ""));
  for (const file of files.filter(isDatabase)) compact(join(left.stateDir, file));
  const contents = filesIn(left.stateDir)
    .filter((file) => files.includes(file))
    .map((file) => [file, readFileSync(join(left.stateDir, file)).toString("base64")]);
  const kept: Kept<Facts> = { recordedAtMs: Date.now(), facts: left.facts, files: Object.fromEntries(contents) };
  writeFileSync(join(dir, "state.json.gz"), gzipSync(JSON.stringify(kept), { level: 9 }));
}

/** The Worker of a release, unpacked into `dir`. */
export function openWorker(name: string, dir: string): Bundle {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "worker.js"), gunzipSync(readFileSync(join(RELEASES, name, "worker.js.gz"))));
  writeFileSync(join(dir, "manifest.json"), readFileSync(join(RELEASES, name, "manifest.json")));
  return readBundle(dir);
}

/** The storage of a release, unpacked into `stateDir` as if it had been left `agoMs` ago. */
export function openState<Facts>(name: string, stateDir: string, agoMs: number): Facts {
  const kept = JSON.parse(gunzipSync(readFileSync(join(RELEASES, name, "state.json.gz"))).toString("utf8")) as Kept<Facts>;
  const byMs = Date.now() - agoMs - kept.recordedAtMs;
  for (const [file, content] of Object.entries(kept.files)) {
    mkdirSync(dirname(join(stateDir, file)), { recursive: true });
    writeFileSync(join(stateDir, file), Buffer.from(content, "base64"));
    if (isDatabase(file)) shiftDatabase(join(stateDir, file), { aboutMs: kept.recordedAtMs, byMs });
  }
  return kept.facts;
}

const isDatabase = (file: string): boolean => file.endsWith(".sqlite");

/** What a killed process left in the write-ahead log becomes part of the one file. */
function compact(file: string): void {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE; VACUUM;");
  database.close();
}

interface Shift {
  readonly aboutMs: number;
  readonly byMs: number;
}

/** A number this near to the recording is taken for a moment of it. */
const NEAR_MS = 400 * 86_400_000;
const MILLISECONDS_IN_TEXT = /\b\d{13}\b/g;

export const shiftedText = (value: string, { aboutMs, byMs }: Shift): string =>
  value.replace(MILLISECONDS_IN_TEXT, (digits) => (Math.abs(Number(digits) - aboutMs) < NEAR_MS ? `${Number(digits) + byMs}` : digits));

/** Moments in milliseconds, or in nanoseconds as workerd keeps alarms. */
function shiftedNumber(value: bigint, { aboutMs, byMs }: Shift): bigint {
  for (const unit of [1n, 1_000_000n]) {
    const distance = Number(value / unit) - aboutMs;
    if (Math.abs(distance) < NEAR_MS) return value + BigInt(byMs) * unit;
  }
  return value;
}

function shiftDatabase(file: string, shift: Shift): void {
  const database = new DatabaseSync(file);
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
  for (const { name } of tables) shiftTable(database, String(name), shift);
  database.close();
}

function shiftTable(database: DatabaseSync, table: string, shift: Shift): void {
  const columns = database
    .prepare(`PRAGMA table_info("${table}")`)
    .all()
    .map(({ name }) => String(name));
  for (const column of columns) {
    database.function("shifted", { useBigIntArguments: true }, (value) => {
      if (typeof value === "bigint") return shiftedNumber(value, shift);
      return typeof value === "string" ? shiftedText(value, shift) : value;
    });
    database.exec(`UPDATE "${table}" SET "${column}" = shifted("${column}") WHERE typeof("${column}") IN ('integer', 'text')`);
  }
}
