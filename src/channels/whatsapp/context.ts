/** What surrounds a message, in words for an agent: that it was forwarded, answers something, asks about a product, or came through an ad. */
import type { EventFacts } from "./events.ts";
import type { Head } from "./payload.ts";
import { note, short } from "./words.ts";

/** What was answered is not told, only that it was: the words stand in the agent's own history. */
export function notesOf({ context, referral }: Head, { isFollowUp }: EventFacts): readonly string[] {
  return [...adNote(referral), ...(isFollowUp === true ? [] : contextNotes(context))];
}

function contextNotes(context: Head["context"]): readonly string[] {
  if (context === undefined) return [];
  if (context.frequently_forwarded === true) return [note("Forwarded many times")];
  if (context.forwarded === true) return [note("Forwarded")];
  const product = context.referred_product;
  if (product !== undefined)
    return [note(`About the product ${short(product.product_retailer_id)} of the catalogue ${short(product.catalog_id)}`)];
  return context.from === undefined ? [] : [note("In reply to an earlier message")];
}

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/text */
function adNote(referral: Head["referral"]): readonly string[] {
  if (referral === undefined) return [];
  const said = [referral.headline, referral.body, referral.source_url].flatMap((text) =>
    text === undefined || text === "" ? [] : [short(text)],
  );
  const through = referral.source_type === "post" ? "a post" : "an ad";
  return [note(`Came through ${through}${said.length === 0 ? "" : `: ${said.join(" | ")}`}`)];
}
