/**
 * Durable counters. All series of one histogram share a row, because a flush that observes one latency touches up to sixteen
 * of them and each row is paid for. It never loses an increment: reading and writing are one synchronous step of the object.
 */
import { addDeltas, type Delta } from "../../src/core/series.ts";
import { groupOf } from "../../src/core/series-parts.ts";

export function addCounters(sql: SqlStorage, delta: Delta): void {
  const groups = Map.groupBy(Object.entries(delta), ([name]) => groupOf(name));
  for (const [group, increments] of groups) {
    const totals = JSON.stringify(addDeltas(readGroup(sql, group), Object.fromEntries(increments)));
    const upsert = "ON CONFLICT (series_group) DO UPDATE SET totals = excluded.totals";
    sql.exec(`INSERT INTO counters (series_group, totals) VALUES (?, ?) ${upsert}`, group, totals);
  }
}

function readGroup(sql: SqlStorage, group: string): Delta {
  const row = sql.exec<{ totals: string }>("SELECT totals FROM counters WHERE series_group = ?", group).toArray()[0];
  return row === undefined ? {} : (JSON.parse(row.totals) as Delta);
}

export function readCounters(sql: SqlStorage): Delta {
  const rows = sql.exec<{ totals: string }>("SELECT totals FROM counters").toArray();
  return Object.assign({}, ...rows.map(({ totals }) => JSON.parse(totals) as Delta)) as Delta;
}
