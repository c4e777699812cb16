/** Answers Meta's question whether a callback address is ours: with its challenge, when it knows the verify token. */
import { equalsSecret } from "../../core/crypto.ts";
import { fail, ok } from "../../core/result.ts";
import type { Handshake } from "../channel.ts";

/** Meta sends a number. The answer is shown as it is, so it may hold nothing that a browser would read as more than text. */
const CHALLENGE = /^[A-Za-z0-9_.-]{1,256}$/;

/** @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests */
export const handshake: Handshake = async (query, openSecret) => {
  const expected = openSecret("verify");
  if (expected === undefined) return fail("no-secret");
  const [mode, token, challenge] = [once(query, "hub.mode"), once(query, "hub.verify_token"), once(query, "hub.challenge")];
  if (token === "") return fail("missing");
  if (mode !== "subscribe" || token === undefined || challenge === undefined || !CHALLENGE.test(challenge)) return fail("malformed");
  return (await equalsSecret(token, expected.open())) ? ok(challenge) : fail("mismatch");
};

/** Empty when it is not there, undefined when it is there twice: which of the two counts is not to be guessed. */
function once(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name);
  return values.length > 1 ? undefined : (values[0] ?? "");
}
