/** Every spelling of an address that must not be called, and the ones that may. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkInstanceUrl, type UrlProblemReason } from "../../src/core/url-guard.ts";

const strict = { allowPrivate: false, ownHost: "edge.example.com" };
const local = { allowPrivate: true, ownHost: "127.0.0.1:8787" };
const reasonOf = (url: string, rules = strict): UrlProblemReason | "allowed" => {
  const checked = checkInstanceUrl(url, rules);
  return checked.ok ? "allowed" : checked.problem.reason;
};

describe("on a public edge", () => {
  it.each([
    "https://gw.example.com/",
    "https://gw.example.com:8443/telegram-webhook",
    "https://gw.example.com./",
    "https://93.184.216.34/",
    "https://[2606:4700:4700::1111]/",
    "https://100.128.0.1/",
    "https://172.32.0.1/",
    "https://11.0.0.1/",
  ])("%s is allowed", (url) => {
    expect(reasonOf(url)).toBe("allowed");
  });

  it.each<[string, UrlProblemReason]>([
    ["not a url", "not-a-url"],
    ["http://gw.example.com/", "scheme"],
    ["ftp://gw.example.com/", "scheme"],
    ["file:///etc/passwd", "scheme"],
    ["data:text/plain,x", "scheme"],
    ["https://user@gw.example.com/", "userinfo"],
    ["https://user:pass@gw.example.com/", "userinfo"],
    ["https://edge.example.com/webhooks", "own-host"],
    ["https://EDGE.example.com.:8443/", "own-host"],
    ["https://127.0.0.1/", "address"],
    ["https://127.1/", "address"],
    ["https://2130706433/", "address"],
    ["https://0x7f000001/", "address"],
    ["https://0177.0.0.1/", "address"],
    ["https://127.0.0.1./", "address"],
    ["https://①②⑦.⓪.⓪.①/", "address"],
    ["https://127。0。0。1/", "address"],
    ["https://%31%32%37.0.0.1/", "address"],
    ["https://0/", "address"],
    ["https://10.1.2.3/", "address"],
    ["https://100.64.0.1/", "address"],
    ["https://169.254.169.254/latest/meta-data", "address"],
    ["https://172.16.0.1/", "address"],
    ["https://172.31.255.255/", "address"],
    ["https://192.0.0.1/", "address"],
    ["https://192.168.1.1/", "address"],
    ["https://192.88.99.1/", "address"],
    ["https://198.19.255.255/", "address"],
    ["https://203.0.113.9/", "address"],
    ["https://224.0.0.1/", "address"],
    ["https://255.255.255.255/", "address"],
    ["https://[::]/", "address"],
    ["https://[::1]/", "address"],
    ["https://[::ffff:127.0.0.1]/", "address"],
    ["https://[::ffff:7f00:1]/", "address"],
    ["https://[::127.0.0.1]/", "address"],
    ["https://[64:ff9b::7f00:1]/", "address"],
    ["https://[64:ff9b:1::1]/", "address"],
    ["https://[100::1]/", "address"],
    ["https://[2001::1]/", "address"],
    ["https://[2001:db8::1]/", "address"],
    ["https://[2002:7f00:1::]/", "address"],
    ["https://[3fff::1]/", "address"],
    ["https://[5f00::1]/", "address"],
    ["https://[fc00::1]/", "address"],
    ["https://[fdff::1]/", "address"],
    ["https://[fe80::1]/", "address"],
    ["https://[fec0::1]/", "address"],
    ["https://[ff02::1]/", "address"],
    ["https://localhost/", "name"],
    ["https://localhost./", "name"],
    ["https://gateway/", "name"],
    ["https://printer.local/", "name"],
    ["https://metadata.google.internal/", "name"],
    ["https://a.localhost/", "name"],
    ["https://router.home.arpa/", "name"],
  ])("%s is refused: %s", (url, reason) => {
    expect(reasonOf(url)).toBe(reason);
  });

  it("no 32-bit number in a private block passes in any spelling", () => {
    const blocks = [
      { base: 0x0a000000, bits: 8 },
      { base: 0x7f000000, bits: 8 },
      { base: 0xa9fe0000, bits: 16 },
      { base: 0xac100000, bits: 12 },
      { base: 0xc0a80000, bits: 16 },
    ];
    const spellings = [
      (n: number) => String(n),
      (n: number) => `0x${n.toString(16)}`,
      (n: number) => `0${n.toString(8)}`,
      (n: number) => [n >>> 24, (n >>> 16) & 255, n & 0xffff].join("."),
      (n: number) => [24, 16, 8, 0].map((shift) => `0${((n >>> shift) & 255).toString(8)}`).join("."),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...blocks), fc.nat(), fc.constantFrom(...spellings), (block, dice, spell) => {
        const address = (block.base + (dice % 2 ** (32 - block.bits))) >>> 0;
        expect(reasonOf(`https://${spell(address)}/`)).toBe("address");
      }),
    );
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        (text) => typeof reasonOf(text) === "string" && typeof reasonOf(`https://${text}`) === "string",
      ),
    );
  });
});

describe("on a local edge", () => {
  it.each([
    "http://127.0.0.1:18789/",
    "http://localhost:18789/",
    "http://gateway:18789/",
    "http://10.0.0.7/",
    "http://100.100.1.1/",
    "http://[::1]:18789/",
    "http://[fd00::7]/",
    "https://gw.example.com/",
  ])("%s is allowed", (url) => {
    expect(reasonOf(url, local)).toBe("allowed");
  });

  it.each<[string, UrlProblemReason]>([
    ["http://127.0.0.1:8787/x", "own-host"],
    ["http://169.254.169.254/", "address"],
    ["http://0.0.0.0:18789/", "address"],
    ["http://[::ffff:127.0.0.1]/", "address"],
    ["http://224.0.0.1/", "address"],
    ["http://user@127.0.0.1/", "userinfo"],
    ["ws://127.0.0.1/", "scheme"],
  ])("%s is still refused: %s", (url, reason) => {
    expect(reasonOf(url, local)).toBe(reason);
  });
});
