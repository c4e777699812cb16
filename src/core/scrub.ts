/** Takes a secret out of a text that somebody else wrote: error messages and answers of platforms have been seen to echo it. */
import type { Secret } from "./secret.ts";

/** A bot token is `<public id>:<secret part>`; the secret part is taken out wherever it stands, with or without the id. */
export function scrub(text: string, secret: Secret): string {
  const open = secret.open();
  const secretPart = open.slice(open.indexOf(":") + 1);
  return [open, secretPart].filter((part) => part !== "").reduce((clean, part) => clean.replaceAll(part, "[secret]"), text);
}
