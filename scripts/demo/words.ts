/** What the demo's people say, and where: one shape for each platform. Pure. */

export interface TelegramWords {
  /** As Telegram counts: groups are negative. */
  readonly chat: number;
  readonly text: string;
  readonly topic?: number | undefined;
  readonly from?: number | undefined;
}

export interface WhatsAppWords {
  /** Number of the person: of their phone, and of the user id that WhatsApp gives them. */
  readonly person: number;
  readonly text: string;
  /** Has a username, so that the business sees no phone number. */
  readonly hidesPhone?: boolean;
  readonly hasImage?: boolean;
}

export type Words = TelegramWords | WhatsAppWords;

export const isWhatsApp = (words: Words): words is WhatsAppWords => "person" in words;

/** Where the ids of groups with topics begin. @see https://core.telegram.org/api/bots/ids */
export const SUPERGROUPS = -1_000_000_000_000;

export function placeOf(words: Words): string {
  if (isWhatsApp(words))
    return `WhatsApp, person ${words.person}${words.hidesPhone ? " without a number" : ""}${words.hasImage ? ", with an image" : ""}`;
  const { chat, topic } = words;
  const where = chat > 0 ? `chat ${chat}` : `group ${chat < SUPERGROUPS ? SUPERGROUPS - chat : -chat}`;
  return topic === undefined ? where : `${where}, topic ${topic}`;
}
