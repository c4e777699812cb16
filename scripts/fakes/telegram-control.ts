/** How another process steers the stand-in for Telegram's servers: `/__control/<verb>`, JSON in and out. No part of the Bot API. */
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { answerJson, readBody } from "./http-service.ts";
import type { TelegramApi } from "./telegram-api.ts";

const to = { token: z.string().optional(), secret: z.string().optional(), url: z.string().optional() };
const deliver = z.object({ update: z.looseObject({ update_id: z.int() }), ...to });
const say = z.object({
  chat: z.int(),
  text: z.string(),
  from: z.int().exactOptional(),
  topic: z.int().exactOptional(),
  language: z.string().exactOptional(),
  updateId: z.int().exactOptional(),
  messageId: z.int().exactOptional(),
  kind: z.enum(["message", "edited_message"]).exactOptional(),
  ...to,
});
const failure = z.object({
  method: z.string().optional(),
  token: z.string().optional(),
  chat: z.union([z.string(), z.int()]).optional(),
  times: z.int().optional(),
  status: z.int().optional(),
  description: z.string().optional(),
  retryAfter: z.int().optional(),
  migrateTo: z.int().optional(),
  delayMs: z.int().optional(),
  isReset: z.boolean().optional(),
});

type Api = Omit<TelegramApi, "url" | "stop">;
type Verb = (api: Api, body: unknown, url: URL) => unknown;

const VERBS: Readonly<Record<string, Verb>> = {
  "GET calls": (api) => api.calls(),
  "GET sent": (api, _, url) => api.sent(url.searchParams.get("chat") ?? undefined),
  "GET deliveries": (api) => api.deliveries(),
  "GET violations": (api) => api.violations(),
  "GET bots": (api) =>
    [...api.bots.values()].map(({ id, webhook, waiting, lastError }) => ({ id, webhook, waiting: waiting.length, lastError })),
  "POST deliver": async (api, body) => {
    const { update, ...where } = deliver.parse(body);
    return (await api.deliver(update, where)) ?? null;
  },
  "POST say": async (api, body) => {
    const { token, secret, url, ...said } = say.parse(body);
    return (await api.say(said, { token, secret, url })) ?? null;
  },
  "POST fail": (api, body) => api.fail(failure.parse(body)) ?? null,
  "POST file": (api, body) => api.addFile(z.object({ bytes: z.int() }).parse(body).bytes),
};

const MAX_BODY_BYTES = 4 * 1024 * 1024;

export async function answerControl(api: Api, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const verb = VERBS[`${request.method} ${url.pathname.slice("/__control/".length)}`];
  if (verb === undefined) return answerJson(response, 404, { error: `verbs: ${Object.keys(VERBS).join(", ")}` });
  const text = (await readBody(request, MAX_BODY_BYTES))?.toString("utf8") ?? "";
  try {
    answerJson(response, 200, await verb(api, text === "" ? undefined : JSON.parse(text), url));
  } catch (error) {
    answerJson(response, 400, { error: String(error) });
  }
}
