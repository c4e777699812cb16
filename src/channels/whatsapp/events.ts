/**
 * Every type of message, and what an agent reads of it. Files are only referred to; the link describes them. A type that is not known, or
 * does not read, was still sent by a person: the agent is told that something came.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
 */
import type * as z from "zod/mini";
import type { MediaRef } from "../../core/turn.ts";
import { given } from "../given.ts";
import {
  buttonSchema,
  contactCardsSchema,
  editSchema,
  fileSchema,
  interactiveSchema,
  locationSchema,
  orderSchema,
  reactionSchema,
  textSchema,
  unsupportedSchema,
  type WhatsAppInteractive,
} from "./content.ts";
import { cardWords, formWords, orderWords, placeWords } from "./described.ts";
import { mediaRef } from "./media-ref.ts";
import { note, short } from "./words.ts";

export interface EventFacts {
  /** What a person wrote: rules look at this. */
  readonly text: string;
  /** What an agent reads. */
  readonly words: string;
  readonly media: readonly MediaRef[];
  readonly isFollowUp?: true;
}

/** Of the part of the message that bears its type's name; undefined when it does not read. */
type Reader = (content: unknown) => EventFacts | undefined;

const reads =
  <Schema extends z.ZodMiniType>(schema: Schema, facts: (content: z.infer<Schema>) => EventFacts | undefined): Reader =>
  (content) => {
    const parsed = schema.safeParse(content);
    return parsed.success ? facts(parsed.data) : undefined;
  };

const written = (text: string): EventFacts => ({ text, words: text, media: [] });
const happened = (words: string): EventFacts => ({ text: "", words: note(words), media: [] });
const followUp = (facts: EventFacts): EventFacts => ({ ...facts, isFollowUp: true });

const file = (kind: MediaRef["kind"]): Reader =>
  reads(fileSchema, (content) => ({ ...written(content.caption ?? ""), media: [mediaRef(kind, content)] }));

/** What can be written, and so can be corrected. */
const writtenTypes: ReadonlyMap<string, Reader> = new Map([
  ["text", reads(textSchema, ({ body }) => written(body))],
  ["image", file("image")],
  ["video", file("video")],
  ["audio", file("audio")],
  ["document", file("document")],
  ["sticker", file("sticker")],
]);

const edit = reads(editSchema, ({ message }) => {
  const facts = writtenTypes.get(message.type)?.(message[message.type]);
  if (facts === undefined) return followUp(happened("Corrected an earlier message, in a way WhatsApp does not pass on"));
  return followUp({ ...facts, words: [note("Corrected an earlier message to"), facts.words].filter((line) => line !== "").join("\n") });
});

const interactive = reads(interactiveSchema, (content) => {
  const facts = replyFacts(content);
  return facts === undefined ? undefined : followUp(facts);
});

function replyFacts(reply: WhatsAppInteractive): EventFacts | undefined {
  const { button_reply: button, list_reply: row, nfm_reply: form, call_permission_reply: call } = reply;
  if (button !== undefined) return written(button.title);
  if (row !== undefined) return { ...written(row.title), words: withDescription(row.title, row.description) };
  if (form !== undefined) return { ...written(""), words: formWords(form.response_json, form.body) };
  if (call === undefined) return undefined;
  return happened(call.response === "accept" ? "Allowed calls" : "Did not allow calls");
}

const withDescription = (title: string, description = ""): string => (description === "" ? title : `${title} (${short(description)})`);

const readers: ReadonlyMap<string, Reader> = new Map([
  ...writtenTypes,
  ["location", reads(locationSchema, (place) => ({ ...written(""), words: placeWords(place) }))],
  ["contacts", reads(contactCardsSchema, (cards) => (cards.length === 0 ? undefined : { ...written(""), words: cardWords(cards) }))],
  ["order", reads(orderSchema, (order) => ({ ...written(order.text ?? ""), words: orderWords(order) }))],
  ["reaction", reads(reactionSchema, ({ emoji = "" }) => followUp(happened(reactionWords(emoji))))],
  ["button", reads(buttonSchema, ({ text }) => followUp(written(text)))],
  ["interactive", interactive],
  ["edit", edit],
  ["revoke", () => followUp(happened("Deleted an earlier message"))],
  ["request_welcome", () => happened("Opened the chat for the first time")],
  ["unsupported", reads(unsupportedSchema, ({ type }) => unreadable(type))],
]);

const reactionWords = (emoji: string): string =>
  emoji === "" ? "Took back the reaction to an earlier message" : `Reacted with ${short(emoji)} to an earlier message`;

const unreadable = (kind?: string): EventFacts =>
  happened(`A message of a kind WhatsApp does not pass on${kind === undefined || kind === "" ? "" : `: ${short(kind)}`}`);

export const MESSAGE_TYPES: readonly string[] = [...readers.keys()];

export function factsOf(type: string, message: Readonly<Record<string, unknown>>): EventFacts {
  const content = Object.hasOwn(message, type) ? message[type] : undefined;
  const facts = readers.get(type)?.(content);
  return facts ?? { ...unreadable(), ...given("isFollowUp", FOLLOW_UPS.has(type) ? true : undefined) };
}

/** They refer to something said earlier even when they do not read. */
const FOLLOW_UPS: ReadonlySet<string> = new Set(["reaction", "button", "interactive", "edit", "revoke"]);
