/** What is written on every part, and comes back with its statuses: `<seq>@<conversation>`, so that even a late one finds its message. */
import { type ConversationRef, refName, refOf } from "../../src/core/conversation-ref.ts";

/** What every channel must be able to carry: see `Outgoing.send`. */
const MAX_CHARACTERS = 512;

export interface Noted {
  readonly ref: ConversationRef;
  readonly seq: number;
}

/** None where it would be too long: its statuses find it by their ids alone, and a note that is cut could name another conversation. */
export function noteOf({ ref, seq }: Noted): string {
  const note = `${seq}@${refName(ref)}`;
  return note.length > MAX_CHARACTERS ? "" : note;
}

export function readNote(note: string | undefined): Noted | undefined {
  const match = /^(\d{1,15})@(.+)$/s.exec(note ?? "");
  const ref = refOf(match?.[2] ?? "");
  return match === null || ref === undefined ? undefined : { ref, seq: Number(match[1]) };
}

export const isOurNote = (note: string | undefined): boolean => readNote(note) !== undefined;
