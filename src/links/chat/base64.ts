/** Base64 of a stream, chunk by chunk: a file is never in memory as a whole. @see https://www.rfc-editor.org/rfc/rfc4648#section-4 */
import { utf8 } from "../../core/bytes.ts";

const ALPHABET = utf8("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PAD = 61;

/** Ends the stream's reading when it is given up. */
export async function* base64Of(reader: Pick<ReadableStreamDefaultReader<Uint8Array>, "read">): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let rest: Uint8Array = new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const bytes = rest.length === 0 ? value : joined(rest, value);
    const whole = bytes.length - (bytes.length % 3);
    if (whole > 0) yield encoded(bytes.subarray(0, whole));
    // A copy: the sender may use its buffer again.
    rest = bytes.slice(whole);
  }
  if (rest.length > 0) yield encoded(rest);
}

function encoded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const [first = 0, second = 0, third = 0] = [bytes[from], bytes[from + 1], bytes[from + 2]];
    text[to] = letter(first >> 2);
    text[to + 1] = letter(((first & 3) << 4) | (second >> 4));
    text[to + 2] = from + 1 < bytes.length ? letter(((second & 15) << 2) | (third >> 6)) : PAD;
    text[to + 3] = from + 2 < bytes.length ? letter(third & 63) : PAD;
  }
  return text;
}

const letter = (index: number): number => ALPHABET[index] ?? PAD;

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}
