/** How a question is put to a gateway: where, in whose name, and as which JSON. Only the new message is sent: the session has the rest. */
import type { MediaRef } from "../../core/turn.ts";
import { DELIVERY_HEADER } from "../native/request.ts";
import { decoys } from "./decoys.ts";
import type { ChatHandOver } from "./hand-over.ts";
import { isPdf, type Question } from "./question.ts";
import { sessionKey } from "./session-key.ts";
import { plainName } from "./words.ts";

export type Asking = Pick<ChatHandOver, "agent" | "isToolless">;

/** One of the two ways of a gateway to be asked, and how it spells what a message is made of. */
export interface Way {
  readonly path: string;
  /** The setting that turns it on. */
  readonly setting: string;
  readonly text: (text: string) => unknown;
  /** Ends with the string that the file's base64 is appended to. */
  readonly file: (media: MediaRef) => unknown;
  readonly frame: (content: unknown) => Readonly<Record<string, unknown>>;
}

/** @see https://docs.openclaw.ai/gateway/openai-http-api */
const chatCompletions: Way = {
  path: "/v1/chat/completions",
  setting: "gateway.http.endpoints.chatCompletions.enabled",
  text: (text) => ({ type: "text", text }),
  file: ({ mimeType }) => ({ type: "image_url", image_url: { url: `data:${mimeType};base64,` } }),
  frame: (content) => ({ messages: [{ role: "user", content }] }),
};

/** The one that takes documents. @see https://docs.openclaw.ai/gateway/openresponses-http-api */
const responses: Way = {
  path: "/v1/responses",
  setting: "gateway.http.endpoints.responses.enabled",
  text: (text) => ({ type: "input_text", text }),
  file: (media) => {
    const named = media.name === undefined ? {} : { filename: plainName(media.name) };
    const source = { type: "base64", media_type: media.mimeType, ...(isPdf(media) ? named : {}), data: "" };
    return { type: isPdf(media) ? "input_file" : "input_image", source };
  },
  frame: (content) => ({ input: [{ type: "message", role: "user", content }] }),
};

export const wayFor = ({ shown }: Question): Way => (shown.some(({ media }) => isPdf(media)) ? responses : chatCompletions);

/** A session is chosen by its key, an agent by the name of its model. */
export const frameOf = (way: Way, { agent, isToolless }: Asking, content: unknown): string =>
  JSON.stringify({
    model: `openclaw/${agent ?? "default"}`,
    stream: true,
    ...way.frame(content),
    ...(isToolless === true ? { tools: decoys() } : {}),
  });

/** No forwarding header but the configured one: a gateway answers 403 to stray ones. */
export function headersFor(request: ChatHandOver): Readonly<Record<string, string>> {
  const credentials = Object.entries(request.credentials).map(([name, secret]) => [name, secret.open()] as const);
  const forwarded = request.forwardedFor === undefined ? {} : { "x-forwarded-for": request.forwardedFor };
  const model = request.model === undefined ? {} : { "x-openclaw-model": request.model };
  return {
    "content-type": "application/json",
    accept: "text/event-stream, application/json",
    traceparent: request.traceparent,
    [DELIVERY_HEADER]: request.key,
    "x-openclaw-session-key": sessionKey(request),
    "x-openclaw-message-channel": request.channel,
    ...forwarded,
    ...model,
    ...Object.fromEntries(credentials),
  };
}

/** `https://gateway.example/base/` and `https://gateway.example/base` are the same root. */
export const addressOf = (way: Way, root: string): string => root.replace(/\/+$/, "") + way.path;
