/** What the stand-in gateway's `/v1` is asked: a chat completion or a response in, the person's last words and files out; everything else is ignored. Outermost edge only. */
import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import * as z from "zod";
import { headerOf } from "./instance-chat-caller.ts";
import { invalid, type Refusal } from "./instance-chat-refusal.ts";

export interface Attachment {
  readonly mimeType: string;
  readonly bytes: number;
  readonly name?: string;
}

export interface Asked {
  readonly model: string;
  readonly isStreamed: boolean;
  readonly user: string | undefined;
  /** The last user message's words. */
  readonly text: string;
  /** How many messages came with it, itself included. */
  readonly messages: number;
  readonly images: readonly Attachment[];
  readonly files: readonly Attachment[];
}

export type Endpoint = "/v1/chat/completions" | "/v1/responses";

const MAX_IMAGES = 8;
const MAX_IMAGE_BYTES = 10 * 1024 * 1024;
const MAX_FILE_BYTES = 5 * 1024 * 1024;
const IMAGE = /^image\/(?:jpeg|png|gif|webp|heic|heif)$/;
const FILE = /^(?:text\/(?:plain|markdown|html|csv)|application\/(?:json|pdf))$/;
const DATA_URL = /^data:([^;,]+);base64,(.*)$/s;

const source = z.looseObject({
  type: z.string(),
  media_type: z.string().default(""),
  data: z.base64().default(""),
  filename: z.string().exactOptional(),
});
const part = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  image_url: z.looseObject({ url: z.string() }).optional(),
  source: source.optional(),
});
const message = z.looseObject({ type: z.literal("message").optional(), role: z.string(), content: z.union([z.string(), z.array(part)]) });
const common = { model: z.string().default("openclaw"), stream: z.boolean().default(false), user: z.string().optional() };
const completion = z.looseObject({ ...common, messages: z.array(message) });
const response = z.looseObject({ ...common, input: z.union([z.string(), z.array(message.extend({ type: z.literal("message") }))]) });

type Part = z.infer<typeof part>;

const sizeOf = (base64: string): number => Buffer.byteLength(base64, "base64");

function attachmentOf({ image_url, source: given }: Part): Attachment {
  const [, mimeType = "", data = ""] = DATA_URL.exec(image_url?.url ?? "") ?? [];
  if (given === undefined) return { mimeType, bytes: sizeOf(data) };
  const { media_type, data: base64, filename } = given;
  return { mimeType: media_type, bytes: sizeOf(base64), ...(filename === undefined ? {} : { name: filename }) };
}

const textOf = (parts: readonly Part[]): string => parts.flatMap(({ text }) => (text === undefined ? [] : [text])).join("\n");

/** Addresses to fetch from are not followed: they count as empty, and what is empty is refused. */
const isFit = (kind: RegExp, maxBytes: number) => (file: Attachment) =>
  kind.test(file.mimeType) && file.bytes > 0 && file.bytes <= maxBytes;

function parse(endpoint: Endpoint, body: unknown) {
  if (endpoint === "/v1/chat/completions") return completion.safeParse(body);
  const read = response.safeParse(body);
  if (!read.success) return read;
  const { input, ...rest } = read.data;
  const messages = typeof input === "string" ? [{ role: "user", content: input }] : input;
  return { success: true as const, data: { ...rest, messages } };
}

/** What is wrong with the last user message, in the endpoint's words. */
function complaint(endpoint: Endpoint, { text, images, files }: Pick<Asked, "text" | "images" | "files">): Refusal | undefined {
  const isCompletion = endpoint === "/v1/chat/completions";
  if (images.length > MAX_IMAGES || !images.every(isFit(IMAGE, MAX_IMAGE_BYTES)) || !files.every(isFit(FILE, MAX_FILE_BYTES))) {
    return invalid(isCompletion ? "Invalid image_url content in `messages`." : "invalid request");
  }
  if (text.trim() !== "" || (isCompletion && images.length > 0)) return undefined;
  return invalid(`Missing user message in \`${isCompletion ? "messages" : "input"}\`.`);
}

export function readAsked(endpoint: Endpoint, body: unknown): Asked | Refusal {
  const read = parse(endpoint, body);
  if (!read.success) {
    const { path = [], message: words = "" } = read.error.issues[0] ?? {};
    return invalid(`${path.join(".")}: ${words}`);
  }
  const { model, stream, user, messages } = read.data;
  const content = messages.findLast(({ role }) => role === "user")?.content ?? "";
  const parts = typeof content === "string" ? [{ type: "text", text: content }] : content;
  const images = parts.filter(({ type }) => type === "image_url" || type === "input_image").map(attachmentOf);
  const files = parts.filter(({ type }) => type === "input_file").map(attachmentOf);
  const said = { text: textOf(parts), images, files };
  return complaint(endpoint, said) ?? { model, isStreamed: stream, user, messages: messages.length, ...said };
}

const MODEL = /^(?:openclaw[:/]|agent:)([a-z0-9][a-z0-9_-]{0,63})$/i;

/** The agent that `model` or a header names. */
export function agentOf(model: string, headers: IncomingHttpHeaders, agents: readonly string[]): string | Refusal {
  const isDefault = /^openclaw(?:\/default)?$/i.test(model.trim());
  const named = isDefault ? agents[0] : MODEL.exec(model.trim())?.[1]?.toLowerCase();
  if (named === undefined) return invalid("Invalid `model`. Use `openclaw` or `openclaw/<agentId>`.");
  const agent = headerOf(headers, "x-openclaw-agent-id") ?? named;
  return agents.includes(agent) ? agent : invalid(`Unknown agent '${agent}'.`);
}

/** The header's key, a full one verbatim; else one of the `user`; else one of its own. */
export function sessionOf(endpoint: Endpoint, headers: IncomingHttpHeaders, agent: string, user: string | undefined): string | Refusal {
  const key = headerOf(headers, "x-openclaw-session-key");
  if (key !== undefined && /^(?:agent:[^:]+:)?(?:subagent|cron|acp):/i.test(key)) {
    return invalid("`x-openclaw-session-key` cannot use reserved internal session namespaces.");
  }
  if (key !== undefined) return key.startsWith("agent:") ? key : `agent:${agent}:${key}`;
  const kind = endpoint === "/v1/chat/completions" ? "openai" : "openresponses";
  return user === undefined ? `agent:${agent}:${kind}:${randomUUID()}` : `agent:${agent}:${kind}-user:${user}`;
}
