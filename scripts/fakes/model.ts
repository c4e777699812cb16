/**
 * A stand-in for a model behind an OpenAI-compatible API: it echoes what the person typed, and says which instance asked and at which turn
 * of its memory. Outermost edge only: the gateways before it are real. Calls no tool and obeys no system prompt; it remembers what it was given.
 * @see https://platform.openai.com/docs/api-reference/chat
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { answerJson, listen, readBody, sleep } from "./http-service.ts";
import { longAnswer } from "./long-answer.ts";
import { directive, plain, type Turn, typedTurns } from "./model-prompt.ts";
import { type Completion, completion, type Given, givenIn, textOf } from "./model-request.ts";

export interface ModelCall extends Given {
  readonly atMs: number;
  readonly instance: string;
  /** How many of the person's messages the instance remembers, this one included. */
  readonly turn: number;
  /** What the person typed, oldest first, as the instance remembers it. */
  readonly typed: readonly string[];
  readonly reply: string;
}

export interface Model {
  readonly url: string;
  /** The base URL that makes answers name this instance. */
  readonly baseUrl: (instance: string) => string;
  readonly calls: () => readonly ModelCall[];
  readonly stop: () => Promise<void>;
}

const PATH = /^\/([^/]+)\/v1\/(models|chat\/completions)$/;
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MODEL_ID = "echo-1";

export const echo = (instance: string, turn: number, text: string): string => `echo[${instance} turn=${turn}] ${text}`;

function replyTo(instance: string, asked: Completion): { readonly call: ModelCall; readonly last: Turn } {
  const turns = typedTurns(asked.messages.filter(({ role }) => role === "user").map((message) => textOf(message.content)));
  const typed = turns.map(plain);
  const last = turns.at(-1) ?? "";
  const short = echo(instance, turns.length, plain(last));
  const length = directive(last, "long");
  const reply = length === undefined ? short : longAnswer(short, length);
  return { call: { atMs: Date.now(), instance, turn: turns.length, typed, reply, ...givenIn(asked) }, last };
}

function answerWhole(response: ServerResponse, id: string, reply: string): void {
  const choice = { index: 0, message: { role: "assistant", content: reply }, finish_reason: "stop" };
  answerJson(response, 200, { id, object: "chat.completion", created: 0, model: MODEL_ID, choices: [choice], usage: USAGE });
}

const answerError = (response: ServerResponse, status: number, message: string): void =>
  answerJson(response, status, { error: { message, type: "fake" } });

const USAGE = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

/** Server-sent events: role, text, reason, usage, and the end mark. */
function answerStream(response: ServerResponse, id: string, reply: string): void {
  const frame = { id, object: "chat.completion.chunk", created: 0, model: MODEL_ID };
  const delta = (added: object, reason: string | null = null) => ({
    ...frame,
    choices: [{ index: 0, delta: added, finish_reason: reason }],
  });
  const frames = [
    delta({ role: "assistant", content: "" }),
    delta({ content: reply }),
    delta({}, "stop"),
    { ...frame, choices: [], usage: USAGE },
  ];
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for (const each of frames) response.write(`data: ${JSON.stringify(each)}\n\n`);
  response.end("data: [DONE]\n\n");
}

async function answerCompletion(calls: ModelCall[], instance: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES);
  const read = completion.safeParse(JSON.parse(body?.toString("utf8") || "null"));
  if (!read.success) return answerError(response, 400, "not a chat completion");
  const { call, last } = replyTo(instance, read.data);
  calls.push(call);
  await sleep(directive(last, "delay") ?? 0);
  const fault = directive(last, "fail");
  if (fault !== undefined) return answerError(response, fault, `asked to fail with ${fault}`);
  const answer = read.data.stream ? answerStream : answerWhole;
  answer(response, `chatcmpl-${calls.length}`, call.reply);
}

export async function startModel(port = 0): Promise<Model> {
  const calls: ModelCall[] = [];
  const service = await listen(port, (request, response, url) => {
    const [, instance = "", verb] = PATH.exec(url.pathname) ?? [];
    if (verb === undefined) return answerError(response, 404, "no such path");
    if (verb === "models") return answerJson(response, 200, { object: "list", data: [{ id: MODEL_ID, object: "model" }] });
    return answerCompletion(calls, instance, request, response);
  });
  return { url: service.url, baseUrl: (instance) => `${service.url}/${instance}/v1`, calls: () => calls, stop: service.close };
}
