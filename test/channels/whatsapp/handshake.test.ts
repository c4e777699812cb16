/** Meta's question whether the address is ours, and everything that is no such question. */
import { describe, expect, it } from "vitest";
import { handshake } from "../../../src/channels/whatsapp/handshake.ts";
import { Secret } from "../../../src/core/secret.ts";
import { VERIFY_TOKEN } from "./support.ts";

const open = (secret: string | undefined) => (purpose: string) =>
  purpose === "verify" && secret !== undefined ? new Secret(secret) : undefined;

async function answer(query: string, secret: string | undefined = VERIFY_TOKEN) {
  const result = await handshake(new URLSearchParams(query), open(secret));
  return result.ok ? result.value : result.problem;
}

const asked = (challenge: string, token = VERIFY_TOKEN, mode = "subscribe") =>
  `hub.mode=${mode}&hub.verify_token=${encodeURIComponent(token)}&hub.challenge=${encodeURIComponent(challenge)}`;

describe("the handshake", () => {
  it("answers with the challenge as it came", async () => {
    expect(await answer(asked("1158201444"))).toBe("1158201444");
    expect(await answer(asked("a".repeat(256)))).toBe("a".repeat(256));
  });

  it.each([
    ["another token", asked("1", "another"), "mismatch"],
    ["the token cut short", asked("1", VERIFY_TOKEN.slice(0, -1)), "mismatch"],
    ["an empty token", asked("1", ""), "missing"],
    ["no token", "hub.mode=subscribe&hub.challenge=1", "missing"],
    ["no question at all", "", "missing"],
    ["two tokens", `${asked("1")}&hub.verify_token=another`, "malformed"],
    ["another mode", asked("1", VERIFY_TOKEN, "unsubscribe"), "malformed"],
    ["no mode", `hub.verify_token=${VERIFY_TOKEN}&hub.challenge=1`, "malformed"],
    ["no challenge", `hub.mode=subscribe&hub.verify_token=${VERIFY_TOKEN}`, "malformed"],
    ["two challenges", `${asked("1")}&hub.challenge=2`, "malformed"],
    ["a challenge that a browser would run", asked("<script>alert(1)</script>"), "malformed"],
    ["a challenge over several lines", asked("1\r\nset-cookie: a=b"), "malformed"],
    ["a challenge that is too long", asked("1".repeat(257)), "malformed"],
  ])("says no to %s", async (_name, query, problem) => {
    expect(await answer(query)).toBe(problem);
  });

  it("says no while the account's variable is not set or empty", async () => {
    expect(await handshake(new URLSearchParams(asked("1")), () => undefined)).toEqual({ ok: false, problem: "no-secret" });
    expect(await answer(asked("1"), "")).toBe("mismatch");
  });
});
