/** Digests, HMAC and constant-time comparison over Web Crypto: the only file that compares secrets. */
import { utf8 } from "./bytes.ts";

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export type HmacHash = "SHA-256" | "SHA-1";

const importKey = (secret: Uint8Array<ArrayBuffer>, hash: HmacHash) =>
  crypto.subtle.importKey("raw", secret, { name: "HMAC", hash }, false, ["sign", "verify"]);

export async function hmac(secret: string, bytes: Uint8Array<ArrayBuffer>, hash: HmacHash = "SHA-256"): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", await importKey(utf8(secret), hash), bytes));
}

/** Whether `signature` is the HMAC of `bytes`; Web Crypto compares in constant time. An empty secret verifies nothing. */
export async function verifyHmac(
  secret: string,
  bytes: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  hash: HmacHash = "SHA-256",
): Promise<boolean> {
  if (secret === "") return false;
  return crypto.subtle.verify("HMAC", await importKey(utf8(secret), hash), signature, bytes);
}

/**
 * Whether two texts are equal, in a time that depends on the length of `given` alone, which its sender knows: never on how much of it
 * is right, nor on how long the secret is. An empty expectation equals nothing.
 */
export async function equalsSecret(given: string, expected: string): Promise<boolean> {
  const [left, right] = [utf8(given), utf8(expected)];
  let difference = right.length === 0 ? 1 : left.length ^ right.length;
  for (let index = 0; index < left.length; index += 1) difference |= (left[index] ?? 0) ^ (right[index % right.length] ?? 0);
  return difference === 0;
}
