/** Whatever is thrown is a bug of ours: caught once, logged once, answered with nothing that helps anybody but the caller's retry. */
import type { Context } from "hono";
import { jsonLog } from "../durable-objects/runtime.ts";

export function answerBug(error: Error, context: Context): Response {
  jsonLog.write({
    level: "error",
    event: "worker.error",
    path: new URL(context.req.url).pathname.split("/").slice(0, 3).join("/"),
    detail: String(error),
  });
  return new Response(null, { status: 503, headers: { "retry-after": "5" } });
}
