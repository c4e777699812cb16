/** Reads a request body whole, capped while reading. workerd does not inflate: an encoded body is refused instead of guessed at. */
import type { Problem } from "../src/core/problem.ts";
import { fail, ok, type Result } from "../src/core/result.ts";

export async function readBody(request: Request, maxBytes: number): Promise<Result<Uint8Array<ArrayBuffer>, Problem>> {
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") return fail({ kind: "body-encoded", encoding: encoding.slice(0, 40) });
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return fail({ kind: "body-too-large", maxBytes });
  if (request.body === null) return ok(new Uint8Array());
  try {
    return isSized(request.headers) ? ok(new Uint8Array(await request.arrayBuffer())) : await readCapped(request.body, maxBytes);
  } catch (error) {
    return fail({ kind: "body-unreadable", detail: String(error) });
  }
}

/** A body whose length stands at its head ends there, whatever the sender goes on to send; reading it in one piece costs a tenth of chunks. */
const isSized = (headers: Headers): boolean => headers.has("content-length") && !headers.has("transfer-encoding");

async function readCapped(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Result<Uint8Array<ArrayBuffer>, Problem>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > maxBytes) return fail({ kind: "body-too-large", maxBytes });
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return ok(whole);
}
