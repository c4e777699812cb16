/** What lies on the disk of a local edge: when each file changed, and which messages were kept, read after workerd has gone. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Of every file: its size and the time it changed, as one text. */
export type Photograph = ReadonlyMap<string, { readonly bytes: number; readonly changedMs: number }>;

export function photograph(stateDir: string): Photograph {
  const names = readdirSync(stateDir, { recursive: true, encoding: "utf8" });
  return new Map(
    names.flatMap((name) => {
      const file = statSync(join(stateDir, name), { throwIfNoEntry: false });
      return file?.isFile() === true ? [[name, { bytes: file.size, changedMs: file.mtimeMs }] as const] : [];
    }),
  );
}

/** Objects and other files that changed, each once: a database is several files. */
export function changed(before: Photograph, after: Photograph): readonly string[] {
  const names = [...after].filter(([name, { changedMs }]) => before.get(name)?.changedMs !== changedMs).map(([name]) => name);
  return [...new Set(names.map((name) => name.replace(/\.sqlite(-wal|-shm)?$/, "")))].toSorted();
}

export const bytesOf = (photo: Photograph): number => [...photo.values()].reduce((sum, { bytes }) => sum + bytes, 0);

/** The key of every message that any conversation keeps or has kept: keys stay when what ended is cleared away. */
export function keptMessages(stateDir: string): ReadonlySet<string> {
  const kept = new Set<string>();
  for (const name of readdirSync(stateDir, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".sqlite") || !name.includes("-Conversation")) continue;
    const database = new DatabaseSync(join(stateDir, name));
    try {
      for (const message of messagesIn(database)) kept.add(message);
    } finally {
      database.close();
    }
  }
  return kept;
}

/** Beside the objects lies a database of their alarms, and an object may have died before its first table. */
function messagesIn(database: DatabaseSync): readonly string[] {
  const table = database.prepare("SELECT name FROM sqlite_schema WHERE name = 'seen'").get();
  if (table === undefined) return [];
  return database
    .prepare("SELECT key FROM seen")
    .all()
    .map(({ key }) => String(key));
}
