/** Where people's files are: an id is asked for, and its URL opens only with the account's token, for five minutes. */
import * as z from "zod/mini";
import { lenient } from "../../core/lenient.ts";
import type { MediaPlace, MediaSource } from "../media-source.ts";
import { mimeTypeOf } from "./media-ref.ts";

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media */
const placeSchema = z.object({
  url: z.url().check(z.maxLength(4096)),
  mime_type: z.optional(z.string()),
  file_size: lenient(z.coerce.number().check(z.int(), z.nonnegative())),
});

function read(result: unknown): MediaPlace | undefined {
  const place = placeSchema.safeParse(result);
  if (!place.success) return undefined;
  const { url, mime_type: type, file_size: bytes } = place.data;
  return { url, mimeType: mimeTypeOf(type), ...(bytes === undefined ? {} : { bytes }) };
}

/** The one host Meta documents for files. Its neighbours are not named: under fbsbx.com stand pages of anybody's making. */
const MEDIA_HOST = "lookaside.fbsbx.com";

/** The root of the API is trusted as well: it gets the token with every call. A stand-in serves its files from there. */
function isTrusted(url: URL, base: string): boolean {
  if (url.username !== "" || url.password !== "") return false;
  if (url.protocol === "https:" && url.host === MEDIA_HOST) return true;
  return URL.canParse(base) && (url.protocol === "https:" || url.protocol === "http:") && url.origin === new URL(base).origin;
}

export const media: MediaSource = { find: (id) => ({ method: `/${id}`, body: {}, verb: "GET" }), read, isTrusted };
