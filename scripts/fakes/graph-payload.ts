/** Webhook payloads in the shape Meta sends them, for a stand-in that plays people: what they say, what became of messages, changes of who they are. @see https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components */
import { type Json, statusErrors } from "./graph-error.ts";
import type { BusinessNumber } from "./graph-numbers.ts";

export interface Said {
  /** The `phone_number_id` it is said to; default the first number. */
  readonly number?: string;
  /** The person's phone; it may be absent when there is a `userId`. Default: absent with one, `16505551234` without. */
  readonly from?: string;
  /** The business-scoped user id. */
  readonly userId?: string;
  readonly name?: string;
  readonly text?: string;
  /** Any other type, with what stands under its name: `type: "location", content: { latitude: 1, longitude: 2 }`. */
  readonly type?: string;
  readonly content?: Json;
  /** A file of `addMedia`, which an image, audio, video, document or sticker is made of; `content` is merged into it. */
  readonly media?: string;
  readonly group?: string;
  readonly context?: Json;
  /** The wamid; default a new one. */
  readonly id?: string;
  readonly atMs?: number;
}

export interface StatusFacts {
  readonly number?: string;
  /** Of which message. */
  readonly id: string;
  readonly status: "sent" | "delivered" | "read" | "failed" | "played";
  readonly to: string;
  readonly userId?: string;
  /** Why it failed. */
  readonly code?: number;
  /** `biz_opaque_callback_data` of the message, which Meta gives back. */
  readonly note?: string;
  readonly atMs?: number;
}

/** A part of a POST: `field` is any other webhook field, with its whole value but the metadata. */
export type Item =
  | ({ readonly kind: "said" } & Said)
  | ({ readonly kind: "status" } & StatusFacts)
  | { readonly kind: "field"; readonly field: string; readonly value: Json; readonly number?: string };

export interface PayloadPorts {
  readonly numberOf: (id: string | undefined) => BusinessNumber;
  readonly newWamid: () => string;
  readonly nowMs: () => number;
  /** What a webhook says of a file; undefined when there is no such file. */
  readonly mediaOf: (id: string) => Json | undefined;
}

const DEFAULT_PHONE = "16505551234";

const secondsOf = (atMs: number): string => `${Math.floor(atMs / 1000)}`;
/** Without what is undefined. */
const compact = (facts: Json): Json => Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));

const phoneOf = ({ from, userId }: Said): string | undefined => from ?? (userId === undefined ? DEFAULT_PHONE : undefined);

const contactOf = (said: Said): Json =>
  compact({ profile: { name: said.name ?? "Test Person" }, wa_id: phoneOf(said), user_id: said.userId });

function contentOf(said: Said, type: string, ports: PayloadPorts): Json {
  const media = said.media === undefined ? {} : (ports.mediaOf(said.media) ?? { id: said.media });
  const text = said.text === undefined ? {} : { [type === "text" ? "body" : "caption"]: said.text };
  return { ...text, ...media, ...said.content };
}

function messageOf(said: Said, ports: PayloadPorts): Json {
  const type = said.type ?? "text";
  const who = { from: phoneOf(said), from_user_id: said.userId, group_id: said.group };
  const facts = { id: said.id ?? ports.newWamid(), timestamp: secondsOf(said.atMs ?? ports.nowMs()), context: said.context, type };
  return compact({ ...who, ...facts, [type]: type === "unsupported" ? said.content : contentOf(said, type, ports) });
}

function statusOf(facts: StatusFacts, ports: PayloadPorts): Json {
  const isPhone = facts.to !== facts.userId;
  return compact({
    id: facts.id,
    status: facts.status,
    timestamp: secondsOf(facts.atMs ?? ports.nowMs()),
    recipient_id: isPhone ? facts.to : undefined,
    recipient_user_id: facts.userId,
    biz_opaque_callback_data: facts.note,
    errors: facts.code === undefined ? undefined : statusErrors(facts.code),
  });
}

/** What an item adds to the value of its change. Messages of the system come without contacts. */
function partOf(item: Item, ports: PayloadPorts): Readonly<Record<string, readonly Json[]>> {
  if (item.kind === "status") return { statuses: [statusOf(item, ports)] };
  if (item.kind === "field") return {};
  return item.type === "system"
    ? { messages: [messageOf(item, ports)] }
    : { contacts: [contactOf(item)], messages: [messageOf(item, ports)] };
}

/** What of the parts belongs into one value: lists of the same name one after another, in order of arrival. */
function joined(parts: readonly Readonly<Record<string, readonly Json[]>>[]): Json {
  const value: Record<string, readonly Json[]> = {};
  for (const [name, more] of parts.flatMap((part) => Object.entries(part))) value[name] = [...(value[name] ?? []), ...more];
  return value;
}

/** Messages and statuses of one number share a change; every other field has one of its own. */
function changesOf(number: BusinessNumber, items: readonly Item[], ports: PayloadPorts): readonly Json[] {
  const metadata = { display_phone_number: number.display, phone_number_id: number.id };
  const head = { messaging_product: "whatsapp", metadata };
  const parts = items.filter((item) => item.kind !== "field").map((item) => partOf(item, ports));
  const messages = parts.length === 0 ? [] : [{ value: { ...head, ...joined(parts) }, field: "messages" }];
  const others = items.filter((item) => item.kind === "field").map(({ field, value }) => ({ value: { ...head, ...value }, field }));
  return [...messages, ...others];
}

/** One entry for each business account, with the changes of its numbers. */
export function payloadOf(items: readonly Item[], ports: PayloadPorts): Json {
  const numbers = [...new Set(items.map((item) => ports.numberOf(item.number)))];
  const entry = [...new Set(numbers.map(({ waba }) => waba))].map((waba) => ({
    id: waba,
    changes: numbers
      .filter((number) => number.waba === waba)
      .flatMap((number) =>
        changesOf(
          number,
          items.filter((item) => ports.numberOf(item.number) === number),
          ports,
        ),
      ),
  }));
  return { object: "whatsapp_business_account", entry };
}

/** A person takes another phone number; with a `userId` they stay who they are. */
export const changedNumber = (change: {
  readonly from: string;
  readonly to: string;
  readonly userId?: string;
  readonly number?: string;
}): Item => ({
  kind: "said",
  type: "system",
  from: change.from,
  ...(change.number === undefined ? {} : { number: change.number }),
  ...(change.userId === undefined ? {} : { userId: change.userId }),
  content: compact({
    body: `User Test Person changed from ${change.from} to ${change.to}`,
    wa_id: change.to,
    user_id: change.userId,
    type: "user_changed_number",
  }),
});

/** A person gets another business-scoped user id. */
export const userIdUpdate = (change: {
  readonly previous: string;
  readonly current: string;
  readonly phone?: string;
  readonly number?: string;
  readonly atMs: number;
}): Item => ({
  kind: "field",
  field: "user_id_update",
  ...(change.number === undefined ? {} : { number: change.number }),
  value: {
    contacts: [compact({ profile: { name: "Test Person" }, wa_id: change.phone, user_id: change.current })],
    user_id_update: [
      compact({
        wa_id: change.phone,
        detail: "The user id of this user changed",
        user_id: { previous: change.previous, current: change.current },
        timestamp: secondsOf(change.atMs),
      }),
    ],
  },
});
