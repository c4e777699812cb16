/** What an agent reads of every type of message, and what rules look at. */
import { describe, expect, it } from "vitest";
import { MESSAGE_TYPES } from "../../../src/channels/whatsapp/events.ts";
import { change, message, messageOf, specimen, specimenNames } from "./support.ts";

const FILE = "1003383421387256";
const file = (kind: string, mimeType: string, more: object = {}) => ({ id: FILE, kind, mimeType, ...more });

/** Specimen: what a person wrote, what an agent reads, its files, and whether it follows the conversation. */
const told: Readonly<Record<string, readonly [text: string, words: string, media?: readonly object[], isFollowUp?: true]>> = {
  "text-reply": ["Yes, that one", "[In reply to an earlier message]\nYes, that one"],
  "text-forwarded": ["See this", "[Forwarded]\nSee this"],
  "text-forwarded-often": ["See this", "[Forwarded many times]\nSee this"],
  "text-product": ["Is it in stock?", "[About the product di9ozbzfi4 of the catalogue 194836987003835]\nIs it in stock?"],
  "text-referral": ["Hi", "[Came through an ad: Chat with us | Summer plants are here! | https://fb.me/example]\nHi"],
  image: ["The broken part", "The broken part", [file("image", "image/jpeg")]],
  video: ["", "", [file("video", "video/mp4")]],
  audio: ["", "", [file("audio", "audio/mpeg")]],
  "audio-voice": ["", "", [file("audio", "audio/ogg", { isVoice: true })]],
  document: ["My receipt", "My receipt", [file("document", "application/pdf", { name: "receipt.pdf" })]],
  sticker: ["", "", [file("sticker", "image/webp")]],
  location: ["", "[Place: Example Coffee, 101 Example Ave, Palo Alto, 37.44221496582, -122.16165924072, https://coffee.example.com/]"],
  "location-bare": ["", "[Place: 12.25089, 43.90539]"],
  contacts: ["", "[Contact: Barbara J. Example, Engineer, Example Ltd, +1 (555) 555-0102, b@example.com]\n[Contact: Carl Example]"],
  reaction: ["", "[Reacted with 👍 to an earlier message]", [], true],
  "reaction-removed": ["", "[Took back the reaction to an earlier message]", [], true],
  button: ["Unsubscribe", "Unsubscribe", [], true],
  "interactive-button": ["Cancel", "Cancel", [], true],
  "interactive-list": ["Express", "Express (Next day to 2 days)", [], true],
  "interactive-form": ["", "[Filled in a form: rating: 4; wishes: faster, cheaper; address.city: Palo Alto]", [], true],
  "interactive-call-permission": ["", "[Allowed calls]", [], true],
  "interactive-broken": ["", "[A message of a kind WhatsApp does not pass on]", [], true],
  order: [
    "As a gift, please",
    "[Order from the catalogue 194836987003835: 2 x di9ozbzfi4 at 30 USD; 1 x nqryix03ez at 25.5 USD]\nAs a gift, please",
  ],
  edit: ["At 5, not at 4", "[Corrected an earlier message to]\nAt 5, not at 4", [], true],
  "edit-image": ["A better picture", "[Corrected an earlier message to]\nA better picture", [file("image", "image/jpeg")], true],
  revoke: ["", "[Deleted an earlier message]", [], true],
  unsupported: ["", "[A message of a kind WhatsApp does not pass on]"],
  "unsupported-poll": ["", "[A message of a kind WhatsApp does not pass on: poll]"],
  request_welcome: ["", "[Opened the chat for the first time]"],
  unknown: ["", "[A message of a kind WhatsApp does not pass on]"],
};

describe("every type of message", () => {
  it.each(Object.entries(told))("%s", (name, [text, words, media = [], isFollowUp]) => {
    const found = messageOf(name);
    expect(found.text).toBe(text);
    expect(found.turn).toEqual({ text: words, media, messageId: found.id, senderName: "Ada Example" });
    expect(found.isFollowUp).toBe(isFollowUp);
  });

  it("has a specimen, and each specimen of a message is told here or in another test", () => {
    const typeOf = (name: string) => JSON.stringify(specimen(name)).match(/"type":"(\w+)"(?=[,}])/g) ?? [];
    const types = new Set(specimenNames.flatMap(typeOf).map((type) => type.slice(8, -1)));
    expect([...types]).toEqual(expect.arrayContaining([...MESSAGE_TYPES]));
  });

  it("is kept by its own name", () => {
    expect(messageOf("unknown").kind).toBe("hologram");
    expect(messageOf(change({ messages: [message({ type: "__proto__" })] })).kind).toBe("__proto__");
  });
});

describe("what does not read", () => {
  const wordsOf = (members: Readonly<Record<string, unknown>>) => messageOf(change({ messages: [message(members)] })).turn?.text;

  it.each([
    ["a text without words", { text: {} }],
    ["a file without an id", { type: "image", image: { mime_type: "image/jpeg" } }],
    ["a file whose id would climb", { type: "image", image: { id: "../me", mime_type: "image/jpeg" } }],
    ["cards of nobody", { type: "contacts", contacts: [] }],
    ["a place without a place", { type: "location", location: { name: "Here" } }],
    ["a type that lives on every object", { type: "constructor" }],
  ])("%s was sent all the same", (_name, members) => {
    expect(wordsOf(members)).toBe("[A message of a kind WhatsApp does not pass on]");
  });

  it("a correction of a kind that is not known is told as one", () => {
    expect(wordsOf({ type: "edit", edit: { message: { type: "edit", edit: {} } } })).toBe(
      "[Corrected an earlier message, in a way WhatsApp does not pass on]",
    );
  });

  it.each([
    ["type in capitals", "IMAGE/JPEG", "image/jpeg"],
    ["parameters", "audio/ogg ; codecs=opus", "audio/ogg"],
    ["no type", undefined, "application/octet-stream"],
    ["a type that is none", "image", "application/octet-stream"],
    ["a type over two lines", "image/jpeg\r\nx: y", "application/octet-stream"],
  ])("a file's %s", (_name, mime_type, expected) => {
    const found = messageOf(change({ messages: [message({ type: "image", image: { id: "1", mime_type } })] }));
    expect(found.turn?.media[0]?.mimeType).toBe(expected);
  });

  it.each([
    ["JSON that is none", "{", "Sent", "[Filled in a form: Sent]"],
    ["no answers", "{}", undefined, "[Filled in a form]"],
    ["answers too deep", JSON.stringify({ a: { b: { c: { d: 1 } } } }), undefined, "[Filled in a form]"],
    [
      "names that live on every object",
      '{"__proto__":{"a":1},"constructor":2}',
      undefined,
      "[Filled in a form: __proto__.a: 1; constructor: 2]",
    ],
  ])("a form of %s", (_name, response_json, body, expected) => {
    expect(wordsOf({ type: "interactive", interactive: { nfm_reply: { response_json, body } } })).toBe(expected);
  });

  it("a long list says how much was left out", () => {
    const cards = Array.from({ length: 25 }, (_, index) => ({ name: { formatted_name: `Card ${index}` } }));
    expect(wordsOf({ type: "contacts", contacts: cards })?.split("\n").at(-1)).toBe("and 5 more");
    expect(wordsOf({ type: "contacts", contacts: [{ name: { formatted_name: "🙂".repeat(400) } }] })?.isWellFormed()).toBe(true);
  });
});
