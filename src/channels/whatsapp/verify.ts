/** Whether a delivery is Meta's: HMAC-SHA256 of its bytes under the app secret. Meta signs no time, so dedupe is the replay protection. */
import { bytesOfHex, textOf, utf8 } from "../../core/bytes.ts";
import { verifyHmac } from "../../core/crypto.ts";
import { fail, ok } from "../../core/result.ts";
import type { Verify } from "../channel.ts";
import { limits } from "./limits.ts";

/** @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started#event-notifications */
export const SIGNATURE_HEADER = "x-hub-signature-256";

/** A header sent twice arrives joined by ", ", which this refuses; it is never taken apart. */
const SIGNATURE = /^sha256=([0-9a-f]{64})$/;

/** The first unit that is not ASCII. */
const FIRST_OPEN = 0x80;
/** Bytes from here on begin a letter of several bytes; from the second on, one that is two units. @see https://www.rfc-editor.org/rfc/rfc3629#section-3 */
const FIRST_OF_LETTER = 0xc0;
const FIRST_OF_TWO_UNITS = 0xf0;
const ESCAPE = utf8("\\u");
const HEX_DIGITS = utf8("0123456789abcdef");
const ESCAPED_LENGTH = ESCAPE.length + 4;
/** Nothing genuine comes near it; a stranger's body of two-byte letters alone would grow to three times its length. */
const MAX_ESCAPED_BYTES = 2 * limits.maxBodyBytes;

export const verify: Verify = async (delivery, openSecret) => {
  const secret = openSecret("app")?.open();
  if (secret === undefined) return fail("no-secret");
  const given = delivery.headers.get(SIGNATURE_HEADER);
  if (given === null || given === "") return fail("missing");
  const signature = bytesOfHex(SIGNATURE.exec(given)?.[1] ?? "-");
  if (signature === undefined) return fail("malformed");

  const body = delivery.body as Uint8Array<ArrayBuffer>;
  if (await verifyHmac(secret, body, signature)) return ok(undefined);
  const escaped = escapedForm(body);
  return escaped !== undefined && (await verifyHmac(secret, escaped, signature)) ? ok(undefined) : fail("mismatch");
};

/**
 * Meta signs the text with everything outside ASCII as `\u00e4`, whatever it sends: the form in which a body that came open was signed. No
 * other form is tried. It is the same JSON, so a signature opens no door by it; an all-ASCII body has none.
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
 */
function escapedForm(body: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const size = escapedSize(body);
  if (size === body.length || size > MAX_ESCAPED_BYTES) return undefined;
  const text = textOf(body);
  if (text === undefined) return undefined;
  const bytes = new Uint8Array(size);
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < FIRST_OPEN) bytes[length++] = unit;
    else length = writeEscaped(bytes, length, unit);
  }
  return bytes;
}

/** Counted before anything is made of a body that nobody has signed yet: by the bytes that begin a letter, of UTF-8 that is valid. */
function escapedSize(body: Uint8Array): number {
  let size = 0;
  for (const byte of body) {
    if (byte < FIRST_OPEN) size += 1;
    else if (byte >= FIRST_OF_TWO_UNITS) size += 2 * ESCAPED_LENGTH;
    else if (byte >= FIRST_OF_LETTER) size += ESCAPED_LENGTH;
  }
  return size;
}

/** Byte by byte: anybody may send megabytes of this, and each costs what it costs before it is refused. */
function writeEscaped(bytes: Uint8Array, at: number, unit: number): number {
  bytes.set(ESCAPE, at);
  for (let digit = 0; digit < 4; digit += 1) bytes[at + ESCAPE.length + digit] = HEX_DIGITS[(unit >> (12 - 4 * digit)) & 15] ?? 0;
  return at + ESCAPED_LENGTH;
}
