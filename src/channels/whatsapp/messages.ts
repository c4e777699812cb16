/** One message: who said it, where and when, and the turn an agent is asked with. What no person said is ignored by name, or moves a chat. */
import type { Chat, Message } from "../../core/message.ts";
import { given } from "../given.ts";
import { notesOf } from "./context.ts";
import { type EventFacts, factsOf } from "./events.ts";
import { type Found, ignored, plainName } from "./found.ts";
import { groupOf, type Person, personOf } from "./identity.ts";
import { foreign, readSystem } from "./moves.ts";
import { type Contact, type Head, headSchema, type Metadata } from "./payload.ts";

/** Far above what the app lets anybody type. */
const MAX_NAME_UNITS = 100;

export interface Place {
  readonly metadata: Metadata;
  /** The account's own phone number id. */
  readonly own: string;
  readonly contacts: readonly Contact[];
  /** The only message of its change: then its only contact is its sender's, whatever number it names. */
  readonly isAlone: boolean;
}

export function readMessage(raw: unknown, place: Place): readonly Found[] {
  const parsed = headSchema.safeParse(raw);
  if (!parsed.success) return [ignored("unreadable", "message")];
  const head = parsed.data;
  const content = raw as Readonly<Record<string, unknown>>;
  if (head.type === "system") return readSystem(content["system"], head, foreign(place.metadata.phone_number_id, place.own));

  const contact = contactOf(head, place);
  const person = personOf({ userId: head.from_user_id ?? contact?.user_id, phone: head.from ?? contact?.wa_id });
  const chat = head.group_id === undefined ? person?.chat : groupOf(head.group_id);
  if (person === undefined || chat === undefined) return [ignored("message", head.type)];
  return [{ message: messageOf({ head, place, person, chat, name: contact?.profile?.name }, factsOf(head.type, content)) }];
}

/** A contact that names somebody else is nobody's: a wrong name is a nuisance, a wrong user id is another person's conversation. */
function contactOf(head: Head, { contacts, isAlone }: Place): Contact | undefined {
  const [only] = contacts;
  return (
    contacts.find((contact) => contact.user_id !== undefined && contact.user_id === head.from_user_id) ??
    contacts.find((contact) => contact.wa_id !== undefined && contact.wa_id === head.from && !isOther(contact, head)) ??
    (isAlone && contacts.length === 1 && only !== undefined && !isOther(only, head) ? only : undefined)
  );
}

const isOther = (contact: Contact, head: Head): boolean =>
  contact.user_id !== undefined && head.from_user_id !== undefined && contact.user_id !== head.from_user_id;

interface Said {
  readonly head: Head;
  readonly place: Place;
  readonly person: Person;
  readonly chat: Chat;
  readonly name: string | undefined;
}

function messageOf({ head, place, person, chat, name }: Said, facts: EventFacts): Message {
  return {
    id: head.id,
    kind: plainName(head.type),
    chat,
    sender: { id: person.id },
    text: facts.text,
    isAddressed: chat.kind === "direct" || isAddressed(head, facts, place.metadata),
    ...given("isFollowUp", facts.isFollowUp),
    ...given("sentAtMs", head.timestamp === undefined ? undefined : head.timestamp * 1000),
    ...given("formerly", chat.kind === "direct" ? person.formerly : undefined),
    turn: {
      text: [...notesOf(head, facts), facts.words].filter((words) => words !== "").join("\n"),
      media: facts.media,
      messageId: head.id,
      ...given("senderName", name === undefined || name.trim() === "" ? undefined : name.trim().slice(0, MAX_NAME_UNITS)),
    },
    ...given("address", foreign(place.metadata.phone_number_id, place.own)),
  };
}

/** In a group: a reply to something our number said, or our number called by an @. The payload tells nothing more. */
function isAddressed(head: Head, facts: EventFacts, { display_phone_number: shown }: Metadata): boolean {
  const ours = digitsOf(shown);
  if (ours === "") return false;
  return digitsOf(head.context?.from ?? "") === ours || facts.text.includes(`@${ours}`) || facts.text.includes(`@+${ours}`);
}

const digitsOf = (number: string): string => number.replaceAll(/\D/g, "");
