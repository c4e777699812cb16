import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ConversationRef, conversationRef, messageKey, type RefSource, refName, refOf } from "../../src/core/conversation-ref.ts";
import type { Chat } from "../../src/core/message.ts";

const source = (facts: Partial<RefSource> = {}): RefSource => ({
  account: "telegram:support",
  scope: "chat",
  identities: new Map(),
  ...facts,
});

/** Ids as hostile as a platform's JSON can carry: slashes, percent signs, our own words, halves of surrogate pairs. */
const id = fc.oneof(
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.string({ unit: fc.constantFrom("/", "%", "chat", "topic", "via", "1", "|", ":", "\ud800", "%u"), maxLength: 4 }),
);

const chats: fc.Arbitrary<Chat> = fc
  .record({ id, thread: fc.option(id, { nil: undefined }), connection: fc.option(id, { nil: undefined }) })
  .map(({ id: chat, thread, connection }) => ({
    id: chat,
    kind: "group",
    ...(thread === undefined ? {} : { thread }),
    ...(connection === undefined ? {} : { connection }),
  }));

const same = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

describe("a conversation's name", () => {
  it("is different for different chats, topics and connections", () =>
    fc.assert(
      fc.property(chats, chats, (left, right) => {
        const keys = [left, right].map((chat) => conversationRef(source(), chat).key);
        expect(keys[0] === keys[1]).toBe(same([left.id, left.thread, left.connection], [right.id, right.thread, right.connection]));
      }),
      { numRuns: 1_000 },
    ));

  it("is different for two accounts and for two residencies", () => {
    const chat: Chat = { id: "1", kind: "group" };
    const names = [source(), source({ account: "telegram:sales" }), source({ residency: "eu" }), source({ residency: "us" })].map((from) =>
      refName(conversationRef(from, chat)),
    );
    expect(new Set(names).size).toBe(4);
  });

  it("is read back from its text", () =>
    fc.assert(
      fc.property(chats, fc.constantFrom(undefined, "eu" as const, "fedramp" as const, "us" as const), (chat, residency) => {
        const ref = conversationRef(source({ residency }), chat);
        expect(refOf(refName(ref))).toEqual(ref);
      }),
    ));

  it.each(["", "|", "eu|", "mars|key", "key"])("%j is nobody's name", (name) => expect(refOf(name)).toBeUndefined());
});

describe("scope", () => {
  const direct: Chat = { id: "777", kind: "direct" };
  const keyOf = (from: RefSource, chat: Chat = direct, sender?: string): ConversationRef["key"] => conversationRef(from, chat, sender).key;
  const identities = new Map([
    ["telegram:support/777", "alice"],
    ["telegram:sales/42", "alice"],
  ]);

  it("chat: a direct chat is itself", () => expect(keyOf(source())).toBe("telegram:support/chat/777"));
  it("sender: what comes in with a sender and what goes out with a chat id alone meet", () => {
    expect(keyOf(source({ scope: "sender" }), direct, "777")).toBe("telegram:support/sender/777");
    expect(keyOf(source({ scope: "sender" }))).toBe("telegram:support/sender/777");
  });
  it("person: one person on two accounts has one conversation", () => {
    expect(keyOf(source({ scope: "person", identities }))).toBe("person/alice");
    expect(keyOf(source({ scope: "person", identities, account: "telegram:sales" }), { id: "42", kind: "direct" })).toBe("person/alice");
  });
  it("person: a stranger is a sender", () =>
    expect(keyOf(source({ scope: "person", identities }), { id: "9", kind: "direct" })).toBe("telegram:support/sender/9"));
  it("a group is never widened", () => {
    const group: Chat = { id: "-5", kind: "group" };
    for (const scope of ["sender", "person"] as const)
      expect(keyOf(source({ scope, identities }), group, "777")).toBe("telegram:support/chat/-5");
  });
  it("what goes through somebody else's connection is never merged with the bot's own chat", () => {
    for (const scope of ["sender", "person"] as const)
      expect(keyOf(source({ scope, identities }), { ...direct, connection: "c1" }, "777")).toBe("telegram:support/via/c1/chat/777");
  });
});

it("two accounts never share a message's key", () => expect(messageKey("telegram:a", "1")).not.toBe(messageKey("telegram:b", "1")));
