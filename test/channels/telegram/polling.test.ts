/** How a call for updates is read and answered, whatever a client makes of it. */
import { describe, expect, it } from "vitest";
import type { CallHead } from "../../../src/channels/egress.ts";
import type { PollQuestion } from "../../../src/channels/polling.ts";
import { polling } from "../../../src/channels/telegram/polling.ts";
import { utf8 } from "../../../src/core/bytes.ts";

const headOf = (bent: Partial<CallHead> & { readonly text?: string } = {}): CallHead => ({
  method: "getUpdates",
  query: new URLSearchParams(),
  contentType: "",
  head: utf8(bent.text ?? ""),
  isComplete: true,
  ...bent,
});
const json = (value: unknown): CallHead => headOf({ contentType: "application/json", text: JSON.stringify(value) });

function questionOf(call: CallHead): PollQuestion {
  const read = polling.read(call);
  if (!read.ok || read.value?.kind !== "updates") throw new Error(JSON.stringify(read));
  return read.value.question;
}

const PLAIN = { offset: 0, limit: 100, waitMs: 0 };
const FULL = { offset: 7, limit: 5, waitMs: 30_000, kinds: ["callback_query", "message"] };
const KINDS = '["message","callback_query"]';
const multipart = `--b\r\nContent-Disposition: form-data; name="offset"\r\n\r\n7\r\n--b\r\nContent-Disposition: form-data; name="limit"\r\n\r\n5\r\n--b\r\nContent-Disposition: form-data; name="timeout"\r\n\r\n30\r\n--b\r\nContent-Disposition: form-data; name="allowed_updates"\r\n\r\n${KINDS}\r\n--b--\r\n`;
const pairs = { offset: "7", limit: "5", timeout: "30", allowed_updates: KINDS };

it.each<[string, CallHead]>([
  ["a query", headOf({ query: new URLSearchParams(pairs) })],
  ["a form", headOf({ contentType: "application/x-www-form-urlencoded", text: new URLSearchParams(pairs).toString() })],
  ["multipart", headOf({ contentType: "multipart/form-data; boundary=b", text: multipart })],
  ["JSON", json({ offset: 7, limit: 5, timeout: 30, allowed_updates: ["message", "callback_query"] })],
  ["JSON with everything as text", json({ offset: "7", limit: "5", timeout: "30", allowed_updates: KINDS })],
  [
    "query and body together",
    headOf({ ...json({ limit: 5, timeout: 30, allowed_updates: KINDS }), query: new URLSearchParams("offset=7") }),
  ],
])("parameters in %s", (_name, call) => {
  expect(questionOf(call)).toEqual(FULL);
});

it.each([
  ["getupdates", "updates"],
  ["GETUPDATES", "updates"],
  ["getWebhookInfo", "pending"],
  ["getwebhookinfo", "pending"],
])("%s is a question about %s", (method, kind) => {
  expect(polling.read(headOf({ method }))).toMatchObject({ ok: true, value: { kind } });
});

it.each(["getMe", "sendMessage", "getUpdatesNow"])("%s is a call like any other", (method) => {
  expect(polling.read(headOf({ method }))).toEqual({ ok: true, value: undefined });
});

it.each<[object, Partial<PollQuestion>]>([
  [{}, {}],
  [{ offset: -3 }, { offset: -3 }],
  [{ offset: null, limit: null }, {}],
  [{ limit: 0 }, { limit: 1 }],
  [{ limit: -5 }, { limit: 1 }],
  [{ limit: 1000 }, { limit: 100 }],
  [{ timeout: -1 }, { waitMs: 0 }],
  [{ timeout: 50 }, { waitMs: 50_000 }],
  [{ timeout: 3600 }, { waitMs: 50_000 }],
  [{ timeout: 10.7 }, { waitMs: 10_000 }],
  [{ offset: "" }, {}],
])("%j is clamped as the platform does: %j", (given, expected) => {
  expect(questionOf(json(given))).toEqual({ ...PLAIN, ...expected });
});

it.each<[unknown, readonly string[] | undefined]>([
  [undefined, undefined],
  [[], []],
  [["nothing_known"], []],
  [["Message", "message", "unheard_of"], ["message"]],
  ["message", undefined],
  [{ message: true }, undefined],
  [[1, "message"], undefined],
  ["[", undefined],
])("allowed_updates %j means %j", (given, expected) => {
  expect(questionOf(json({ allowed_updates: given })).kinds).toEqual(expected);
});

it.each<[string, CallHead]>([
  ["a word for an offset", json({ offset: "abc" })],
  ["a list for a limit", json({ limit: [1] })],
  ["an offset beyond every id", json({ offset: 2_000_000_001 })],
  ["the same far below", json({ offset: -2_000_000_001 })],
  ["two offsets", headOf({ ...json({ offset: 1 }), query: new URLSearchParams("offset=2") })],
  ["half a JSON object", headOf({ contentType: "application/json", text: '{"offset":1' })],
  ["a body without an end", { ...json({ offset: 1 }), isComplete: false }],
])("%s is refused", (_name, call) => {
  expect(polling.read(call)).toMatchObject({ ok: false, problem: { kind: "bad-body" } });
});

it.each([
  ["message", [], true],
  ["poll", [], true],
  ["chat_member", [], false],
  ["message_reaction", [], false],
  ["message_reaction_count", [], false],
  ["message_reaction", ["message_reaction"], true],
  ["message", ["callback_query"], false],
])("%s is wanted by one who asked for %j: %s", (kind, kinds, isWanted) => {
  expect(polling.isWanted(kind, kinds)).toBe(isWanted);
});

describe("an update under another id", () => {
  const numbered = (text: string) => polling.numbered(utf8(text), 42);

  it.each([
    ['{"update_id":1,"message":{"text":"hi"}}', '{"update_id":42,"message":{"text":"hi"}}'],
    ['{ "message" : {"update_id":7} , "update_id" : 123456789 }', '{ "message" : {"update_id":7} , "update_id" : 42 }'],
    ['{"update_id":1,"x":9007199254740993123,"y":"\\u00e4\\"}"}', '{"update_id":42,"x":9007199254740993123,"y":"\\u00e4\\"}"}'],
    ['{"update\\u005fid":1,"update_id":2}', '{"update\\u005fid":42,"update_id":42}'],
  ])("%s", (text, expected) => {
    expect(numbered(text)).toBe(expected);
  });

  it.each(["", "[]", "{}", '{"message":{}}', '{"update_id":1', "null"])("%j is no update", (text) => {
    expect(numbered(text)).toBeUndefined();
  });

  it("bytes that are no text are none either", () => {
    expect(polling.numbered(Uint8Array.of(0x7b, 0xff, 0x7d), 1)).toBeUndefined();
  });
});

it("answers are the platform's", () => {
  expect(JSON.parse(polling.answerOf(['{"update_id":1}', '{"update_id":2}']))).toEqual({
    ok: true,
    result: [{ update_id: 1 }, { update_id: 2 }],
  });
  expect(polling.answerOf([])).toBe('{"ok":true,"result":[]}');
  expect(polling.pendingAnswer(3)).toEqual({
    status: 200,
    body: { ok: true, result: { url: "", has_custom_certificate: false, pending_update_count: 3 } },
  });
});
