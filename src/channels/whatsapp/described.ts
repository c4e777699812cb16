/** Places, cards, orders and forms in words for an agent. */
import { parseJson } from "../../core/json.ts";
import type { ContactCard, WhatsAppLocation, WhatsAppOrder } from "./content.ts";
import { joined, listed, note, short } from "./words.ts";

export function placeWords({ name, address, latitude, longitude, url }: WhatsAppLocation): string {
  return note(`Place: ${joined([name, address, `${latitude}, ${longitude}`, url])}`);
}

export const cardWords = (cards: readonly ContactCard[]): string => listed(cards.map(oneCard), "\n");

function oneCard({ name, org, phones, emails, urls }: ContactCard): string {
  const reached = [...phones.map((it) => it.phone), ...emails.map((it) => it.email), ...urls.map((it) => it.url)];
  return note(`Contact: ${joined([name?.formatted_name, org?.title, org?.company, ...reached])}`);
}

export function orderWords({ catalog_id: catalogue, text, product_items: items }: WhatsAppOrder): string {
  const lines = items.map(({ product_retailer_id: product, quantity, item_price: price, currency }) => {
    const each = price === undefined ? "" : ` at ${short(`${price} ${currency ?? ""}`)}`;
    return `${quantity === undefined ? "" : `${short(String(quantity))} x `}${short(product)}${each}`;
  });
  const from = catalogue === undefined ? "" : ` from the catalogue ${short(catalogue)}`;
  const order = note(`Order${from}: ${listed(lines, "; ")}`);
  return text === undefined || text === "" ? order : `${order}\n${text}`;
}

/** Our own mark on a form we never send. @see https://developers.facebook.com/docs/whatsapp/flows/guides/receiveflowresponse */
const NOT_ANSWERS: ReadonlySet<string> = new Set(["flow_token"]);
const MAX_FORM_DEPTH = 3;

/** A form comes as JSON in a text; one that does not read is told by its summary. */
export function formWords(json: string | undefined, summary: string | undefined): string {
  const parsed = parseJson(json ?? "");
  const answers = parsed.ok ? answersIn(parsed.value, "", 0) : [];
  const told = answers.length === 0 ? short(summary ?? "") : listed(answers, "; ");
  return note(told === "" ? "Filled in a form" : `Filled in a form: ${told}`);
}

function answersIn(value: unknown, name: string, depth: number): readonly string[] {
  if (typeof value !== "object" || value === null) return value === null || value === "" ? [] : [answer(name, String(value))];
  if (Array.isArray(value)) return value.length === 0 ? [] : [answer(name, listed(value.map(scalar), ", "))];
  if (depth >= MAX_FORM_DEPTH) return [];
  const members = Object.entries(value).filter(([key]) => !NOT_ANSWERS.has(key));
  return members.flatMap(([key, inner]) => answersIn(inner, name === "" ? key : `${name}.${key}`, depth + 1));
}

const answer = (name: string, value: string): string => (name === "" ? short(value) : `${short(name)}: ${short(value)}`);
const scalar = (value: unknown): string => (typeof value === "object" ? JSON.stringify(value) : String(value));
