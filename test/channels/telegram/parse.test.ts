/** What every update becomes: its conversation, sender, text, age; and what is refused or ignored. */
import type { Update } from "@grammyjs/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { IGNORED_TYPES, ROUTED_TYPES } from "../../../src/channels/telegram/events.ts";
import { parse } from "../../../src/channels/telegram/parse.ts";
import { conversationRef } from "../../../src/core/conversation-ref.ts";
import type { Message } from "../../../src/core/message.ts";
import { ARRIVED_AT_MS, account, specimen, specimenNames } from "./support.ts";

type UpdateType = Exclude<keyof Update, "update_id">;

const SENT_AT_MS = 1_793_000_000_000;
const source = { account: "telegram:support", scope: "chat", identities: new Map() } as const;

const read = (payload: unknown, options = {}) => parse(payload, account(options), ARRIVED_AT_MS);
function messageOf(payload: unknown, options = {}): Message {
  const parsed = read(payload, options);
  if (!parsed.ok) throw new Error(parsed.problem.detail);
  const [message] = parsed.value.messages;
  if (message === undefined) throw new Error(`ignored: ${parsed.value.ignored.join()}`);
  return message;
}
const keyOf = (message: Message): string => conversationRef(source, message.chat, message.sender?.id).key;
/** The specimen `name` with some members of its event replaced. */
function bent(name: string, members: Readonly<Record<string, unknown>>, kind = name.split("-")[0] ?? name): unknown {
  const update = specimen(name);
  return { ...update, [kind]: { ...update[kind], ...members } };
}

/** Every type of the Bot API: the compiler asks for a line when the types package learns a new one. */
const everyType: Record<
  UpdateType,
  readonly [conversation: string, sender: string | undefined, lifetimeMs: number | undefined] | "ignored"
> = {
  message: ["chat/777000111", "777000111", undefined],
  edited_message: ["chat/777000111", "777000111", undefined],
  channel_post: ["chat/-1002000000003", "-1002000000003", undefined],
  edited_channel_post: ["chat/-1002000000003", "-1002000000003", undefined],
  business_connection: ["chat/777000222", "777000222", undefined],
  business_message: ["via/bizconn01/chat/777000111", "777000111", undefined],
  edited_business_message: ["via/bizconn01/chat/777000111", "777000111", undefined],
  deleted_business_messages: ["via/bizconn01/chat/777000111", undefined, undefined],
  guest_message: ["chat/-1002000000002", "777000111", undefined],
  stopped_message_generation: ["chat/777000111/topic/7", undefined, undefined],
  message_reaction: ["chat/-1002000000002", "777000111", undefined],
  message_reaction_count: ["chat/-1002000000003", undefined, undefined],
  inline_query: ["chat/777000111", "777000111", 30_000],
  chosen_inline_result: ["chat/777000111", "777000111", 600_000],
  callback_query: ["chat/-1002000000001/topic/5", "777000111", 150_000],
  shipping_query: ["chat/777000111", "777000111", 150_000],
  pre_checkout_query: ["chat/777000111", "777000111", 150_000],
  purchased_paid_media: ["chat/777000111", "777000111", undefined],
  poll: "ignored",
  poll_answer: ["chat/777000111", "777000111", undefined],
  my_chat_member: ["chat/777000111", "777000111", undefined],
  chat_member: ["chat/-1002000000002", "777000111", undefined],
  chat_join_request: ["chat/-1002000000002", "777000111", undefined],
  chat_boost: ["chat/-1002000000003", undefined, undefined],
  removed_chat_boost: ["chat/-1002000000003", undefined, undefined],
  managed_bot: ["chat/777000222", "777000222", undefined],
  subscription: ["chat/777000111", "777000111", undefined],
};

describe("every type of update", () => {
  it.each(Object.entries(everyType))("%s goes to its conversation, or is ignored by name", (kind, expected) => {
    const update = specimen(kind);
    if (expected === "ignored") {
      expect(read(update)).toEqual({ ok: true, value: { messages: [], ignored: [kind] } });
      return;
    }
    const [conversation, sender, lifetimeMs] = expected;
    const message = messageOf(update);
    expect(message).toMatchObject({ kind, id: `u${update["update_id"]}` });
    expect(keyOf(message)).toBe(`telegram:support/${conversation}`);
    expect(message.sender?.id).toBe(sender);
    expect(message.expiresAtMs).toBe(lifetimeMs === undefined ? undefined : ARRIVED_AT_MS + lifetimeMs);
  });

  it("is known to be routed or ignored, and nothing else is", () => {
    expect([...ROUTED_TYPES, ...IGNORED_TYPES].sort()).toEqual(Object.keys(everyType).sort());
  });

  it("has a specimen, and each specimen is of a type", () => {
    expect(specimenNames).toEqual(expect.arrayContaining(Object.keys(everyType)));
    for (const name of specimenNames) expect(Object.keys(specimen(name))).toEqual(["update_id", name.split("-")[0]]);
  });
});

describe("identity", () => {
  it.each([
    ["a group", "message-group", "chat/-4000111"],
    ["a topic of a forum", "message-topic", "chat/-1002000000001/topic/5"],
    ["the General topic of a forum", "message-general-topic", "chat/-1002000000001"],
    ["a thread of replies, which is no topic", "message-reply-thread", "chat/-1002000000002"],
    ["a topic in a private chat", "message-private-topic", "chat/777000111/topic/7"],
    ["a topic of a channel's direct messages", "message-direct-messages-topic", "chat/-1002000000004/topic/dm:777000111"],
    ["a business chat, written in by its owner", "business_message-owner", "via/bizconn01/chat/777000111"],
    ["a button of an inline message", "callback_query-inline", "chat/777000111"],
    ["a button in a business chat", "callback_query-business", "via/bizconn01/chat/777000111"],
    ["a button of a message that is gone", "callback_query-inaccessible", "chat/-1002000000002"],
    ["a vote in the name of a channel", "poll_answer-chat", "chat/-1002000000003"],
    ["a supergroup that was a group", "message-migrate-from", "chat/-1002000000009"],
  ])("%s is a conversation of its own", (_name, file, conversation) => {
    expect(keyOf(messageOf(specimen(file)))).toBe(`telegram:support/${conversation}`);
  });

  it("a group that became a supergroup says where it lives on", () => {
    expect(messageOf(specimen("message-migrate-to"))).toMatchObject({
      chat: { id: "-4000111" },
      movedTo: { id: "-1002000000009", kind: "group" },
    });
    expect(messageOf(specimen("message-migrate-to"))).not.toHaveProperty("movedFrom");
    expect(messageOf(specimen("message-migrate-from"))).toMatchObject({ movedFrom: { id: "-4000111", kind: "group" } });
    expect(messageOf(specimen("message-migrate-from"))).not.toHaveProperty("movedTo");
  });

  it("an anonymous admin is the chat it speaks for, not Telegram's stand-in user", () => {
    expect(messageOf(specimen("message-anonymous-admin")).sender).toEqual({ id: "-1002000000002" });
  });

  it("a language is lower-cased, and left out when it does not read", () => {
    const from = { id: 1, is_bot: false, first_name: "O", language_code: "pt-BR" };
    expect(messageOf(bent("message", { from })).sender).toEqual({ id: "1", language: "pt-br" });
    expect(messageOf(bent("message", { from: { ...from, language_code: 7 } })).sender).toEqual({ id: "1" });
  });
});

describe("what a person wrote", () => {
  it.each([
    ["message", "Where is my refund?"],
    ["message-photo", "/refund my broken lamp"],
    ["inline_query", "refund policy"],
    ["callback_query", ""],
    ["message_reaction", ""],
  ])("%s", (file, text) => {
    expect(messageOf(specimen(file)).text).toBe(text);
  });

  it("finds a command in a caption as well as in a text, without slash, bot and case", () => {
    expect(messageOf(specimen("message-photo")).command).toBe("refund");
    expect(messageOf(specimen("message-command")).command).toBe("start");
    expect(messageOf(specimen("message"))).not.toHaveProperty("command");
  });

  it("takes a command only from the beginning", () => {
    const later = { text: "try /start", entities: [{ type: "bot_command", offset: 4, length: 6 }] };
    expect(messageOf(bent("message", later))).not.toHaveProperty("command");
    expect(messageOf(bent("message-group", later)).isAddressed).toBe(false);
  });
});

describe("whether the bot is addressed in a group", () => {
  const ours = { username: "Acme_Support_Bot" };
  const other = { username: "someone_else_bot" };
  it.each([
    ["small talk", "message-group", false, false],
    ["a mention behind an emoji", "message-mention", true, false],
    ["a reply to it", "message-reply", true, false],
    ["a command with its name", "message-command", true, false],
    ["a message in a topic that a bot opened", "message-topic", false, false],
    ["a reply to a person", "message-reply-thread", false, false],
    ["a reaction", "message_reaction", false, false],
    ["a button", "callback_query", true, true],
    ["a guest message", "guest_message", true, true],
  ] as const)("%s", (_name, file, whenOurs, whenOthers) => {
    expect(messageOf(specimen(file), ours).isAddressed).toBe(whenOurs);
    expect(messageOf(specimen(file), other).isAddressed).toBe(whenOthers);
    expect(messageOf(specimen(file)).isAddressed, "without a configured name").toBe(whenOurs);
  });

  it("a command for another bot is neither addressed to us nor our command", () => {
    const message = messageOf(specimen("message-command"), other);
    expect(message.isAddressed).toBe(false);
    expect(message).not.toHaveProperty("command");
  });

  it("a bare command addresses every bot", () => {
    const bare = bent("message-command", { text: "/start now", entities: [{ type: "bot_command", offset: 0, length: 6 }] });
    expect(messageOf(bare, other)).toMatchObject({ isAddressed: true, command: "start" });
  });

  it("a mention of a person does not, unless the bot has no name that ends in bot", () => {
    const mention = bent("message-mention", { text: "hey @ada_example", entities: [{ type: "mention", offset: 4, length: 12 }] });
    expect(messageOf(mention).isAddressed).toBe(false);
    expect(messageOf(mention, { username: "ada_example" }).isAddressed).toBe(true);
  });

  it("a text mention does when it is of a bot", () => {
    const mentionOf = (user: unknown) =>
      bent("message-group", { text: "you there", entities: [{ type: "text_mention", offset: 0, length: 3, user }] });
    expect(messageOf(mentionOf({ id: 9, is_bot: true, first_name: "B" })).isAddressed).toBe(true);
    expect(messageOf(mentionOf({ id: 9, is_bot: false, first_name: "P" })).isAddressed).toBe(false);
  });

  it("a reply to an anonymous admin does not, though Telegram shows a bot there", () => {
    const admin = { id: 1087968824, is_bot: true, first_name: "Group", username: "GroupAnonymousBot" };
    const reply = bent("message-reply", {
      reply_to_message: { message_id: 1, from: admin, sender_chat: { id: -1002000000002, type: "supergroup" } },
    });
    expect(messageOf(reply).isAddressed).toBe(false);
  });
});

describe("ages", () => {
  it("an ordinary message has no age of its own: it is kept until it is delivered, whatever its date says", () => {
    for (const date of [1, SENT_AT_MS / 1000 - 90_000, SENT_AT_MS / 1000 + 10_000]) {
      expect(messageOf(bent("message", { date }))).not.toHaveProperty("expiresAtMs");
    }
  });
});

it("a button, a reaction and an edit follow the conversation; a message and a command do not", () => {
  const isFollowUp = (name: string) => messageOf(specimen(name)).isFollowUp === true;
  expect(["callback_query", "message_reaction", "edited_message", "poll_answer"].map(isFollowUp)).toEqual([true, true, true, true]);
  expect(["message", "message-command", "channel_post", "pre_checkout_query"].map(isFollowUp)).toEqual([false, false, false, false]);
});

describe("what is not what it claims", () => {
  const update = specimen("message");
  it.each([
    ["no object", 7],
    ["null", null],
    ["an array", [specimen("message")]],
    ["no update_id", { message: update["message"] }],
    ["a negative update_id", { ...update, update_id: -1 }],
    ["an update_id with a fraction", { ...update, update_id: 1.5 }],
    ["an update_id that is not exact", { ...update, update_id: 2 ** 53 }],
    ["an update_id as text", { ...update, update_id: "500100" }],
    ["two events", { ...update, callback_query: specimen("callback_query")["callback_query"] }],
    ["an event that is no object", { ...update, message: "hello" }],
    ["no chat", bent("message", { chat: undefined })],
    ["a chat id that is not exact", bent("message", { chat: { id: 1e17, type: "private" } })],
    ["a chat id as text", bent("message", { chat: { id: "777000111", type: "private" } })],
    ["a chat id of zero", bent("message", { chat: { id: 0, type: "group" } })],
    ["a private chat with a group's id", bent("message", { chat: { id: -5, type: "private" } })],
    ["a group with a person's id", bent("message", { chat: { id: 5, type: "supergroup" } })],
    ["a sender with a group's id", bent("message", { from: { id: -5 } })],
    ["a topic that is no number", bent("message-topic", { message_thread_id: "5" })],
    ["a text that is no text", bent("message", { text: { toString: 1 } })],
    ["a group that moved to a person", bent("message-migrate-to", { migrate_to_chat_id: 5 })],
    ["a group that was a person", bent("message-migrate-from", { migrate_from_chat_id: 5 })],
    ["an event without chat and user", { ...specimen("poll_answer"), poll_answer: { poll_id: "1", option_ids: [] } }],
  ])("%s is of bad shape", (_name, payload) => {
    expect(read(payload)).toMatchObject({ ok: false, problem: { reason: "bad-shape" } });
  });

  it.each([
    ["an unknown type", { update_id: 1, future_thing: {} }, ["unknown:future_thing"]],
    ["a type with a hostile name", { update_id: 1, "Ev'il\n{name}": {} }, ["unknown:_v_il__name_"]],
    ["a type with a long name", { update_id: 1, ["x".repeat(5000)]: {} }, [`unknown:${"x".repeat(40)}`]],
    ["a type named as a prototype", JSON.parse('{"update_id":1,"__proto__":{"message":{}}}'), ["unknown:__proto__"]],
    [
      "a type named as a method of objects",
      { update_id: 1, toString: {}, hasOwnProperty: {} },
      ["unknown:to_tring", "unknown:has_wn_roperty"],
    ],
    ["nothing at all", { update_id: 1 }, ["empty"]],
  ])("%s is ignored by name", (_name, payload, ignored) => {
    expect(read(payload)).toEqual({ ok: true, value: { messages: [], ignored } });
  });

  it("hints that do not read cost the hint, not the message", () => {
    const hints = { entities: "none", date: "yesterday", reply_to_message: 5 };
    expect(messageOf(bent("message", hints))).toMatchObject({ text: "Where is my refund?", isAddressed: true });
    expect(messageOf(bent("message", hints))).not.toHaveProperty("sentAtMs");
  });

  it("entities that point anywhere never throw", () => {
    const offset = fc.oneof(fc.nat(), fc.maxSafeInteger());
    fc.assert(
      fc.property(fc.string(), offset, offset, fc.constantFrom("mention", "bot_command", "text_mention"), (text, from, length, type) => {
        expect(
          messageOf(bent("message-group", { text, entities: [{ type, offset: Math.abs(from), length: Math.abs(length) }] })).text,
        ).toBe(text);
      }),
    );
  });
});
