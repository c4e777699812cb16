/** How another process steers the stand-in for Meta's Graph API: `/__control/<verb>`, JSON in and out. No part of the Graph API. */
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import type { GraphApi } from "./graph-api.ts";
import { MEDIA_FAULTS } from "./graph-media.ts";
import { answerJson, readBody } from "./http-service.ts";

const json = z.record(z.string(), z.unknown());
const to = z.object({
  url: z.string().exactOptional(),
  number: z.string().exactOptional(),
  secret: z.string().exactOptional(),
  encoding: z.enum(["escaped", "utf8", "plain"]).exactOptional(),
  signing: z.enum(["bytes", "escaped", "plain", "forged", "legacy", "none"]).exactOptional(),
});
const said = z.strictObject({
  number: z.string().exactOptional(),
  from: z.string().exactOptional(),
  userId: z.string().exactOptional(),
  name: z.string().exactOptional(),
  text: z.string().exactOptional(),
  type: z.string().exactOptional(),
  content: json.exactOptional(),
  media: z.string().exactOptional(),
  group: z.string().exactOptional(),
  context: json.exactOptional(),
  id: z.string().exactOptional(),
  atMs: z.number().exactOptional(),
});
const status = z.strictObject({
  number: z.string().exactOptional(),
  id: z.string(),
  status: z.enum(["sent", "delivered", "read", "failed", "played"]),
  to: z.string(),
  userId: z.string().exactOptional(),
  code: z.int().exactOptional(),
  atMs: z.number().exactOptional(),
});
const item = z.discriminatedUnion("kind", [
  said.extend({ kind: z.literal("said") }),
  status.extend({ kind: z.literal("status") }),
  z.strictObject({ kind: z.literal("field"), field: z.string(), value: json, number: z.string().exactOptional() }),
]);
const failure = z.strictObject({
  kind: z.enum(["message", "read", "media", "settings"]).optional(),
  number: z.string().optional(),
  to: z.string().optional(),
  times: z.int().optional(),
  code: z.int().optional(),
  status: z.int().optional(),
  details: z.string().optional(),
  retryAfterS: z.int().optional(),
  delayMs: z.int().optional(),
  drop: z.boolean().optional(),
  afterTaking: z.boolean().optional(),
  asStatus: z.boolean().optional(),
});
const media = z.strictObject({
  content: z.string().exactOptional(),
  bytes: z.int().exactOptional(),
  mimeType: z.string().exactOptional(),
  fileName: z.string().exactOptional(),
  voice: z.boolean().exactOptional(),
  fault: z.enum(MEDIA_FAULTS).exactOptional(),
});

type Api = Omit<GraphApi, "url" | "stop">;
type Verb = (api: Api, body: unknown, url: URL) => unknown;

const VERBS: Readonly<Record<string, Verb>> = {
  "GET calls": (api) => api.calls(),
  "GET sent": (api, _, url) => api.sent(url.searchParams.get("to") ?? undefined),
  "GET reads": (api) => api.reads(),
  "GET deliveries": (api) => api.deliveries(),
  "GET statuses": (api) => api.statusesSent(),
  "GET strays": (api) => api.strays(),
  "GET numbers": (api) =>
    [...api.numbers.values()].map(({ id, waba, display, callback, sent }) => ({ id, waba, display, callback, sent: sent.length })),
  "POST deliver": async (api, body) => {
    const { payload, ...where } = to.extend({ payload: json }).parse(body);
    return (await api.deliver(payload, where)) ?? null;
  },
  "POST batch": async (api, body) => {
    const { items, ...where } = to.extend({ items: z.array(item) }).parse(body);
    return (await api.deliverBatch(items, where)) ?? null;
  },
  "POST say": async (api, body) => {
    const { to: where = {}, ...words } = said.extend({ to: to.exactOptional() }).parse(body);
    return (await api.say(words, where)) ?? null;
  },
  "POST fail": (api, body) => api.fail(failure.parse(body)) ?? null,
  "POST media": (api, body) => api.addMedia(media.parse(body)),
  "POST callback": (api, body) => {
    const { url, number } = z.object({ url: z.string(), number: z.string().optional() }).parse(body);
    return api.setCallback(url, number) ?? null;
  },
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
