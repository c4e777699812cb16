/**
 * The bare commit: a Worker that hands the body to the SQLite object named by the path, which inserts one row. It verifies, parses, routes
 * and delivers nothing: the least that a durable acknowledgement by an object costs in this runtime.
 */
import { DurableObject } from "cloudflare:workers";

export class Ledger extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS rows (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, body BLOB NOT NULL)");
  }

  insert(body) {
    this.ctx.storage.sql.exec("INSERT INTO rows (at_ms, body) VALUES (?, ?)", Date.now(), body);
  }
}

// biome-ignore lint/style/noDefaultExport: a Worker's entry
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const body = await request.arrayBuffer();
    await env.LEDGER.get(env.LEDGER.idFromName(pathname)).insert(body);
    return new Response(null, { status: 200 });
  },
};
