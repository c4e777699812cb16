/** The secret header, one bend at a time. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SECRET_HEADER, verify } from "../../../src/channels/telegram/verify.ts";
import { Secret } from "../../../src/core/secret.ts";
import { delivery, SECRET } from "./support.ts";

const open = (secret: string | undefined) => (purpose: string) =>
  purpose === "webhook" && secret !== undefined ? new Secret(secret) : undefined;
const verdict = async (given: string | undefined, secret: string | undefined = SECRET) => {
  const result = await verify(delivery({}, given === undefined ? {} : { [SECRET_HEADER]: given }), open(secret));
  return result.ok ? "verified" : result.problem;
};

describe("the secret header of Telegram", () => {
  it.each([
    ["the account's secret", SECRET, "verified"],
    ["none", undefined, "missing"],
    ["an empty one", "", "missing"],
    ["another secret", "another", "mismatch"],
    ["the secret cut short", SECRET.slice(0, -1), "mismatch"],
    ["the secret and one more character", `${SECRET}x`, "mismatch"],
    ["the secret in capitals", SECRET.toUpperCase(), "mismatch"],
    ["the secret twice", `${SECRET}, ${SECRET}`, "malformed"],
    ["the secret and another", `${SECRET}, another`, "malformed"],
    ["a character outside the grammar", `${SECRET}!`, "malformed"],
    ["more than 256 characters", "a".repeat(257), "malformed"],
  ] as const)("with %s", async (_name, given, expected) => {
    expect(await verdict(given)).toBe(expected);
  });

  it("is refused when it was really sent twice", async () => {
    const doubled = delivery({});
    doubled.headers.append(SECRET_HEADER, SECRET);
    expect(await verify(doubled, open(SECRET))).toEqual({ ok: false, problem: "malformed" });
  });

  it("verifies the longest secret there is", async () => {
    expect(await verdict("a".repeat(256), "a".repeat(256))).toBe("verified");
  });

  it("verifies nothing while the account's variable is not set or empty", async () => {
    const unset = await verify(delivery({}), () => undefined);
    expect(unset).toEqual({ ok: false, problem: "no-secret" });
    expect(await verdict(SECRET, "")).toBe("mismatch");
    expect(await verdict("", "")).toBe("missing");
  });

  it("verifies a secret exactly when it is the same text", async () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
    await fc.assert(
      fc.asyncProperty(secret, secret, async (given, expected) => {
        expect(await verdict(given, expected)).toBe(given === expected ? "verified" : "mismatch");
      }),
    );
  });
});
