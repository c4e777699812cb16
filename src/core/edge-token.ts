/**
 * The token an instance gets in place of the bot's own: an HMAC under the real token, so that the Worker checks it without
 * asking anybody. It names account, instance and generation; whether the generation is still in force, only the Bot object knows.
 */
import { base64url, bytesOfBase64url, utf8 } from "./bytes.ts";
import { equalsSecret, hmac } from "./crypto.ts";
import type { Secret } from "./secret.ts";

/** Separates this use of the real token as a key from every other one, and this layout from a later one. */
const PURPOSE = "clawedge-egress-1";

const GENERATION_BYTES = 2;
const MAC_BYTES = 24;

/** (2 + 24) bytes * 8 / 6 bits, rounded up: as long as the secret part of Telegram's own tokens, and of the same alphabet. */
export const EDGE_TOKEN_CHARS = 35;

export const MAX_GENERATION = 0xffff;

export interface EdgeTokenClaim {
  readonly account: string;
  readonly instance: string;
}

/** `prefix` is the public part that a client may look at (the bot's id); it is not secret and not signed, but must be exact. */
export async function issueEdgeToken(
  claim: EdgeTokenClaim & { readonly generation: number },
  prefix: string,
  real: Secret,
): Promise<string> {
  const { generation } = claim;
  const mac = await hmac(real.open(), messageOf(claim, generation));
  return `${prefix}:${base64url(Uint8Array.from([generation >> 8, generation & 0xff, ...mac.subarray(0, MAC_BYTES)]))}`;
}

/** The generation a genuine token of this claim was issued in; undefined for any other text, in a time that does not say why. */
export async function readEdgeToken(token: string, claim: EdgeTokenClaim, prefix: string, real: Secret): Promise<number | undefined> {
  const generation = generationOf(token.slice(-EDGE_TOKEN_CHARS));
  const expected = await issueEdgeToken({ ...claim, generation: generation ?? 0 }, prefix, real);
  const isGenuine = await equalsSecret(token, expected);
  return isGenuine ? generation : undefined;
}

/** The generation a token says it is of; proves nothing. */
export const claimedGeneration = (token: string): number | undefined => generationOf(token.slice(-EDGE_TOKEN_CHARS));

function generationOf(text: string): number | undefined {
  const bytes = bytesOfBase64url(text);
  if (bytes?.length !== GENERATION_BYTES + MAC_BYTES) return undefined;
  return ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
}

/** Every part carries its length, so that no two claims share a message. */
function messageOf(claim: EdgeTokenClaim, generation: number): Uint8Array<ArrayBuffer> {
  const parts = [PURPOSE, claim.account, claim.instance, String(generation)].map(utf8);
  return Uint8Array.from(parts.flatMap((part) => [...lengthOf(part), ...part]));
}

function lengthOf(part: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, part.length);
  return length;
}
