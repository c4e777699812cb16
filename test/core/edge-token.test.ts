import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { EDGE_TOKEN_CHARS, issueEdgeToken, MAX_GENERATION, readEdgeToken } from "../../src/core/edge-token.ts";
import { Secret } from "../../src/core/secret.ts";

const PREFIX = "123456789";
const real = new Secret("123456789:AAF-real_token_of_the_bot_0123456789");
const claim = { account: "telegram:support", instance: "eu-1" };

it("is the head of an HMAC over length-prefixed parts, computed here by another implementation", async () => {
  const parts = ["clawedge-egress-1", "telegram:support", "eu-1", "258"].map((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(part));
    return Buffer.concat([length, Buffer.from(part)]);
  });
  const mac = createHmac("sha256", real.open()).update(Buffer.concat(parts)).digest().subarray(0, 24);
  const expected = `${PREFIX}:${Buffer.concat([Buffer.from([1, 2]), mac]).toString("base64url")}`;
  expect(await issueEdgeToken({ ...claim, generation: 258 }, PREFIX, real)).toBe(expected);
});

it("stays the same from release to release, or every gateway would have to be given a new one", async () => {
  expect(await issueEdgeToken({ ...claim, generation: 1 }, PREFIX, real)).toMatchInlineSnapshot(
    `"123456789:AAFLCulUa8HrMTrmvqcNBDNyMS7JxvSaoI0"`,
  );
});

it("looks like a token of the platform: bot id, colon, 35 characters", async () => {
  const token = await issueEdgeToken({ ...claim, generation: MAX_GENERATION }, PREFIX, real);
  expect(token).toMatch(/^123456789:[A-Za-z0-9_-]{35}$/);
  expect(token.length - "123456789:".length).toBe(EDGE_TOKEN_CHARS);
});

const name = fc.string({ minLength: 1, maxLength: 12 });
const generation = fc.integer({ min: 0, max: MAX_GENERATION });
const anyClaim = fc.record({ account: name, instance: name, generation, real: name });

it("a token of one account, instance, generation and bot never reads as another", async () => {
  await fc.assert(
    fc.asyncProperty(anyClaim, anyClaim, async (left, right) => {
      const token = await issueEdgeToken(left, PREFIX, new Secret(left.real));
      expect(await readEdgeToken(token, left, PREFIX, new Secret(left.real))).toBe(left.generation);
      const isSame = left.account === right.account && left.instance === right.instance && left.real === right.real;
      expect(await readEdgeToken(token, right, PREFIX, new Secret(right.real))).toBe(isSame ? left.generation : undefined);
    }),
  );
});

it("parts cannot slide into one another", async () => {
  const token = await issueEdgeToken({ account: "ab", instance: "c", generation: 1 }, PREFIX, real);
  expect(await readEdgeToken(token, { account: "a", instance: "bc" }, PREFIX, real)).toBeUndefined();
});

it("one changed character anywhere makes it nothing", async () => {
  const token = await issueEdgeToken({ ...claim, generation: 7 }, PREFIX, real);
  for (let index = 0; index < token.length; index += 1) {
    const bent = token.slice(0, index) + (token[index] === "A" ? "B" : "A") + token.slice(index + 1);
    expect(await readEdgeToken(bent, claim, PREFIX, real), `character ${index}`).toBeUndefined();
  }
});

it.each([
  ["empty", ""],
  ["only the prefix", `${PREFIX}:`],
  ["the real token", real.open()],
  ["another bot's prefix", "987654321:"],
  ["not base64url", `${PREFIX}:${"!".repeat(35)}`],
  ["too short", `${PREFIX}:${"A".repeat(34)}`],
  ["too long", `${PREFIX}:${"A".repeat(36)}`],
])("%s reads as nothing", async (_name, token) => {
  expect(await readEdgeToken(token, claim, PREFIX, real)).toBeUndefined();
});

it("the same bytes in another spelling are another text: spare bits of the last character must be zero", async () => {
  const token = await issueEdgeToken({ ...claim, generation: 7 }, PREFIX, real);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(token.slice(-1));
  expect(await readEdgeToken(token.slice(0, -1) + alphabet[last + 1], claim, PREFIX, real)).toBeUndefined();
});
