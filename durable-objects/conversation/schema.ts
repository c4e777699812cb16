/**
 * The tables of a conversation and their numbered migrations. Additive only: an older Worker may still run beside a newer object.
 * `seen` has no rowid and no time index, so that a key costs one row written; `messages` carries attempt and mark in the row itself, and its body last: a scan
 * for what is waiting does not page through bodies. A trigger writes the key with its message: one statement, which needs no transaction of its own.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE seen (key TEXT PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE pins (pool TEXT PRIMARY KEY, instance TEXT NOT NULL, epoch INTEGER NOT NULL, at_ms INTEGER NOT NULL, is_used INTEGER NOT NULL, is_left INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE answered (instance TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE messages (
     seq INTEGER PRIMARY KEY,
     key TEXT NOT NULL,
     message_id TEXT NOT NULL,
     account TEXT NOT NULL,
     kind TEXT NOT NULL,
     chat TEXT NOT NULL,
     sender TEXT,
     pool TEXT NOT NULL,
     rule TEXT NOT NULL,
     trace TEXT NOT NULL,
     trace_id TEXT NOT NULL,
     content_type TEXT NOT NULL,
     bytes INTEGER NOT NULL,
     arrived_at_ms INTEGER NOT NULL,
     committed_at_ms INTEGER NOT NULL,
     expires_at_ms INTEGER,
     due_at_ms INTEGER NOT NULL,
     tries INTEGER NOT NULL,
     reached INTEGER NOT NULL,
     first_reached_at_ms INTEGER,
     attempt TEXT,
     maybe_at TEXT,
     held_since_ms INTEGER,
     last_detail TEXT,
     is_replay INTEGER NOT NULL,
     is_overheard INTEGER NOT NULL,
     state TEXT NOT NULL,
     outcome TEXT,
     instance TEXT,
     epoch INTEGER,
     ended_at_ms INTEGER,
     replayed_as INTEGER,
     body BLOB
   );
   CREATE TRIGGER first_seen AFTER INSERT ON messages WHEN NEW.is_replay = 0 BEGIN
     INSERT INTO seen (key, seq, at_ms) VALUES (NEW.key, NEW.seq, NEW.committed_at_ms);
   END;`,
  `ALTER TABLE messages ADD COLUMN reply TEXT;`,
  `ALTER TABLE pins ADD COLUMN moved_at_ms INTEGER;`,
  `CREATE TABLE said (seq INTEGER NOT NULL, who INTEGER NOT NULL, pool TEXT NOT NULL, at_ms INTEGER NOT NULL, cipher BLOB NOT NULL, PRIMARY KEY (seq, who)) WITHOUT ROWID;`,
  `ALTER TABLE messages ADD COLUMN movable_since_ms INTEGER;`,
  `ALTER TABLE messages ADD COLUMN tier TEXT;`,
];
