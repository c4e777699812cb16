/** The answers the edge gives in the platform's place, what real answers tell it, and where calls go. */
import { describe, expect, it } from "vitest";
import type { EgressCall } from "../../../src/channels/egress.ts";
import { egress } from "../../../src/channels/telegram/egress.ts";
import type { Chat } from "../../../src/core/message.ts";
import { TOKEN } from "./support.ts";

const NOW = { nowMs: 1_793_000_000_500, serial: 7 };
const direct: Chat = { id: "777", kind: "direct" };
const topic: Chat = { id: "-1002000000001", kind: "group", thread: "5" };
const pretended = (method: string, kind: EgressCall["class"], chat?: Chat, serial = 7) =>
  egress.pretend({ method, class: kind, ...(chat === undefined ? {} : { chat }) }, { ...NOW, serial });
const resultOf = (...args: Parameters<typeof pretended>) => pretended(...args).body["result"];

describe("a pretended success", () => {
  it("of a send is the message it would have been", () => {
    expect(pretended("sendMessage", "send", direct)).toEqual({
      status: 200,
      body: { ok: true, result: { message_id: 1_900_000_007, date: 1_793_000_000, chat: { id: 777, type: "private" } } },
    });
    expect(resultOf("SENDPHOTO", "send", topic)).toMatchObject({
      chat: { id: -1002000000001, type: "supergroup" },
      message_thread_id: 5,
      is_topic_message: true,
    });
    expect(resultOf("sendMessage", "send", { id: "-4000111", kind: "group" })).toMatchObject({ chat: { type: "group" } });
    expect(resultOf("sendMessage", "send", { id: "@news", kind: "channel" })).toMatchObject({
      chat: { type: "channel", username: "news" },
    });
  });

  it.each([
    ["sendMediaGroup", "send", [{ message_id: 1_900_000_007 }]],
    ["copyMessage", "send", { message_id: 1_900_000_007 }],
    ["copyMessages", "send", [{ message_id: 1_900_000_007 }]],
    ["forwardMessage", "send", { message_id: 1_900_000_007, date: 1_793_000_000 }],
    ["forwardMessages", "send", [{ message_id: 1_900_000_007 }]],
    ["sendPoll", "send", { message_id: 1_900_000_007, poll: { id: "1900000007" } }],
    ["createForumTopic", "send", { message_thread_id: 1_900_000_007 }],
    ["editMessageText", "edit", { message_id: 1_900_000_007, edit_date: 1_793_000_000 }],
    ["stopPoll", "edit", { is_closed: true }],
  ] as const)("of %s has its shape", (method, kind, result) => {
    expect(resultOf(method, kind, direct)).toMatchObject(result);
  });

  it.each([
    ["deleteMessage", "edit"],
    ["setMessageReaction", "edit"],
    ["pinChatMessage", "edit"],
    ["editEphemeralMessageText", "edit"],
    ["sendChatAction", "typing"],
    ["sendMessageDraft", "send"],
    ["setWebhook", "bot-change"],
    ["deleteMyCommands", "bot-change"],
    ["logOut", "bot-change"],
  ] as const)("of %s is true", (method, kind) => {
    expect(pretended(method, kind)).toEqual({ status: 200, body: { ok: true, result: true } });
  });

  it("has another message id for every serial, always a positive 32-bit one", () => {
    const ids = [0, 1, 2, 247_483_647].map(
      (serial) => (resultOf("sendMessage", "send", direct, serial) as { message_id: number }).message_id,
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const serial of [0, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
      const { message_id: id } = resultOf("sendMessage", "send", direct, serial) as { message_id: number };
      expect(id > 0 && id < 2 ** 31).toBe(true);
    }
  });

  it("is never given to who asks for updates or for another bot's token", () => {
    expect(pretended("getUpdates", "poll")).toMatchObject({ status: 409, body: { ok: false, error_code: 409 } });
    expect(pretended("getManagedBotToken", "bot-change")).toMatchObject({ status: 403, body: { ok: false } });
  });
});

describe("a refusal", () => {
  it("has the platform's shape, and waits in whole seconds, rounded up", () => {
    expect(egress.refuse(400, "Bad Request: chat not found")).toEqual({
      status: 400,
      body: { ok: false, error_code: 400, description: "Bad Request: chat not found" },
    });
    expect(egress.refuse(429, "Too Many Requests: retry after 2", 1001).body).toMatchObject({
      error_code: 429,
      parameters: { retry_after: 2 },
    });
    expect(egress.refuse(429, "Too Many Requests", 0).body).toMatchObject({ parameters: { retry_after: 1 } });
  });

  it("is read back as what it says", () => {
    const refusal = egress.refuse(429, "Too Many Requests: retry after 3", 3000);
    expect(egress.readAnswer(refusal.status, refusal.body)).toEqual({ retryAfterMs: 3000 });
  });
});

describe("what an answer tells", () => {
  it.each([
    [
      "that a group moved",
      400,
      { parameters: { migrate_to_chat_id: -1002000000009 } },
      { movedTo: { id: "-1002000000009", kind: "group" } },
    ],
    ["how long to wait", 429, { parameters: { retry_after: 5 } }, { retryAfterMs: 5000 }],
    ["nothing about waiting under another status", 500, { parameters: { retry_after: 5 } }, {}],
    ["nothing when the wait is no number", 429, { parameters: { retry_after: "5" } }, {}],
    ["nothing when the wait is negative", 429, { parameters: { retry_after: -5 } }, {}],
    ["nothing when a group moved to a person", 400, { parameters: { migrate_to_chat_id: 5 } }, {}],
    ["nothing without parameters", 403, { ok: false }, {}],
    ["nothing when it is no object", 502, "<html>", {}],
    ["nothing when it is nothing", 502, undefined, {}],
  ])("%s", (_name, status, body, facts) => {
    expect(egress.readAnswer(status, body)).toEqual(facts);
  });
});

describe("where a call goes", () => {
  it.each([
    ["method", "sendMessage", `https://api.telegram.org/bot${TOKEN}/sendMessage`],
    ["file", "documents/file_1.pdf", `https://api.telegram.org/file/bot${TOKEN}/documents/file_1.pdf`],
    ["file", "photos/my%20cat.jpg", `https://api.telegram.org/file/bot${TOKEN}/photos/my%20cat.jpg`],
    ["file", "../../bot/../etc/passwd", `https://api.telegram.org/file/bot${TOKEN}/bot/etc/passwd`],
    ["file", "%2e%2e/%2Fetc/a", `https://api.telegram.org/file/bot${TOKEN}/a`],
    ["file", "a?b#c", `https://api.telegram.org/file/bot${TOKEN}/a%3Fb%23c`],
  ] as const)("a %s at %s", (kind, path, url) => {
    expect(egress.url("https://api.telegram.org/", TOKEN, { kind, path })).toBe(url);
  });

  it("keeps a base with a path", () => {
    expect(egress.url("http://127.0.0.1:9/tg", TOKEN, { kind: "method", path: "getMe" })).toBe(`http://127.0.0.1:9/tg/bot${TOKEN}/getMe`);
  });

  it("shows a gateway the bot's id and nothing of the secret", () => {
    expect(egress.tokenPrefix(TOKEN)).toBe("7000000001");
  });
});

it("a person is answered faster than a group, and the bot has a pace over all", () => {
  const inDirect = egress.pace(direct);
  const inGroup = egress.pace(topic);
  expect(inDirect.chat?.perMinute).toBeGreaterThan(inGroup.chat?.perMinute ?? Number.POSITIVE_INFINITY);
  expect(inDirect.bot).toEqual(inGroup.bot);
  expect(egress.pace(undefined)).toEqual({ bot: inGroup.bot });
});
