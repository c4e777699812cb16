/** The tables of a shard and their numbered migrations. None has a rowid or a second index: a row costs one row written. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE counters (series_group TEXT PRIMARY KEY, totals TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE flushes (conversation TEXT PRIMARY KEY, serial INTEGER NOT NULL, instance TEXT, at_ms INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE pending (conversation TEXT PRIMARY KEY, poked_at_ms INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE dead (
     id TEXT PRIMARY KEY,
     account TEXT NOT NULL,
     conversation TEXT NOT NULL,
     message_id TEXT NOT NULL,
     pool TEXT NOT NULL,
     reason TEXT NOT NULL,
     at_ms INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE quotas (name TEXT PRIMARY KEY, tokens REAL NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE permits (pool TEXT NOT NULL, permit TEXT NOT NULL, lapses_at_ms INTEGER NOT NULL, PRIMARY KEY (pool, permit)) WITHOUT ROWID;`,
  `CREATE TABLE answers (key TEXT PRIMARY KEY, pool TEXT NOT NULL, ends_at_ms INTEGER NOT NULL, text TEXT NOT NULL) WITHOUT ROWID;`,
  `CREATE TABLE near_answers (
     alike TEXT NOT NULL,
     key TEXT NOT NULL,
     pool TEXT NOT NULL,
     ends_at_ms INTEGER NOT NULL,
     direction BLOB NOT NULL,
     text TEXT NOT NULL,
     PRIMARY KEY (alike, key)
   ) WITHOUT ROWID;`,
];
