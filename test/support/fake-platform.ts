/** A stand-in for the Bot API behind `fetch`: counts bodies without keeping them, answers as told, and fails loudly on any other host. */
import { vi } from "vitest";

export interface PlatformCall {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** Of a body of at most 64 KiB. */
  readonly text: string;
  readonly bytes: number;
  readonly largestChunk: number;
}

export type Answer = (call: PlatformCall) => Response | Promise<Response>;

export const ok = (result: unknown): Response => Response.json({ ok: true, result });

export function fakePlatform(answer: Answer = () => ok(true)): PlatformCall[] {
  const calls: PlatformCall[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input as RequestInfo, init as RequestInit);
    if (!request.url.startsWith("https://telegram.test/")) throw new Error(`nobody expected a call to ${new URL(request.url).host}`);
    if (init?.redirect !== "manual") throw new Error("redirects must be manual");
    const call = { method: request.method, url: request.url, headers: request.headers, ...(await drain(request.body)) };
    calls.push(call);
    return answer(call);
  });
  return calls;
}

async function drain(body: ReadableStream<Uint8Array> | null) {
  const decoder = new TextDecoder();
  const read = { text: "", bytes: 0, largestChunk: 0 };
  for await (const chunk of body ?? []) {
    read.bytes += chunk.byteLength;
    read.largestChunk = Math.max(read.largestChunk, chunk.byteLength);
    if (read.bytes <= 64 * 1024) read.text += decoder.decode(chunk, { stream: true });
  }
  return read;
}
