/** The name of a dead letter: enough to find its conversation and its message again, safe in a URL and on a command line. */
import { base64url, bytesOfBase64url, textOf, utf8 } from "./bytes.ts";
import { type ConversationRef, refName, refOf } from "./conversation-ref.ts";

export const deadId = (ref: ConversationRef, seq: number): string => base64url(utf8(`${seq}|${refName(ref)}`));

export function readDeadId(id: string): { readonly ref: ConversationRef; readonly seq: number } | undefined {
  const bytes = bytesOfBase64url(id);
  const match = /^(\d{1,15})\|(.+)$/s.exec((bytes === undefined ? undefined : textOf(bytes)) ?? "");
  const ref = refOf(match?.[2] ?? "");
  return match === null || ref === undefined ? undefined : { ref, seq: Number(match[1]) };
}
