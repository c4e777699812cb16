/**
 * `/admin/dead`: messages that ended as dead, and sending them again. The list is an index; the conversation keeps the letter.
 * A body is private and leaves only when it is asked for by name.
 */
import { Hono } from "hono";
import * as z from "zod/mini";
import { replayDead, showLetter } from "../../durable-objects/conversation/stub.ts";
import type { Env } from "../../durable-objects/env.ts";
import { systemClock } from "../../durable-objects/runtime.ts";
import { dueDead, listDead, shardsOf } from "../../durable-objects/shard/stub.ts";
import type { ConversationRef } from "../../src/core/conversation-ref.ts";
import { readDeadId } from "../../src/core/dead-id.ts";
import { residenciesOf } from "../sweep.ts";
import { answerError, logChange, notFound } from "./answer.ts";
import { limitOf, nameIn, readInput, readQuery } from "./read.ts";
import { inForce } from "./snapshot.ts";

const PREFIX = "/admin/dead/";
const UNKNOWN = notFound("unknown-letter", "No dead letter has this id, or it is no longer kept. GET /admin/dead lists them.");

export const deadApp = new Hono<{ Bindings: Env }>();

const listSchema = z.strictObject({ account: z.optional(z.string()), limit: limitOf(500, 50) });

deadApp.get("/admin/dead", async (context) => {
  const query = readQuery(context, listSchema);
  if (!query.ok) return answerError(context, query.problem);
  const { account, limit } = query.value;
  const dead = await listedDead(context.env, limit, account);
  return dead === undefined ? answerError(context, (await noRoutes(context.env)) ?? UNKNOWN) : context.json({ dead });
});

const batchSchema = z.strictObject({
  account: z.optional(z.string()),
  limit: z._default(z.int().check(z.minimum(1), z.maximum(100)), 20),
  perSecond: z._default(z.number().check(z.minimum(0.1), z.maximum(50)), 5),
  /** Only letters that died until then: a letter that dies again while a batch runs is not sent a third time. */
  beforeMs: z.optional(z.int().check(z.positive())),
});

/** Oldest first, because that is the order in which they were written. Paced: an instance just back on its feet gets no flood. */
deadApp.post("/admin/dead/replay", async (context) => {
  const input = await readInput(context, batchSchema);
  if (!input.ok) return answerError(context, input.problem);
  const { account, limit, perSecond, beforeMs = systemClock.nowMs() } = input.value;
  const snapshot = await inForce(context.env);
  if (!snapshot.ok) return answerError(context, snapshot.problem);
  const filter = { limit: MOST_LISTED, untilMs: beforeMs, ...(account === undefined ? {} : { account }) };
  const due = await dueDead(context.env, residenciesOf(snapshot.value.routes), filter);
  const results: { readonly id: string; readonly result: "replayed" | "gone" }[] = [];
  for (const { id } of due.letters.slice(0, limit)) {
    if (results.length > 0) await systemClock.sleep(1000 / perSecond);
    results.push({ id, result: await replayOne(context.env, id) });
  }
  const replayed = results.filter(({ result }) => result === "replayed").length;
  const counts = { replayed, gone: results.length - replayed, remaining: due.count - results.length };
  logChange(context, "admin.dead-replayed", { account: account ?? "", ...counts });
  return context.json({ ...counts, beforeMs, results });
});

deadApp.get(`${PREFIX}:id`, async (context) => {
  const named = readDeadId(nameIn(context, PREFIX) ?? "");
  const withBody = context.req.query("body") === "1";
  const letter = named && (await showLetter(context.env, named.ref, named.seq, withBody));
  if (letter === undefined) return answerError(context, UNKNOWN);
  if (withBody) logChange(context, "admin.dead-read", { account: letter.account });
  const privacy = withBody ? { notice: "body is what a person wrote to the bot: private. Reading it was logged." } : {};
  return context.json({
    id: context.req.param("id"),
    conversation: named?.ref.key,
    residency: named?.ref.residency ?? null,
    ...letter,
    ...privacy,
  });
});

deadApp.post(`${PREFIX}:id/replay`, async (context) => {
  const id = nameIn(context, PREFIX, "/replay") ?? "";
  const named = readDeadId(id);
  const letter = named && (await showLetter(context.env, named.ref, named.seq, false));
  if (named === undefined || letter === undefined || letter.state !== "dead") return answerError(context, UNKNOWN);
  const missing = await noRoutes(context.env);
  if (missing !== undefined) return answerError(context, missing);
  const result = await replayOne(context.env, id);
  logChange(context, "admin.dead-replayed", { account: letter.account, result });
  if (result === "replayed") return context.json({ id, result, conversation: named.ref.key }, 202);
  const message = "This letter was sent again before, or its body is no longer kept: it has been taken off the list.";
  return answerError(context, { status: 409, code: "not-replayable", message });
});

/** Of each shard. */
const MOST_LISTED = 500;

async function listedDead(env: Env, limit: number, account?: string) {
  const snapshot = await inForce(env);
  if (!snapshot.ok) return undefined;
  return listDead(env, residenciesOf(snapshot.value.routes), account === undefined ? { limit } : { limit, account });
}

async function noRoutes(env: Env) {
  const snapshot = await inForce(env);
  return snapshot.ok ? undefined : snapshot.problem;
}

/** Sent again, or nothing there to send; either way it is no longer listed. Rejects when the conversation cannot be asked. */
async function replayOne(env: Env, id: string): Promise<"replayed" | "gone"> {
  const named: { readonly ref: ConversationRef; readonly seq: number } | undefined = readDeadId(id);
  if (named === undefined) return "gone";
  const isReplayed = await replayDead(env, named.ref, named.seq);
  await shardsOf(env).removeDead(named.ref, id);
  return isReplayed ? "replayed" : "gone";
}
