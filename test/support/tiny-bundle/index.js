/** A Worker that has one of everything the runner must provide; tests of the runner use it so that they do not depend on the product. */
import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS entries (n INTEGER PRIMARY KEY, entry TEXT)");
  }
  add(entry) {
    this.ctx.storage.sql.exec("INSERT INTO entries (entry) VALUES (?)", entry);
    return this.entries();
  }
  entries() {
    return this.ctx.storage.sql
      .exec("SELECT entry FROM entries ORDER BY n")
      .toArray()
      .map((row) => row.entry);
  }
  async wakeIn(ms) {
    await this.ctx.storage.setAlarm(Date.now() + ms);
    return this.entries();
  }
  alarm() {
    this.add("alarm");
  }
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const counter = env.COUNTER.get(env.COUNTER.idFromName("one"));
    const value = searchParams.get("v") ?? "";
    console.log(JSON.stringify({ event: "request", pathname }));
    if (pathname === "/add") return Response.json(await counter.add(value));
    if (pathname === "/entries") return Response.json(await counter.entries());
    if (pathname === "/wake") return Response.json(await counter.wakeIn(Number(value)));
    if (pathname === "/routes") return new Response(await env.ROUTES.get("routes", { cacheTtl: 30 }));
    if (pathname === "/push") return new Response(await env.ROUTES.put("routes", value));
    if (pathname === "/var") return Response.json(env[value] ?? null);
    if (pathname === "/fetch") return new Response((await fetch(value, { redirect: "manual" })).body);
    return Response.json({ ok: true });
  },
  async scheduled(controller, env) {
    await env.COUNTER.get(env.COUNTER.idFromName("one")).add(`${controller.cron} at ${controller.scheduledTime}`);
  },
};
