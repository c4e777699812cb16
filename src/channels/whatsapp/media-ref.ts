/** A file that a message names, as a reference: the file itself is fetched when it is needed. */
import type { MediaRef } from "../../core/turn.ts";
import { given } from "../given.ts";
import type { WhatsAppFile } from "./content.ts";
import { short } from "./words.ts";

const MIME_TYPE = /^[a-z0-9][a-z0-9.+-]{0,60}\/[a-z0-9][a-z0-9.+-]{0,100}$/;
const UNKNOWN_TYPE = "application/octet-stream";

export function mediaRef(kind: MediaRef["kind"], file: WhatsAppFile): MediaRef {
  return {
    id: file.id,
    kind,
    mimeType: mimeTypeOf(file.mime_type),
    ...given("name", file.filename === undefined ? undefined : short(file.filename)),
    ...given("isVoice", file.voice === true ? true : undefined),
  };
}

/** `audio/ogg; codecs=opus` is `audio/ogg`. */
export function mimeTypeOf(given: string | undefined): string {
  const type = (given ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return MIME_TYPE.test(type) ? type : UNKNOWN_TYPE;
}
