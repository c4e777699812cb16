/** What Meta tells later of a message it took: one status each, never a message of anybody. */
import type { DeliveryStatus } from "../../core/delivery-status.ts";
import { given } from "../given.ts";
import { type Found, ignored } from "./found.ts";
import { foreign } from "./moves.ts";
import { errorSchema, type Metadata, statusSchema } from "./payload.ts";

/** `played` says of a voice message what `read` has said already. */
const STATUSES: ReadonlySet<string> = new Set<DeliveryStatus["status"]>(["sent", "delivered", "read", "failed"]);
const isKnown = (status: string): status is DeliveryStatus["status"] => STATUSES.has(status);

const MAX_DETAIL_UNITS = 200;

export function readStatus(raw: unknown, place: { readonly metadata: Metadata; readonly own: string }): Found {
  const parsed = statusSchema.safeParse(raw);
  if (!parsed.success) return ignored("unreadable", "status");
  const { id, status, timestamp, errors, biz_opaque_callback_data: note } = parsed.data;
  if (!isKnown(status)) return ignored("status", status);
  return {
    status: {
      messageId: id,
      status,
      ...given("participant", parsed.data.recipient_participant_user_id ?? parsed.data.recipient_participant_id),
      ...given("atMs", timestamp === undefined ? undefined : timestamp * 1000),
      ...given("note", note),
      ...given("error", errorOf(errors)),
      ...given("address", foreign(place.metadata.phone_number_id, place.own)),
    },
  };
}

/** The title names the kind of error; the details may name the person. */
function errorOf(errors: readonly unknown[]): DeliveryStatus["error"] {
  const parsed = errorSchema.safeParse(errors[0]);
  if (!parsed.success) return undefined;
  const { code, title, message } = parsed.data;
  return { code, detail: (title ?? message ?? "").slice(0, MAX_DETAIL_UNITS) };
}
