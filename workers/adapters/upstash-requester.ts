/**
 * One command to Upstash over its REST API: one try, within the time given, its answer checked. It stands in for the client's
 * own requester, which retries for seconds, follows redirects and reads bodies of any size.
 */
import type { Requester, UpstashRequest, UpstashResponse } from "@upstash/redis";
import * as z from "zod";
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

/** Rejects when Upstash cannot be reached, is slow, or answers anything but the limiter's reply or an error of Redis. */
export const upstashRequester = (access: UpstashAccess): Requester => ({
  request: async <T>(request: UpstashRequest): Promise<UpstashResponse<T>> => {
    const response = await send(access, request);
    if (response.status !== HTTP_OK && response.status !== HTTP_BAD_COMMAND) {
      await response.body?.cancel();
      throw new Error(`upstash answered http ${response.status}`);
    }
    const body: unknown = JSON.parse(await textUpTo(MAX_ANSWER_BYTES, response));
    // The cast: the client's type promises whatever its command names; this one runs a single script, checked here.
    return (response.status === HTTP_OK ? answerSchema.parse(body) : refusalSchema.parse(body)) as UpstashResponse<T>;
  },
});

function send({ url, token, http, timeoutMs }: UpstashAccess, request: UpstashRequest): Promise<Response> {
  return http.fetch([url.replace(/\/+$/, ""), ...(request.path ?? [])].join("/"), {
    method: "POST",
    redirect: "manual",
    headers: { authorization: `Bearer ${token.open()}`, "content-type": "application/json" },
    body: JSON.stringify(request.body),
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
