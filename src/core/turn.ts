/**
 * What a person sent, in words an agent can be asked with: for channels that no instance speaks, so that the edge has to ask in its own name.
 * A conversation stores it in place of the platform's bytes; it is private like those.
 */
export interface MediaRef {
  /** The platform's id, good for as long as the platform keeps the file. */
  readonly id: string;
  readonly kind: "image" | "document" | "audio" | "video" | "sticker";
  /** As the platform names it, lower case, without parameters. */
  readonly mimeType: string;
  /** A document's file name, as its sender called it. */
  readonly name?: string;
  /** Spoken into the phone, not a file that was sent. */
  readonly isVoice?: boolean;
}

export interface Turn {
  /** What there is to read: text, caption, the title of a pressed button, a place in words. Empty for media alone. */
  readonly text: string;
  readonly media: readonly MediaRef[];
  /** The platform's id of the message: what is marked as read. */
  readonly messageId: string;
  readonly senderName?: string;
  /** IETF tag as the platform gives it, lower case. */
  readonly language?: string;
}

/** Under which a turn is stored; the platform's own bytes never have it. */
export const TURN_CONTENT_TYPE = "application/vnd.clawedge.turn+json";
