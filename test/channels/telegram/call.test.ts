/** What an instance's Bot API call is and whom it concerns: classes, where the chat is found, and what a cut or a trick does to it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CallHead, HEAD_BYTES } from "../../../src/channels/egress.ts";
import { readCall } from "../../../src/channels/telegram/call.ts";
import { parse } from "../../../src/channels/telegram/parse.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import { conversationRef } from "../../../src/core/conversation-ref.ts";
import type { Chat } from "../../../src/core/message.ts";
import { ARRIVED_AT_MS, account, jsonCall, specimen } from "./support.ts";

const BOUNDARY = "----tg42";
const part = (name: string, value: string, more = "") =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
const multipart = (...parts: readonly string[]): CallHead => ({
  ...jsonCall("sendPhoto", `${parts.join("")}--${BOUNDARY}--\r\n`),
  contentType: `multipart/form-data; boundary=${BOUNDARY}`,
});
const form = (method: string, body: string): CallHead => ({
  ...jsonCall(method, body),
  contentType: "application/x-www-form-urlencoded;charset=UTF-8",
});
const queried = (method: string, query: string): CallHead => ({
  ...jsonCall(method, ""),
  contentType: "",
  query: new URLSearchParams(query),
});
const cutTo = (call: CallHead, length: number): CallHead => ({
  ...call,
  head: call.head.slice(0, length),
  isComplete: length >= call.head.length,
});
function chatIn(call: CallHead): Chat | undefined {
  const read = readCall(call);
  return read.ok ? read.value.chat : undefined;
}

const GROUP = { id: "-1002000000001", kind: "group" };

describe("the class of a method", () => {
  it.each([
    ["setWebhook", "bot-change"],
    ["deleteWebhook", "bot-change"],
    ["setMyCommands", "bot-change"],
    ["deleteMyCommands", "bot-change"],
    ["removeMyProfilePhoto", "bot-change"],
    ["setChatMenuButton", "bot-change"],
    ["logOut", "bot-change"],
    ["close", "bot-change"],
    ["getManagedBotToken", "bot-change"],
    ["getUpdates", "poll"],
    ["GETUPDATES", "poll"],
    ["sendChatAction", "typing"],
    ["editMessageText", "edit"],
    ["deleteMessage", "edit"],
    ["deleteMessages", "edit"],
    ["stopPoll", "edit"],
    ["setMessageReaction", "edit"],
    ["pinChatMessage", "edit"],
    ["banChatMember", "edit"],
    ["closeForumTopic", "edit"],
    ["sendMessage", "send"],
    ["SENDMESSAGE", "send"],
    ["sendMessageDraft", "send"],
    ["sendMediaGroup", "send"],
    ["forwardMessages", "send"],
    ["copyMessage", "send"],
    ["somethingNew", "send"],
    ["getMe", "query"],
    ["getChat", "query"],
    ["answerCallbackQuery", "query"],
    ["answerInlineQuery", "query"],
  ])("%s with a chat is %s", (method, kind) => {
    expect(readCall(jsonCall(method, { chat_id: 777 }))).toMatchObject({ ok: true, value: { method, class: kind } });
  });

  it.each([
    ["getFile", "query"],
    ["somethingNew", "query"],
    ["setStickerSetTitle", "query"],
    ["createInvoiceLink", "query"],
    ["deleteBusinessMessages", "query"],
    ["sendChatJoinRequestWebApp", "query"],
    ["setMyName", "bot-change"],
  ])("%s without a chat is %s and concerns no conversation", (method, kind) => {
    expect(readCall(jsonCall(method, {}))).toEqual({ ok: true, value: { method, class: kind } });
  });

  it.each(["sendMessage", "sendPhoto", "copyMessage", "forwardMessages", "editMessageText", "deleteMessage", "stopPoll", "sendGift"])(
    "%s cannot do without a chat",
    (method) => {
      expect(readCall(jsonCall(method, { text: "hi" }))).toMatchObject({ ok: false, problem: { kind: "no-chat" } });
    },
  );

  it("an edit of an inline message concerns no conversation", () => {
    expect(readCall(jsonCall("editMessageText", { inline_message_id: "x", text: "hi" }))).toEqual({
      ok: true,
      value: { method: "editMessageText", class: "query" },
    });
  });

  it("a send cannot pass for one by naming an inline message", () => {
    expect(readCall(jsonCall("sendMessage", { inline_message_id: "x", text: "hi" }))).toMatchObject({ ok: false });
  });

  it("a gift to a user is a send into their chat", () => {
    expect(chatIn(jsonCall("sendGift", { user_id: 777, gift_id: "g" }))).toEqual({ id: "777", kind: "direct" });
  });

  it("an edit that names no topic may stand in any", () => {
    expect(readCall(jsonCall("editMessageText", { chat_id: -5, message_id: 1 }))).toMatchObject({ value: { isAnyThread: true } });
    expect(readCall(jsonCall("closeForumTopic", { chat_id: -5, message_thread_id: 9 }))).not.toHaveProperty("value.isAnyThread");
    expect(readCall(jsonCall("sendMessage", { chat_id: -5 }))).not.toHaveProperty("value.isAnyThread");
  });

  it("a chat named by its @username is said to be: nothing that comes in is called so", () => {
    expect(readCall(jsonCall("sendMessage", { chat_id: "@Acme_News" }))).toMatchObject({ value: { isAlias: true } });
    expect(readCall(jsonCall("editMessageText", { chat_id: "@acme_news", message_id: 1 }))).toMatchObject({ value: { isAlias: true } });
    expect(readCall(jsonCall("sendMessage", { chat_id: -5 }))).not.toHaveProperty("value.isAlias");
  });

  it.each(["", "send/Message", "../getMe", "send Message", "x".repeat(65)])("%j is no method", (method) => {
    expect(readCall(jsonCall(method, { chat_id: 1 }))).toMatchObject({ ok: false, problem: { kind: "bad-body" } });
  });
});

describe("where the chat is found", () => {
  it.each([
    ["JSON, as a number", jsonCall("sendPhoto", { text: "x", chat_id: -1002000000001 })],
    ["JSON, as text", jsonCall("sendPhoto", { chat_id: "-1002000000001" })],
    ["JSON with an escaped name", jsonCall("sendPhoto", '{"ch\\u0061t_id": "-1002000000001"}')],
    [
      "JSON behind nested values that have one too",
      jsonCall("sendPhoto", { reply_parameters: { chat_id: 5, a: ['}]"', { chat_id: 6 }] }, chat_id: -1002000000001 }),
    ],
    ["JSON behind a text that looks like one", jsonCall("sendPhoto", { text: '","chat_id":5,"', chat_id: -1002000000001 })],
    ["a form", form("sendPhoto", "text=a%26chat_id%3D5&chat_id=-1002000000001&x=")],
    ["multipart", multipart(part("caption", "chat_id"), part("chat_id", "-1002000000001"), part("photo", "\0\x01", '; filename="a.png"'))],
    [
      "multipart, behind a file that looks like a field",
      multipart(part("photo", 'name="chat_id"\r\n\r\n5', '; filename="a"'), part("chat_id", "-1002000000001")),
    ],
    ["the query string", queried("sendPhoto", "chat_id=-1002000000001&text=hi")],
    [
      "query string and body alike",
      { ...jsonCall("sendPhoto", { chat_id: -1002000000001 }), query: new URLSearchParams("chat_id=-1002000000001") },
    ],
  ])("%s", (_name, call) => {
    expect(readCall(call)).toEqual({ ok: true, value: { method: "sendPhoto", class: "send", chat: GROUP } });
  });

  it("a quoted boundary reads as a plain one", () => {
    expect(chatIn({ ...multipart(part("chat_id", "5")), contentType: `Multipart/Form-Data; charset=x; boundary="${BOUNDARY}"` })).toEqual({
      id: "5",
      kind: "direct",
    });
  });

  it.each([
    ["a channel's user name", { chat_id: "@Acme_News" }, { id: "@acme_news", kind: "channel" }],
    ["a topic", { chat_id: -5, message_thread_id: 7 }, { id: "-5", kind: "group", thread: "7" }],
    ["a topic as text", { chat_id: "-5", message_thread_id: "7" }, { id: "-5", kind: "group", thread: "7" }],
    ["the General topic", { chat_id: -5, message_thread_id: 1 }, { id: "-5", kind: "group" }],
    ["no topic, spelled out", { chat_id: -5, message_thread_id: 0 }, { id: "-5", kind: "group" }],
    ["a topic of direct messages", { chat_id: -5, direct_messages_topic_id: 9 }, { id: "-5", kind: "group", thread: "dm:9" }],
    ["a business connection", { chat_id: 5, business_connection_id: "b1" }, { id: "5", kind: "direct", connection: "b1" }],
    ["an empty business connection", { chat_id: 5, business_connection_id: "" }, { id: "5", kind: "direct" }],
  ])("%s", (_name, body, chat) => {
    expect(chatIn(jsonCall("sendMessage", body))).toEqual(chat);
    expect(
      chatIn(form("sendMessage", new URLSearchParams(Object.entries(body).map(([key, value]) => [key, String(value)])).toString())),
    ).toEqual(chat);
    expect(chatIn(multipart(...Object.entries(body).map(([key, value]) => part(key, String(value)))))).toEqual(chat);
  });
});

describe("a call that could be read in two ways", () => {
  it.each([
    ["two chats in JSON", jsonCall("sendMessage", '{"chat_id":1,"chat_id":2}')],
    ["a nested chat before the real one", jsonCall("sendMessage", '{"chat_id":{"a":1},"chat_id":2}')],
    ["one chat in the query, another in the body", { ...jsonCall("sendMessage", { chat_id: 1 }), query: new URLSearchParams("chat_id=2") }],
    ["two chats in a form", form("sendMessage", "chat_id=1&chat_id=2")],
    ["two chats in multipart", multipart(part("chat_id", "1"), part("chat_id", "2"))],
    ["an empty chat before the real one", form("sendMessage", "chat_id=&chat_id=2")],
    [
      "two threads",
      { ...jsonCall("sendMessage", { chat_id: 1, message_thread_id: 2 }), query: new URLSearchParams("message_thread_id=3") },
    ],
    ["a chat with letters behind it, which the platform would cut off", jsonCall("sendMessage", { chat_id: "1 or 2" })],
    ["a chat with a fraction", jsonCall("sendMessage", { chat_id: 1.5 })],
    ["a chat that is not exact", jsonCall("sendMessage", '{"chat_id":9007199254740993}')],
    ["a chat of zero", jsonCall("sendMessage", { chat_id: 0 })],
    ["a chat that is true", jsonCall("sendMessage", { chat_id: true })],
    ["a thread that is no number", jsonCall("sendMessage", { chat_id: 1, message_thread_id: "x" })],
    [
      "a form inside a multipart part",
      multipart(part("x", "chat_id=1", "\r\nContent-Type: application/x-www-form-urlencoded"), part("chat_id", "2")),
    ],
    ["a part with two names", multipart(part("chat_id", "1", '; name="text"'))],
    ["a second disposition, spelled with a space", multipart(part("text", "1", '\r\nContent-Disposition : form-data; name="chat_id"'))],
    ["a thread behind what is no JSON", jsonCall("sendMessage", '{"chat_id":-5,\v"message_thread_id":7}')],
    ["JSON that breaks off", jsonCall("sendMessage", '{"chat_id":-5')],
    ["something behind the object's members", jsonCall("sendMessage", '{"chat_id":-5 "message_thread_id":7}')],
    ["JSON that is no object", jsonCall("sendMessage", "[1]")],
    ["multipart without a boundary", { ...multipart(part("chat_id", "1")), contentType: "multipart/form-data" }],
  ])("is refused: %s", (_name, call) => {
    expect(readCall(call)).toMatchObject({ ok: false, problem: { kind: "bad-body" } });
  });
});

describe("a body that is longer than its head", () => {
  const long = "ж".repeat(HEAD_BYTES);
  const headOf = (call: CallHead): CallHead => cutTo(call, HEAD_BYTES);

  it.each([
    ["JSON", jsonCall("sendPhoto", { chat_id: -1002000000001, text: long })],
    ["a form", form("sendPhoto", `chat_id=-1002000000001&text=${long}`)],
    ["multipart", multipart(part("chat_id", "-1002000000001"), part("photo", long, '; filename="a"'))],
  ])("gives its chat when it stands in front: %s", (_name, call) => {
    expect(readCall(headOf(call))).toMatchObject({ ok: true, value: { chat: GROUP } });
  });

  it.each([
    ["JSON", jsonCall("sendPhoto", { text: long, chat_id: -1002000000001 })],
    ["a form", form("sendPhoto", `text=${long}&chat_id=-1002000000001`)],
    ["multipart", multipart(part("photo", long, '; filename="a"'), part("chat_id", "-1002000000001"))],
    ["a method nobody knows", jsonCall("somethingNew", { text: long, chat_id: -1002000000001 })],
  ])("is refused when the chat may stand behind: %s", (_name, call) => {
    expect(readCall(headOf(call))).toMatchObject({ ok: false, problem: { kind: "no-chat" } });
  });

  it("may be as long as it likes when the method needs no chat", () => {
    const upload = { ...multipart(part("user_id", "5"), part("sticker", long, '; filename="a"')), method: "uploadStickerFile" };
    expect(readCall(headOf(upload))).toMatchObject({ ok: true, value: { class: "query" } });
  });

  it("never gives another chat than the whole call names, wherever it is cut", () => {
    const calls = [
      jsonCall("sendPhoto", { a: ['\\"', { chat_id: 4 }], text: 'x","chat_id":5', chat_id: -1002000000001, z: 1 }),
      jsonCall("sendPhoto", '{ "chat_id" : -1002000000001 , "text":"π\\u00e9" }'),
      form("sendPhoto", "a=1&chat_id=-1002000000001&text=%C3%A9"),
      multipart(part("caption", "--x\r\n"), part("chat_id", "-1002000000001"), part("photo", "\r\n--\r\n", '; filename="a"')),
    ];
    for (const call of calls) {
      expect(chatIn(call)).toEqual(GROUP);
      for (let length = 0; length < call.head.length; length += 1) {
        const read = readCall(cutTo(call, length));
        if (read.ok) expect(read.value.chat).toEqual(GROUP);
        else expect(["no-chat", "bad-body"]).toContain(read.problem.kind);
      }
    }
  });
});

describe("any body", () => {
  const types = fc.constantFrom(
    "application/json",
    "application/x-www-form-urlencoded",
    `multipart/form-data; boundary=${BOUNDARY}`,
    "text/plain",
    "",
  );

  it("never makes it throw", () => {
    const pieces = fc.constantFrom(
      '"',
      "{",
      "}",
      "[",
      "]",
      "\\",
      ":",
      ",",
      "chat_id",
      "1",
      "-",
      " ",
      "\r\n",
      `--${BOUNDARY}`,
      "Content-Disposition: form-data; name=",
      "&",
      "=",
      "%",
      "é",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), types, fc.boolean(), (parts, contentType, isComplete) => {
        const head = utf8(parts.join(""));
        expect(readCall({ method: "sendMessage", query: new URLSearchParams(), contentType, head, isComplete })).toHaveProperty("ok");
      }),
      { numRuns: 500 },
    );
  });

  it("that is JSON gives the chat that a JSON parser gives", () => {
    const body = fc.record({ text: fc.string({ unit: "binary" }), nested: fc.jsonValue({ maxDepth: 4 }), chat_id: fc.integer({ min: 1 }) });
    fc.assert(
      fc.property(body, fc.boolean(), fc.constantFrom(undefined, 2), (value, isReversed, indent) => {
        const members = isReversed ? Object.fromEntries(Object.entries(value).reverse()) : value;
        expect(chatIn(jsonCall("sendMessage", JSON.stringify(members, undefined, indent)))?.id).toBe(String(value.chat_id));
      }),
    );
  });
});

/** The one property everything hangs on: what comes in and what goes out name the same conversation. */
describe("a message and the answer to it", () => {
  const keyOf = (scope: "chat" | "sender", chat: Chat, sender?: string) =>
    conversationRef({ account: "telegram:support", scope, identities: new Map() }, chat, sender).key;
  const privateId = fc.integer({ min: 2, max: 2 ** 52 });
  const chats = fc.oneof(
    privateId.map((id) => ({ id, type: "private" })),
    fc.tuple(privateId, fc.constantFrom("group", "supergroup", "channel")).map(([id, type]) => ({ id: -id, type })),
  );
  const place = fc.record({
    chat: chats,
    topic: fc.option(fc.integer({ min: 2, max: 2 ** 31 - 1 }), { nil: undefined }),
    connection: fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/), { nil: undefined }),
    isFromSomebodyElse: fc.boolean(),
  });

  interface Place {
    readonly chat: { readonly id: number; readonly type: string };
    readonly from: number;
    readonly where: Readonly<Record<string, unknown>>;
  }

  /** In a private chat it is the user who writes; somebody else only where a connection lets its owner write too. */
  const places: fc.Arbitrary<Place> = place.map(({ chat, topic, connection, isFromSomebodyElse }) => ({
    chat,
    from: chat.type === "private" && !(isFromSomebodyElse && connection !== undefined) ? chat.id : 424242,
    where: {
      ...(topic === undefined ? {} : { message_thread_id: topic }),
      ...(connection === undefined ? {} : { business_connection_id: connection }),
    },
  }));

  const base = specimen("message");
  function incoming({ chat, from, where }: Place) {
    const update = { ...base, message: { ...base["message"], ...where, chat, from: { id: from }, is_topic_message: true } };
    const parsed = parse(update, account(), ARRIVED_AT_MS);
    if (!parsed.ok || parsed.value.messages[0] === undefined) throw new Error("not parsed");
    return parsed.value.messages[0];
  }

  function answersTo({ chat, where }: Place): readonly CallHead[] {
    const body: Record<string, unknown> = { text: "hi", chat_id: chat.id, ...where };
    const texts = Object.entries(body).map(([key, value]): [string, string] => [key, String(value)]);
    return [
      jsonCall("sendMessage", body),
      jsonCall("sendMessage", Object.fromEntries(texts)),
      form("sendMessage", new URLSearchParams(texts).toString()),
      multipart(...texts.map(([key, value]) => part(key, value))),
    ];
  }

  it.each(["chat", "sender"] as const)("meet in one conversation, with scope %s", (scope) => {
    fc.assert(
      fc.property(places, (somewhere) => {
        const message = incoming(somewhere);
        const expected = keyOf(scope, message.chat, message.sender?.id);
        for (const call of answersTo(somewhere)) {
          const chat = chatIn(call);
          expect(chat && keyOf(scope, chat)).toBe(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("keep a business chat apart from the bot's own chat with the same person, whatever the scope", () => {
    for (const scope of ["chat", "sender"] as const) {
      const own = { id: "5", kind: "direct" } as const;
      expect(keyOf(scope, { ...own, connection: "b1" }, "5")).not.toBe(keyOf(scope, own, "5"));
    }
  });
});
