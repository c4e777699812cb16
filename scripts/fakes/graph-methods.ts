/** Sending through the stand-in for Meta's Graph API: a message or a read mark in, an answer out, checked as far as senders get it wrong. Outermost edge only. @see https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages */
import { badParameter, type GraphAnswer, graphError, type Json } from "./graph-error.ts";
import { type BusinessNumber, type Limits, limitReached, type SentMessage } from "./graph-numbers.ts";

export interface Taken {
  readonly answer: GraphAnswer;
  /** Undefined: refused, or no message. */
  readonly sent?: SentMessage;
}

export interface MessagePorts {
  readonly nowMs: () => number;
  readonly newWamid: () => string;
  readonly limits: Limits;
}

const MAX_TEXT = 4096;
const MAX_INTERACTIVE_BODY = 1024;
const TYPES = ["text", "template", "interactive", "image", "document", "audio", "video", "sticker", "location", "contacts", "reaction"];

export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined;
  return found;
}

const textAt = (value: unknown, ...path: readonly string[]): string => {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
};

/** `text['body']`: how Meta names a parameter within another. */
function checkText(body: Json, [first = "", ...rest]: readonly string[], max: number): GraphAnswer | undefined {
  const text = textAt(body, first, ...rest);
  const name = `${first}${rest.map((key) => `['${key}']`).join("")}`;
  if (text === "") return badParameter(`The parameter ${name} is required.`);
  return text.length > max ? badParameter(`Param ${name} must be at most ${max} characters long.`) : undefined;
}

function checkTemplate(body: Json): GraphAnswer | undefined {
  if (textAt(body, "template", "name") === "") return badParameter("The parameter template['name'] is required.");
  return textAt(body, "template", "language", "code") === ""
    ? badParameter("The parameter template['language']['code'] is required.")
    : undefined;
}

function checkInteractive(body: Json): GraphAnswer | undefined {
  if (textAt(body, "interactive", "type") === "") return badParameter("The parameter interactive['type'] is required.");
  return checkText(body, ["interactive", "body", "text"], MAX_INTERACTIVE_BODY);
}

function checkContent(body: Json, type: string): GraphAnswer | undefined {
  if (!TYPES.includes(type)) return badParameter(`Param type must be one of {${TYPES.map((each) => each.toUpperCase()).join(", ")}}`);
  if (type === "text") return checkText(body, ["text", "body"], MAX_TEXT);
  if (type === "template") return checkTemplate(body);
  if (type === "interactive") return checkInteractive(body);
  return typeof body[type] === "object" ? undefined : badParameter(`The parameter ${type} is required.`);
}

function readableText(body: Json, type: string): string {
  if (type === "interactive") return textAt(body, "interactive", "body", "text");
  if (type === "template") return textAt(body, "template", "name");
  return textAt(body, type, "body") || textAt(body, type, "caption");
}

const isRead = (body: Json): boolean => body["status"] === "read";

/** The person, group or, for a read mark, message that the call is about. */
export const subjectOf = (body: Json): string => textAt(body, "to") || textAt(body, "recipient") || textAt(body, "message_id");
export const kindOf = (body: Json): "read" | "message" => (isRead(body) ? "read" : "message");

/** A mark with `typing_indicator` shows the person that somebody types. */
function markRead(body: Json): GraphAnswer {
  if (!textAt(body, "message_id").startsWith("wamid.")) return graphError(131009, "Message ID is invalid.");
  const typing = at(body, "typing_indicator");
  if (typing !== undefined && textAt(typing, "type") !== "text")
    return badParameter("Param typing_indicator['type'] must be one of {TEXT}");
  return { status: 200, body: { success: true } };
}

/** A user id that is not a phone is answered as such. */
function accepted({ to, by, id }: SentMessage): GraphAnswer {
  const contact = by === "recipient" ? { input: to, user_id: to } : { input: to, wa_id: to.replace(/^\+/, "") };
  return { status: 200, body: { messaging_product: "whatsapp", contacts: [contact], messages: [{ id }] } };
}

function sendMessage(number: BusinessNumber, body: Json, { nowMs, newWamid, limits }: MessagePorts): Taken {
  const phone = textAt(body, "to");
  const to = phone || textAt(body, "recipient");
  const type = textAt(body, "type") || "text";
  if (to === "") return { answer: badParameter("The parameter to is required.") };
  const refusal = checkContent(body, type);
  if (refusal !== undefined) return { answer: refusal };
  const code = limitReached(number, { to, type }, limits, nowMs());
  if (code === 131047) return { answer: graphError(code, "More than 24 hours have passed since the recipient last replied.") };
  if (code !== undefined) return { answer: graphError(code, "Too many messages sent from this phone number to the same recipient.") };
  const replyTo = textAt(body, "context", "message_id") || undefined;
  const facts = { number: number.id, id: newWamid(), to, by: phone === "" ? ("recipient" as const) : ("to" as const), type };
  const sent: SentMessage = { ...facts, text: readableText(body, type), replyTo, body, atMs: nowMs() };
  number.sent.push(sent);
  return { answer: accepted(sent), sent };
}

export function callMessages(number: BusinessNumber, body: Json, ports: MessagePorts): Taken {
  if (body["messaging_product"] !== "whatsapp") return { answer: badParameter("The parameter messaging_product is required.") };
  return isRead(body) ? { answer: markRead(body) } : sendMessage(number, body, ports);
}
