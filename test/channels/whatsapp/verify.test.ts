/** The signature of Meta, one bend at a time. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/channels/whatsapp/limits.ts";
import { SIGNATURE_HEADER, verify } from "../../../src/channels/whatsapp/verify.ts";
import { hex, utf8 } from "../../../src/core/bytes.ts";
import { hmac } from "../../../src/core/crypto.ts";
import { Secret } from "../../../src/core/secret.ts";
import { APP_SECRET, delivery, signatureOf, specimen, wireText } from "./support.ts";

const open = (secret: string | undefined) => (purpose: string) =>
  purpose === "app" && secret !== undefined ? new Secret(secret) : undefined;

async function verdict(text: string, signature: string | undefined, secret: string | undefined = APP_SECRET) {
  const result = await verify(delivery(text, signature), open(secret));
  return result.ok ? "verified" : result.problem;
}

const PAYLOAD = { ...(specimen("text") as object), path: "a/b" };
const TEXT = wireText(PAYLOAD);
const OPEN = JSON.stringify(PAYLOAD);
const SIGNATURE = await signatureOf(TEXT);
const OF_OTHER_BYTES = await signatureOf(`${TEXT} `);
const UNDER_ANOTHER = await signatureOf(TEXT, "another");

describe("the signature", () => {
  it.each([
    ["of these bytes", SIGNATURE, "verified"],
    ["that is missing", undefined, "missing"],
    ["that is empty", "", "missing"],
    ["of other bytes", OF_OTHER_BYTES, "mismatch"],
    ["under another secret", UNDER_ANOTHER, "mismatch"],
    ["in capitals", SIGNATURE.toUpperCase(), "malformed"],
    ["with capital digits", `sha256=${SIGNATURE.slice(7).toUpperCase()}`, "malformed"],
    ["without its prefix", SIGNATURE.slice(7), "malformed"],
    ["with the old prefix", SIGNATURE.replace("sha256", "sha1"), "malformed"],
    ["cut short", SIGNATURE.slice(0, -2), "malformed"],
    ["and one more byte", `${SIGNATURE}00`, "malformed"],
    ["with a space before it", `sha256= ${SIGNATURE.slice(7)}`, "malformed"],
    ["twice", `${SIGNATURE}, ${SIGNATURE}`, "malformed"],
    ["and another", `${SIGNATURE}, sha256=${"0".repeat(64)}`, "malformed"],
  ] as const)("%s", async (_name, signature, expected) => {
    expect(await verdict(TEXT, signature)).toBe(expected);
  });

  it("is refused when it was really sent twice", async () => {
    const doubled = delivery(TEXT, SIGNATURE);
    doubled.headers.append(SIGNATURE_HEADER, SIGNATURE);
    expect(await verify(doubled, open(APP_SECRET))).toEqual({ ok: false, problem: "malformed" });
  });

  it("verifies nothing while the account's variable is not set or empty", async () => {
    expect(await verify(delivery(TEXT, SIGNATURE), () => undefined)).toEqual({ ok: false, problem: "no-secret" });
    expect(await verdict(TEXT, SIGNATURE, "")).toBe("mismatch");
  });

  it("verifies exactly the secret it was made with", async () => {
    const secret = fc.string({ minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(secret, secret, fc.string(), async (made, known, text) => {
        expect(await verdict(text, await signatureOf(text, made), known)).toBe(made === known ? "verified" : "mismatch");
      }),
    );
  });
});

describe("a body that came open though it was signed escaped", () => {
  const escaped = OPEN.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

  it("is accepted, with units beyond the first plane as two", async () => {
    expect(escaped).toContain("\\ud83d\\ude42");
    expect(await verdict(OPEN, await signatureOf(escaped))).toBe("verified");
    expect(await verdict("äöå", await signatureOf("\\u00e4\\u00f6\\u00e5"))).toBe("verified");
  });

  it.each([
    ["digits in capitals", escaped.replaceAll(/\\u[0-9a-f]{4}/g, (unit) => `\\u${unit.slice(2).toUpperCase()}`)],
    ["slashes escaped as well", TEXT],
    ["keys in another order", JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(OPEN) as object).reverse()))],
    ["spaces between", JSON.stringify(JSON.parse(OPEN), null, 1)],
  ])("is not accepted in any other form: %s", async (_name, form) => {
    expect(await verdict(OPEN, await signatureOf(form))).toBe("mismatch");
  });

  it("has the length that was counted, whatever the letters", async () => {
    const text = fc.string({ unit: "grapheme" });
    await fc.assert(
      fc.asyncProperty(text, async (open) => {
        const wire = open.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
        expect(await verdict(open, await signatureOf(wire))).toBe("verified");
      }),
    );
  });

  it("is not made of a body that would grow beyond twice the limit", async () => {
    const wire = "\\u00e4".repeat(limits.maxBodyBytes / 3);
    expect(await verdict("ä".repeat(limits.maxBodyBytes / 3), await signatureOf(wire))).toBe("verified");
    expect(await verdict(`${"ä".repeat(limits.maxBodyBytes / 3)}x`, await signatureOf(`${wire}x`))).toBe("mismatch");
  });

  it("is not tried on bytes that are no text", async () => {
    const bytes = new Uint8Array([0x22, 0xff, 0x22]);
    const odd = { ...delivery("", await signatureOf('"\\u00ff"')), body: bytes };
    expect(await verify(odd, open(APP_SECRET))).toEqual({ ok: false, problem: "mismatch" });
    const signature = `sha256=${hex(await hmac(APP_SECRET, bytes))}`;
    expect((await verify({ ...delivery("", signature), body: bytes }, open(APP_SECRET))).ok).toBe(true);
  });

  it("an ASCII body in any other form than it was signed in is refused", async () => {
    const ascii = JSON.stringify(specimen("image"));
    expect(await verdict(ascii, await signatureOf(wireText(specimen("image"))))).toBe("mismatch");
  });
});

/** @see https://www.rfc-editor.org/rfc/rfc4231 */
describe("the published vectors of HMAC-SHA256", () => {
  it.each([
    ["2", "Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
    ["1", "\x0b".repeat(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  ])("case %s", async (_case, key, text, digest) => {
    expect(await verdict(text, `sha256=${digest}`, key)).toBe("verified");
    expect(await verdict(`${text} `, `sha256=${digest}`, key)).toBe("mismatch");
    expect(utf8(key).length).toBe(key.length);
  });
});
