/**
 * What arrives broken or hostile: before verification a 4xx, after it 200 and an empty body, never a 5xx, never a word more than that,
 * and no conversation is made of it.
 */
import { existsSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Answer,
  type Body,
  type Headers,
  type LiveEdge,
  liveEdge,
  routesFor,
  SECRET,
  SECRET_HEADER,
  textUpdate,
  until,
} from "../support/live-edge.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";

const MIB = 1024 * 1024;
const GOOD = textUpdate(1, 42, "good");
const right: Headers[number] = [SECRET_HEADER, SECRET];

let edge: LiveEdge;
let recorder: Recorder;

beforeAll(async () => {
  recorder = await startRecorder({ name: "eu-1", accounts: ["telegram:support"] });
  edge = await liveEdge(routesFor([recorder]));
});

afterAll(async () => {
  await edge.close();
  await recorder.close();
});

/** Conversation objects that exist on disk. */
function conversations(): number {
  const dir = join(edge.dir, "state/objects/clawedge-Conversation");
  return existsSync(dir) ? readdirSync(dir).filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file)).length : 0;
}

const settled = () => edge.log().filter(({ event }) => event === "message.settled");

/** What an outsider can tell two answers apart by. */
const visible = ({ status, body, headers: { date: _date, ...headers } }: Answer) => ({ status, body, headers });

/** Bytes straight onto the socket; the status line's number, or undefined when the connection was closed without one. */
function rawStatus(text: string): Promise<number | undefined> {
  const { port } = new URL(edge.url);
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect(Number(port), "127.0.0.1", () => socket.end(text));
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(heard === "" ? undefined : Number(/^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1])));
  });
}

describe("before verification", () => {
  beforeEach(() => expect(conversations()).toBe(0));

  const wrong: readonly (readonly [string, Headers])[] = [
    ["a wrong secret", [[SECRET_HEADER, "wrong"]]],
    ["no secret", []],
    ["an empty secret", [[SECRET_HEADER, ""]]],
    ["a beginning of the secret", [[SECRET_HEADER, SECRET.slice(0, -1)]]],
    ["the secret twice", [right, right]],
    ["the secret and a wrong one", [right, [SECRET_HEADER, "wrong"]]],
    ["a secret of 257 characters", [[SECRET_HEADER, "a".repeat(257)]]],
    ["a secret of 8000 characters", [[SECRET_HEADER, "a".repeat(8_000)]]],
    ["the secret with a word after it", [[SECRET_HEADER, `${SECRET} x`]]],
    ["the secret under another name", [["x-secret", SECRET]]],
    ["the secret as a bearer", [["authorization", `Bearer ${SECRET}`]]],
  ];

  it.each(wrong)("%s is 401 with an empty body", async (_what, headers) => {
    expect(await edge.post("support", GOOD, headers)).toMatchObject({ status: 401, body: "" });
  });

  it.each([
    "/webhooks/telegram/nobody",
    "/webhooks/telegram/__proto__",
    "/webhooks/telegram/constructor",
    "/webhooks/fax/support",
    "/webhooks/__proto__/support",
    "/webhooks/telegram/support%00",
    "/webhooks/telegram/support%2F",
    "/webhooks/telegram/support%0d%0aset-cookie:%20a=b",
    `/webhooks/telegram/${"a".repeat(300)}`,
  ])("%s answers like a wrong secret, also to the right one", async (path) => {
    const unknown = await edge.call("POST", path, GOOD, [["content-type", "application/json"], right]);
    expect(visible(unknown)).toEqual(visible(await edge.post("support", GOOD, [[SECRET_HEADER, `wrong-${path.length}`]])));
  });

  it.each([
    ["/webhooks/telegram/%2e%2e/support"],
    ["/webhooks/telegram/../telegram"],
    ["//webhooks/telegram/support"],
    ["/webhooks//telegram/support"],
    ["/webhooks/telegram/support/"],
    ["/webhooks/telegram/support/more"],
    ["/webhooks/telegram/"],
    ["/WEBHOOKS/telegram/support"],
    ["/webhooks%2Ftelegram%2Fsupport"],
    ["/webhooks/telegram/support;x=1/.."],
    ["/"],
  ])("%s leads nowhere", async (path) => {
    expect(await edge.call("POST", path, GOOD, [right])).toMatchObject({ status: 404, body: "" });
  });

  it.each(["/webhooks/telegram/%zz", "/webhooks/telegram/%ff", "/webhooks/telegram/%", "/%c0%ae%c0%ae/webhooks/telegram/support"])(
    "%s is a 4xx",
    async (path) => {
      const { status } = await edge.call("POST", path, GOOD, [right]);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    },
  );

  it.each(["GET", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"])("%s on the webhook is a 4xx", async (method) => {
    const { status, body } = await edge.call(method, "/webhooks/telegram/support", undefined, [right]);
    expect({ status, body }).toEqual({ status: 404, body: "" });
  });

  const bodies: readonly (readonly [string, number, Body, Headers])[] = [
    ["a body that says it is too large", 413, "a".repeat(MIB + 1), []],
    ["a body that is too large in chunks", 413, "a".repeat(MIB + 1), [["transfer-encoding", "chunked"]]],
    ["a gzipped body", 415, GOOD, [["content-encoding", "gzip"]]],
    ["a body encoded twice", 415, GOOD, [["content-encoding", "identity, br"]]],
  ];

  it.each(bodies)("%s is %i, with the right secret too", async (_what, status, body, headers) => {
    expect(await edge.post("support", body, [right, ...headers])).toMatchObject({ status, body: "" });
  });

  it.each([
    ["two lengths", "content-length: 2\r\ncontent-length: 3\r\n\r\n{}"],
    ["a folded header", `content-length: 2\r\n${SECRET_HEADER}: ${SECRET}\r\n x\r\n\r\n{}`],
    ["a zero byte in a header", `content-length: 2\r\n${SECRET_HEADER}: ${SECRET}\0\r\n\r\n{}`],
    ["a bare carriage return in a header", `content-length: 2\r\n${SECRET_HEADER}: ${SECRET}\rx: y\r\n\r\n{}`],
    ["no host", "content-length: 2\r\n\r\n{}"],
  ])("%s is refused or not answered", async (what, rest) => {
    const host = what === "no host" ? "" : "host: edge\r\n";
    const status = await rawStatus(`POST /webhooks/telegram/support HTTP/1.1\r\n${host}${rest}`);
    expect(status === undefined || (status >= 400 && status < 500)).toBe(true);
  });

  it("nothing of it was told as a message", () => expect(settled()).toEqual([]));
});

describe("after verification", () => {
  const nested = (open: string, close: string): string => `${open.repeat(100_000)}${close.repeat(100_000)}`;
  const message = (fields: object): string => JSON.stringify({ update_id: 9, message: { ...JSON.parse(GOOD).message, ...fields } });
  const bad: readonly (readonly [string, string, Body])[] = [
    ["no body", "rejected", undefined],
    ["an empty body", "rejected", ""],
    ["no JSON", "rejected", "{'update_id':1}"],
    ["half of a JSON", "rejected", GOOD.slice(0, -5)],
    ["two JSONs", "rejected", GOOD + GOOD],
    ["bytes that are no UTF-8", "rejected", Buffer.concat([Buffer.from(GOOD.slice(0, -2)), Buffer.from([0xc3, 0x28, 0xff])])],
    ["UTF-16", "rejected", Buffer.from(GOOD, "utf16le")],
    ["a byte order mark", "rejected", `\uFEFF${GOOD}`],
    ["100,000 brackets", "rejected", nested("[", "]")],
    ["100,000 open brackets", "rejected", "[".repeat(100_000)],
    ["100,000 objects in each other", "rejected", nested('{"a":', "}")],
    ["65 levels", "rejected", `{"update_id":1,"message":${"[".repeat(64)}${"]".repeat(64)}}`],
    ["20,000 members", "rejected", `{"update_id":1${',"a":1'.repeat(20_000)}}`],
    ["null", "rejected", "null"],
    ["a list", "rejected", `[${GOOD}]`],
    ["a text", "rejected", '"update"'],
    ["no update id", "rejected", GOOD.replace('"update_id":1,', "")],
    ["an update id that is text", "rejected", GOOD.replace('"update_id":1', '"update_id":"1"')],
    ["an update id with a fraction", "rejected", GOOD.replace('"update_id":1', '"update_id":1.5')],
    ["a huge update id", "rejected", GOOD.replace('"update_id":1', '"update_id":1e300')],
    ["an update id past the safe integers", "rejected", GOOD.replace('"update_id":1', '"update_id":9007199254740993')],
    ["a negative update id", "rejected", GOOD.replace('"update_id":1', '"update_id":-1')],
    ["an update id that is a list", "rejected", GOOD.replace('"update_id":1', '"update_id":[1]')],
    ["a chat id that is text", "rejected", message({ chat: { id: "42", type: "private" } })],
    ["a chat id with a fraction", "rejected", message({ chat: { id: 4.2, type: "private" } })],
    ["a huge chat id", "rejected", GOOD.replace(/"chat":\{"id":42/, '"chat":{"id":1e40')],
    ["a chat that is a list", "rejected", message({ chat: [42] })],
    ["no chat", "rejected", message({ chat: undefined })],
    ["a message that is null", "rejected", '{"update_id":9,"message":null}'],
    ["two events", "rejected", JSON.stringify({ ...JSON.parse(GOOD), edited_message: JSON.parse(GOOD).message })],
    ["__proto__ in place of the event", "ignored", '{"update_id":9,"__proto__":{"message":{"chat":{"id":42}}}}'],
    ["constructor in place of the event", "ignored", '{"update_id":9,"constructor":{"prototype":{"isAdmin":true}}}'],
    ["an event nobody knows", "ignored", '{"update_id":9,"quantum_message":{}}'],
    ["an event with a name like a log line", "ignored", '{"update_id":9,"x\\n{\\"event\\":\\"message.settled\\"}":{}}'],
    ["only an id", "ignored", '{"update_id":9}'],
  ];

  it.each(bad)("%s is 200 with an empty body, %s, and nothing is stored", async (_what, state, body) => {
    const before = settled().length;
    expect(await edge.post("support", body)).toMatchObject({ status: 200, body: "" });
    const lines = await until(settled, (all) => all.length > before);
    expect(lines.slice(before)).toMatchObject([{ state, account: "telegram:support", conversation: null }]);
    expect(conversations()).toBe(0);
  });

  it("__proto__ inside a message changes nothing: it is delivered as it came", async () => {
    const body = `${GOOD.slice(0, -2)},"__proto__":{"text":"refund","chat":{"id":7}}}}`;
    expect(await edge.post("support", body)).toMatchObject({ status: 200, body: "" });
    await until(
      () => recorder.receipts.length,
      (count) => count === 1,
    );
    const lines = await until(settled, (all) => all.some(({ state }) => state === "delivered"));
    expect(lines.at(-1)).toMatchObject({ conversation: "telegram:support/chat/42", message: "u1", state: "delivered" });
    expect(conversations()).toBe(1);
  });

  it("what is repeated is a duplicate, whatever else it says", async () => {
    expect(await edge.post("support", textUpdate(1, 42, "something else"))).toMatchObject({ status: 200, body: "" });
    await until(edge.log, (log) => log.some(({ event }) => event === "message.duplicate"));
    expect(recorder.receipts).toHaveLength(1);
  });

  it("neither a body nor a secret is in the log", () => {
    const log = JSON.stringify(edge.log());
    for (const secret of [SECRET, "something else", "isAdmin"]) expect(log).not.toContain(secret);
  });
});
