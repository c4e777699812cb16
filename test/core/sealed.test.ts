/** AES-256-GCM by published vectors, and what must not open. */
import { expect, it } from "vitest";
import { bytesOfHex, hex, utf8 } from "../../src/core/bytes.ts";
import { NONCE_BYTES, seal, sealingKey, unseal } from "../../src/core/sealed.ts";
import { Secret } from "../../src/core/secret.ts";

const bytes = (text: string) => bytesOfHex(text) ?? new Uint8Array();
const base64 = (text: string): string => btoa(String.fromCharCode(...bytes(text)));
const zeros = (count: number): string => "00".repeat(count);

async function keyOf(text: string): Promise<CryptoKey> {
  const key = await sealingKey(new Secret(base64(text)));
  if (key === undefined) throw new Error("not a key");
  return key;
}

const LONG = {
  key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
  nonce: "cafebabefacedbaddecaf888",
  text: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
  place: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
  cipher: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
  tag: "76fc6ece0f4e1768cddf8853bb2d551b",
};

/** @see https://csrc.nist.rip/groups/ST/toolkit/BCM/documents/proposedmodes/gcm/gcm-spec.pdf test cases 13, 14 and 16 */
it.each([
  { key: zeros(32), nonce: zeros(12), text: "", place: "", cipher: "", tag: "530f8afbc74536b9a963b4f1c4cb738b" },
  {
    key: zeros(32),
    nonce: zeros(12),
    text: zeros(16),
    place: "",
    cipher: "cea7403d4d606b6e074ec5d3baf39d18",
    tag: "d0d1c8a799996bf0265b98b5d48ab919",
  },
  LONG,
])("seals $text as published", async ({ key: keyHex, nonce, text, place, cipher, tag }) => {
  const key = await keyOf(keyHex);
  const sealed = await seal(key, bytes(text), { nonce: bytes(nonce), place: bytes(place) });
  expect(hex(sealed)).toBe(nonce + cipher + tag);
  expect(bytes(nonce)).toHaveLength(NONCE_BYTES);
  expect(hex((await unseal(key, sealed, bytes(place))) ?? new Uint8Array([1]))).toBe(text);
});

it("does not open with another key, for another place, or changed", async () => {
  const key = await keyOf(LONG.key);
  const place = utf8("whatsapp:sales/chat/7/1/0");
  const sealed = await seal(key, utf8("my cat is called Mia"), { nonce: bytes(LONG.nonce), place });
  const changed = sealed.map((byte, index) => (index === NONCE_BYTES ? byte ^ 1 : byte));
  const opened = await Promise.all([
    unseal(await keyOf(zeros(32)), sealed, place),
    unseal(key, sealed, utf8("whatsapp:sales/chat/8/1/0")),
    unseal(key, changed, place),
    unseal(key, sealed.subarray(0, 20), place),
    unseal(key, new Uint8Array(), place),
  ]);
  expect(opened).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

it.each([
  ["32 bytes", base64(LONG.key), true],
  ["without padding", base64(LONG.key).replace("=", ""), true],
  ["with a line's end", `${base64(LONG.key)}\n`, true],
  ["31 bytes", base64(LONG.key.slice(2)), false],
  ["33 bytes", base64(`${LONG.key}00`), false],
  ["hexadecimal", LONG.key, false],
  ["a password", "correct horse battery staple", false],
  ["nothing", "", false],
])("a key of %s", async (_, text, isKey) => {
  expect((await sealingKey(new Secret(text))) !== undefined).toBe(isKey);
});
