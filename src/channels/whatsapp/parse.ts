/** One delivery to its messages, statuses and moves, and to the names of what nobody routes. Never throws, never copies a key it does not know. */
import { fail, ok } from "../../core/result.ts";
import type { Parse } from "../channel.ts";
import { type Found, ignored, parsedOf } from "./found.ts";
import { readMessage } from "./messages.ts";
import { readUserIdUpdates } from "./moves.ts";
import { changeSchema, entrySchema, envelopeSchema, errorSchema, messagesValueSchema } from "./payload.ts";
import { optionsOf } from "./schema.ts";
import { readStatus } from "./statuses.ts";

export const parse: Parse = (payload, account) => {
  const envelope = envelopeSchema.safeParse(payload);
  if (!envelope.success) return fail({ reason: "bad-shape", detail: "not a delivery of a WhatsApp business account" });
  const own = optionsOf(account).phoneNumberId;
  return ok(parsedOf(envelope.data.entry.flatMap((entry) => readEntry(entry, own))));
};

function readEntry(raw: unknown, own: string): readonly Found[] {
  const entry = entrySchema.safeParse(raw);
  return entry.success ? entry.data.changes.flatMap((change) => readChange(change, own)) : [ignored("unreadable", "entry")];
}

function readChange(raw: unknown, own: string): readonly Found[] {
  const change = changeSchema.safeParse(raw);
  if (!change.success) return [ignored("unreadable", "change")];
  const { field, value } = change.data;
  if (field === "messages") return readMessages(value, own);
  if (field === "user_id_update") return readUserIdUpdates(value, own);
  return [ignored("field", field)];
}

function readMessages(raw: unknown, own: string): readonly Found[] {
  const parsed = messagesValueSchema.safeParse(raw);
  if (!parsed.success) return [ignored("unreadable", "messages")];
  const { metadata, contacts, messages, statuses, errors } = parsed.data;
  const place = { metadata, own, contacts, isAlone: messages.length === 1 };
  return [
    ...messages.flatMap((message) => readMessage(message, place)),
    ...statuses.map((status) => readStatus(status, place)),
    ...errors.map(readError),
  ];
}

/** Trouble on the platform's side that belongs to no message. */
function readError(raw: unknown): Found {
  const error = errorSchema.safeParse(raw);
  return ignored("error", error.success ? String(error.data.code) : "unreadable");
}
