/** What an instance gets back: an answer of ours in the platform's shape, or the platform's own with only what it may learn. Never the real token. */
import type { WireAnswer } from "../../src/channels/egress.ts";
import { textOf } from "../../src/core/bytes.ts";
import { parseJson } from "../../src/core/json.ts";
import { readAtMost } from "../../src/core/read-at-most.ts";
import { scrub } from "../../src/core/scrub.ts";
import type { Secret } from "../../src/core/secret.ts";

/** An error of a platform is a few hundred bytes; one that is larger is not read, and answered in our words. */
const MAX_ERROR_BYTES = 64 * 1024;

const PASSED_HEADERS = ["content-type", "retry-after"] as const;

export function wireResponse({ status, body }: WireAnswer, retryAfterMs?: number): Response {
  const headers = retryAfterMs === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  return Response.json(body, { status, headers });
}

/** The body flows through unseen; workerd keeps its length unless it had to unpack it. */
export function streamed(answer: Response): Response {
  return new Response(answer.body, { status: answer.status, headers: passedHeaders(answer.headers) });
}

export interface PlatformError {
  readonly response: Response;
  /** Its JSON, when it was JSON. */
  readonly body: unknown;
}

/** A refusal of the platform, small enough to read, with the token taken out: descriptions have echoed it. */
export async function readError(answer: Response, token: Secret): Promise<PlatformError | undefined> {
  const bytes = await readAtMost(answer.body, MAX_ERROR_BYTES);
  const text = bytes && textOf(bytes);
  if (text === undefined) return undefined;
  const clean = scrub(text, token);
  const parsed = parseJson(clean);
  const response = new Response(clean, { status: answer.status, headers: passedHeaders(answer.headers) });
  return { response, body: parsed.ok ? parsed.value : undefined };
}

function passedHeaders(headers: Headers): Headers {
  const passed = new Headers();
  for (const name of PASSED_HEADERS) {
    const value = headers.get(name);
    if (value !== null) passed.set(name, value);
  }
  return passed;
}
