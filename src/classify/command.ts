/** Commands by name: `/Start@my_bot now` is `start`. Which texts are commands is the channel's to say; this only compares and reads names. */

/** The name an operator meant, with or without its slash. */
export const commandName = (written: string): string => written.trim().replace(/^\//, "").toLowerCase();

/** The command a text begins with, as people type it; for `explain`, where no channel has parsed the message. */
export function commandIn(text: string): string | undefined {
  return /^\/(?<name>[a-z0-9_]{1,32})(?:@\w+)?(?:\s|$)/i.exec(text)?.groups?.["name"]?.toLowerCase();
}
