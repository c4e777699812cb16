/**
 * The limiter's script, run by Upstash over its REST API: one try, within the time given, its answer checked. It stands in for the
 * client, which retries for seconds, follows redirects, reads bodies of any size, and is a twelfth of the bundle for these two commands.
 * @see https://upstash.com/docs/redis/features/restapi
 */
import type { Redis } from "@upstash/redis";
import * as z from "zod/mini";
import type { Secret } from "../../src/core/secret.ts";
import type { Http } from "../../src/ports/http.ts";

export interface UpstashAccess {
  readonly url: string;
  readonly token: Secret;
  readonly http: Http;
  readonly timeoutMs: number;
}

const MAX_ANSWER_BYTES = 65_536;

/** @see https://upstash.com/docs/redis/features/restapi#http-codes */
const HTTP_OK = 200;
const HTTP_BAD_COMMAND = 400;

/** The limiter's script answers three integers: tokens left, when the next ones come, the limit. */
const answerSchema = z.looseObject({ result: z.tuple([z.number(), z.number(), z.number()]) });
const refusalSchema = z.looseObject({ error: z.string() });

type Script = readonly [name: string, keys: readonly string[], values: readonly unknown[]];

/** All the limiter asks of a client. Both reject when Upstash cannot be reached, is slow, or answers anything but the limiter's reply. */
export function upstashScripts(access: UpstashAccess): Redis {
  const scripts = {
    evalsha: (...script: Script) => run(access, "evalsha", script),
    eval: (...script: Script) => run(access, "eval", script),
  };
  // The cast: the limiter's type asks for the whole client, its code for these two commands.
  return scripts as unknown as Redis;
}

async function run(access: UpstashAccess, command: "evalsha" | "eval", [name, keys, values]: Script): Promise<unknown> {
  const response = await send(access, [command, name, keys.length, ...keys, ...values]);
  if (response.status !== HTTP_OK && response.status !== HTTP_BAD_COMMAND) {
    await response.body?.cancel();
    throw new Error(`upstash answered http ${response.status}`);
  }
  const body: unknown = JSON.parse(await textUpTo(MAX_ANSWER_BYTES, response));
  if (response.status === HTTP_OK) return answerSchema.parse(body).result;
  // In Redis's own words: by them the limiter knows that its script must be sent whole.
  throw new Error(refusalSchema.parse(body).error);
}

function send({ url, token, http, timeoutMs }: UpstashAccess, command: readonly unknown[]): Promise<Response> {
  return http.fetch(url.replace(/\/+$/, ""), {
    method: "POST",
    redirect: "manual",
    headers: { authorization: `Bearer ${token.open()}`, "content-type": "application/json" },
    body: JSON.stringify(command),
    signal: AbortSignal.timeout(timeoutMs),
  });
}

async function textUpTo(maxBytes: number, response: Response): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`upstash answered more than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
