import * as fc from "fast-check";
import { expect, it } from "vitest";
import { base64url, bytesOfBase64url, bytesOfHex, hex, textOf, utf8 } from "../../src/core/bytes.ts";

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Uint8Array.from(array));

it("hex and base64url give back the bytes they were made of, and Node agrees on the spelling", () =>
  fc.assert(
    fc.property(bytes, (array) => {
      expect(bytesOfHex(hex(array))).toEqual(array);
      expect(bytesOfBase64url(base64url(array))).toEqual(array);
      expect([hex(array), base64url(array)]).toEqual([Buffer.from(array).toString("hex"), Buffer.from(array).toString("base64url")]);
    }),
  ));

it("text gives back itself through UTF-8", () =>
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(textOf(utf8(text))).toBe(text);
    }),
  ));

it("a byte order mark is kept: the bytes that were signed are the bytes that are read", () =>
  expect(textOf(utf8("\ufeffa"))).toBe("\ufeffa"));

it.each([[[0xff]], [[0xc3]], [[0xed, 0xa0, 0x80]], [[0xc0, 0x80]], [[0xf4, 0x90, 0x80, 0x80]]])("%j is not UTF-8, and no text", (array) =>
  expect(textOf(Uint8Array.from(array))).toBeUndefined(),
);

it.each(["0", "0g", "0x00", " 00", "00 ", "zz"])("%j is not hexadecimal", (text) => expect(bytesOfHex(text)).toBeUndefined());
it("upper case is hexadecimal too", () => expect(bytesOfHex("0AfF")).toEqual(Uint8Array.of(10, 255)));
it.each(["A", "AA==", "A A", "a+b/", "AAAAA"])("%j is not unpadded base64url", (text) => expect(bytesOfBase64url(text)).toBeUndefined());
