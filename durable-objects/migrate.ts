/** Numbered migrations for an object's SQLite: each runs once, in order, in one transaction. Used by every object's storage. */
import { blockAt, FAULTS } from "./fault-point.ts";

/** `user_version` is not available to objects, so the number stands in a table of its own; reading it costs one row. */
export function migrate(storage: DurableObjectStorage, migrations: readonly string[]): void {
  storage.sql.exec("CREATE TABLE IF NOT EXISTS schema_version (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL)");
  const row = storage.sql.exec<{ version: number }>("SELECT version FROM schema_version").toArray()[0];
  const done = row?.version ?? 0;
  if (done >= migrations.length) return;
  storage.transactionSync(() => {
    for (const migration of migrations.slice(done)) storage.sql.exec(migration);
    if (FAULTS) blockAt("inMigration");
    storage.sql.exec(
      "INSERT INTO schema_version (one, version) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET version = excluded.version",
      migrations.length,
    );
  });
}
