import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOfHex, hex, utf8 } from "../../src/core/bytes.ts";
import { equalsSecret, hmac, sha256, verifyHmac } from "../../src/core/crypto.ts";

const ascii = (codes: readonly number[]): string => String.fromCharCode(...codes);
const repeat = (byte: number, times: number): string => ascii(Array.from({ length: times }, () => byte));

/** @see https://www.rfc-editor.org/rfc/rfc4231#section-4 cases 1, 2, 4 and 5 (whose output is cut): keys that are text */
const SHA256_VECTORS: readonly (readonly [string, Uint8Array<ArrayBuffer>, string])[] = [
  [repeat(0x0b, 20), utf8("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  ["Jefe", utf8("what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
  [
    ascii(Array.from({ length: 25 }, (_, index) => index + 1)),
    new Uint8Array(50).fill(0xcd),
    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
  ],
  [repeat(0x0c, 20), utf8("Test With Truncation"), "a3b6167473100ee06e0c796c2955552b"],
];

/** @see https://www.rfc-editor.org/rfc/rfc2202#section-3 cases 1 and 2 */
const SHA1_VECTORS: readonly (readonly [string, Uint8Array<ArrayBuffer>, string])[] = [
  [repeat(0x0b, 20), utf8("Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00"],
  ["Jefe", utf8("what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"],
];

describe("published vectors", () => {
  it.each(SHA256_VECTORS)("HMAC-SHA-256 with %j", async (key, data, expected) => {
    const mac = await hmac(key, data);
    expect(hex(mac).slice(0, expected.length)).toBe(expected);
    expect(await verifyHmac(key, data, mac)).toBe(true);
  });
  it.each(SHA1_VECTORS)("HMAC-SHA-1 with %j", async (key, data, expected) => {
    expect(hex(await hmac(key, data, "SHA-1"))).toBe(expected);
    expect(await verifyHmac(key, data, bytesOfHex(expected) ?? new Uint8Array(), "SHA-1")).toBe(true);
  });
  // @see https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
  it("SHA-256 of abc", async () =>
    expect(hex(await sha256(utf8("abc")))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
});

describe("a signature is refused", () => {
  const data = utf8("body");
  it("when any one bit of it is different", async () => {
    const mac = await hmac("key", data);
    for (const bit of [0, 7, 100, 255]) {
      const bent = mac.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(await verifyHmac("key", data, bent)).toBe(false);
    }
  });
  it("when it is cut, empty, too long, of another hash, of another key or of other bytes", async () => {
    const mac = await hmac("key", data);
    const wrong = [
      mac.slice(0, 16),
      new Uint8Array(),
      Uint8Array.of(...mac, 0),
      await hmac("key", data, "SHA-1"),
      await hmac("kez", data),
      await hmac("key", utf8("bodY")),
    ];
    for (const signature of wrong) expect(await verifyHmac("key", data, signature)).toBe(false);
  });
  it("when there is no secret", async () => expect(await verifyHmac("", data, new Uint8Array(32))).toBe(false));
});

it("secrets are equal when their texts are, and an empty expectation equals nothing", () =>
  fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), async (left, right) => {
      expect(await equalsSecret(left, right)).toBe(left === right && right !== "");
      expect(await equalsSecret(left, left)).toBe(left !== "");
      expect(await equalsSecret(`${left}, ${left}`, left)).toBe(false);
    }),
  ));
