/**
 * Texts at rest, encrypted with AES-256-GCM over Web Crypto: nonce, ciphertext and tag in one piece, bound to where it is kept, so that
 * no piece passes for another. It draws no nonce and keeps no key.
 * @see https://csrc.nist.gov/pubs/sp/800/38/d/final
 */
import type { Secret } from "./secret.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** 96 random bits: with a key of one pool's own, far from the number of texts at which two could meet. */
export const NONCE_BYTES = 12;
const KEY_BYTES = 32;

/** Undefined when the secret is anything else than 32 bytes in base64, padded or not. */
export async function sealingKey(secret: Secret): Promise<CryptoKey | undefined> {
  const text = secret.open().trim();
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(text)) return undefined;
  const key = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return key.length === KEY_BYTES ? crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]) : undefined;
}

/** `place` is not kept, and needed again to open it. */
export async function seal(
  key: CryptoKey,
  text: Bytes,
  { nonce, place }: { readonly nonce: Bytes; readonly place: Bytes },
): Promise<Bytes> {
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: place }, key, text));
  const bytes = new Uint8Array(nonce.length + sealed.length);
  bytes.set(nonce);
  bytes.set(sealed, nonce.length);
  return bytes;
}

/** Undefined when it was sealed with another key or for another place, or was changed. */
export async function unseal(key: CryptoKey, sealed: Bytes, place: Bytes): Promise<Bytes | undefined> {
  const how = { name: "AES-GCM", iv: sealed.subarray(0, NONCE_BYTES), additionalData: place };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(how, key, sealed.subarray(NONCE_BYTES)));
  } catch {
    return undefined;
  }
}
