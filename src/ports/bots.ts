import type { Chat } from "../core/message.ts";

/** The bot objects: outbound pacing and the edge's own words. */
export interface Bots {
  /** Tells a person something the edge itself has to say. At most once per `key`; never throws. */
  notify(account: string, notice: { readonly chat: Chat; readonly text: string; readonly key: string }): Promise<void>;
}
