/** The edge's own words to a person. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { renderNotice } from "../../../src/channels/telegram/render.ts";

it.each([
  ["a person", { id: "777", kind: "direct" }, { chat_id: 777 }],
  ["a topic", { id: "-5", kind: "group", thread: "7" }, { chat_id: -5, message_thread_id: 7 }],
  ["a topic of direct messages", { id: "-5", kind: "group", thread: "dm:9" }, { chat_id: -5, direct_messages_topic_id: 9 }],
  ["a business chat", { id: "777", kind: "direct", connection: "b1" }, { chat_id: 777, business_connection_id: "b1" }],
  ["a channel by name", { id: "@news", kind: "channel" }, { chat_id: "@news" }],
] as const)("a notice to %s is plain text in one message", (_name, chat, where) => {
  expect(renderNotice(chat, "Please <wait> *a minute*")).toEqual({
    method: "sendMessage",
    body: { ...where, text: "Please <wait> *a minute*" },
  });
});

it("a notice is never longer than a message, and never ends in half a character", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "🙂", "é"), { minLength: 4000, maxLength: 4200 }), (characters) => {
      const text = characters.join("");
      const said = String(renderNotice({ id: "1", kind: "direct" }, text).body["text"]);
      expect(said.length).toBeLessThanOrEqual(4096);
      expect(said.isWellFormed()).toBe(true);
      if (text.length <= 4096) expect(said).toBe(text);
    }),
    { numRuns: 50 },
  );
});
