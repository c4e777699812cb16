/**
 * How Meta writes and signs a webhook: non-ASCII characters as `\uXXXX` in lower case, slashes and a few others escaped too, an HMAC over those bytes.
 * Other ways to sign are there to try receivers with. Outermost edge only. @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 */
import { createHmac } from "node:crypto";

/**
 * - escaped: as Meta writes
 * - utf8: as Meta writes, but for the characters beyond ASCII
 * - plain: as JSON.stringify writes
 */
export type Encoding = "escaped" | "utf8" | "plain";

/**
 * - bytes: over what is sent, as Meta does
 * - escaped: over the form in which characters beyond ASCII are escaped, whatever is sent
 * - plain: over what JSON.stringify makes of it, whatever is sent
 * - forged: with another secret
 * - legacy: only the header with SHA-1
 * - none
 */
export type Signing = "bytes" | "escaped" | "plain" | "forged" | "legacy" | "none";

const ASCII: Readonly<Record<string, string>> = { "/": "\\/", "<": "\\u003C", "%": "\\u0025", "@": "\\u0040" };

const escapeAscii = (json: string): string => json.replace(/[/<%@]/g, (found) => ASCII[found] ?? found);
const escapeUnicode = (json: string): string =>
  json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

export function encode(payload: unknown, encoding: Encoding): string {
  const json = JSON.stringify(payload);
  if (encoding === "plain") return json;
  return encoding === "utf8" ? escapeAscii(json) : escapeUnicode(escapeAscii(json));
}

const mac = (algorithm: "sha256" | "sha1", secret: string, text: string): string =>
  createHmac(algorithm, secret).update(text, "utf8").digest("hex");

export function signatureHeaders(body: string, secret: string, signing: Signing): Readonly<Record<string, string>> {
  const sha1 = { "X-Hub-Signature": `sha1=${mac("sha1", secret, body)}` };
  const both = (text: string, key = secret) => ({ ...sha1, "X-Hub-Signature-256": `sha256=${mac("sha256", key, text)}` });
  switch (signing) {
    case "bytes":
      return both(body);
    case "escaped":
      return both(escapeUnicode(body));
    case "plain":
      return both(JSON.stringify(JSON.parse(body)));
    case "forged":
      return both(body, `not ${secret}`);
    case "legacy":
      return sha1;
    case "none":
      return {};
  }
}
