/** How an answer leaves the stand-in gateway's `/v1`: streamed or whole, as a chat completion or as a response, in the order and shape of a real one. Outermost edge only. @see https://docs.openclaw.ai/gateway/openresponses-http-api */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { answerJson } from "./http-service.ts";
import { apiError, refuse } from "./instance-chat-refusal.ts";
import type { Asked, Endpoint } from "./instance-chat-request.ts";

export interface Voice {
  /** What is sent before the model speaks. */
  readonly begin: () => void;
  /** Resolves when the reader has room for more. */
  readonly say: (text: string) => Promise<void>;
  readonly finish: (reason: "stop" | "length") => void;
  /** The run failed, after it began. */
  readonly fail: (message: string) => void;
}

type Open = (response: ServerResponse, asked: Asked, signal: AbortSignal) => Voice;

const SSE = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", connection: "keep-alive" };
const DONE = "data: [DONE]\n\n";
const USAGE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const RESPONSE_USAGE = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };

const nowS = (): number => Math.floor(Date.now() / 1000);

async function write(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
  if (!response.write(text)) await once(response, "drain", { signal });
}

const streamedCompletion: Open = (response, { model }, signal) => {
  const frame = { id: `chatcmpl_${randomUUID()}`, object: "chat.completion.chunk", created: nowS(), model };
  const chunk = (delta: object, reason: string | null = null): string =>
    `data: ${JSON.stringify({ ...frame, choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
  return {
    begin: () => {
      response.writeHead(200, SSE);
      response.write(chunk({ role: "assistant" }));
    },
    say: (content) => write(response, chunk({ content }), signal),
    finish: (reason) => void response.end(chunk({}, reason) + DONE),
    fail: (message) => void response.end(`data: ${JSON.stringify({ error: { message, type: "api_error" } })}\n\n${DONE}`),
  };
};

const wholeCompletion: Open = (response, { model }) => {
  let content = "";
  return {
    begin: () => undefined,
    say: async (text) => {
      content += text;
    },
    finish: (reason) => {
      const choice = { index: 0, message: { role: "assistant", content }, finish_reason: reason };
      const frame = { id: `chatcmpl_${randomUUID()}`, object: "chat.completion", created: nowS(), model };
      answerJson(response, 200, { ...frame, choices: [choice], usage: USAGE });
    },
    fail: () => refuse(response, apiError(502)),
  };
};

/** The whole of a response at one moment. */
function resourceOf(model: string) {
  const identity = { id: `resp_${randomUUID()}`, object: "response", created_at: nowS() };
  return (status: string, output: readonly object[], error?: object): object => ({
    ...{ ...identity, status, model, output, usage: RESPONSE_USAGE },
    ...(error === undefined ? {} : { error }),
    ...(status === "incomplete" ? { incomplete_details: { reason: "max_output_tokens" } } : {}),
  });
}

const itemOf = (id: string, text: string, status: string): object => ({
  type: "message",
  id,
  role: "assistant",
  content: [{ type: "output_text", text }],
  ...(status === "in_progress" ? { content: [] } : { phase: "final_answer" }),
  status,
});

const failure = (message: string): object => ({ code: "server_error", message });
const statusOf = (reason: "stop" | "length"): "completed" | "incomplete" => (reason === "stop" ? "completed" : "incomplete");

const streamedResponse: Open = (response, { model }, signal) => {
  const resource = resourceOf(model);
  const id = `msg_${randomUUID()}`;
  const place = { item_id: id, output_index: 0, content_index: 0 };
  const event = (type: string, facts: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...facts })}\n\n`;
  let said = "";
  return {
    begin: () => {
      response.writeHead(200, SSE);
      response.write(event("response.created", { response: resource("in_progress", []) }));
      response.write(event("response.in_progress", { response: resource("in_progress", []) }));
      response.write(event("response.output_item.added", { output_index: 0, item: itemOf(id, "", "in_progress") }));
      response.write(event("response.content_part.added", { ...place, part: { type: "output_text", text: "" } }));
    },
    say: (delta) => {
      said += delta;
      return write(response, event("response.output_text.delta", { ...place, delta }), signal);
    },
    finish: (reason) => {
      const item = itemOf(id, said, statusOf(reason));
      response.write(event("response.output_text.done", { ...place, text: said }));
      response.write(event("response.content_part.done", { ...place, part: { type: "output_text", text: said } }));
      response.write(event("response.output_item.done", { output_index: 0, item }));
      response.end(event(`response.${statusOf(reason)}`, { response: resource(statusOf(reason), [item]) }) + DONE);
    },
    fail: (message) => void response.end(event("response.failed", { response: resource("failed", [], failure(message)) }) + DONE),
  };
};

const wholeResponse: Open = (response, { model }) => {
  const resource = resourceOf(model);
  let said = "";
  return {
    begin: () => undefined,
    say: async (text) => {
      said += text;
    },
    finish: (reason) => {
      const status = statusOf(reason);
      answerJson(response, 200, resource(status, [itemOf(`msg_${randomUUID()}`, said, status)]));
    },
    fail: (message) => answerJson(response, 502, resource("failed", [], failure(message))),
  };
};

const VOICES: Readonly<Record<Endpoint, readonly [streamed: Open, whole: Open]>> = {
  "/v1/chat/completions": [streamedCompletion, wholeCompletion],
  "/v1/responses": [streamedResponse, wholeResponse],
};

export function voiceOf(endpoint: Endpoint, asked: Asked, response: ServerResponse, signal: AbortSignal): Voice {
  const [streamed, whole] = VOICES[endpoint];
  return (asked.isStreamed ? streamed : whole)(response, asked, signal);
}
