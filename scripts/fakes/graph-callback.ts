/** The webhook settings of a number in the stand-in for Meta's Graph API: shown, replaced after the handshake, removed. Outermost edge only. @see https://developers.facebook.com/docs/whatsapp/embedded-signup/webhooks/override */
import { randomInt } from "node:crypto";
import { badParameter, type GraphAnswer, graphError, type Json } from "./graph-error.ts";
import { at } from "./graph-methods.ts";
import type { BusinessNumber, Callback } from "./graph-numbers.ts";

const ANSWER_WITHIN_MS = 10_000;
const MAX_SHOWN = 200;

/** Undefined when the callback echoed the challenge; else what is wrong with it, in Meta's words. */
async function shakeHands({ url, verifyToken }: Callback): Promise<string | undefined> {
  const challenge = `${randomInt(1_000_000_000, 2_000_000_000)}`;
  const target = new URL(url);
  const query = { "hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verifyToken };
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
  try {
    const response = await fetch(target, { redirect: "manual", signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const text = (await response.text()).slice(0, MAX_SHOWN);
    if (response.status !== 200) return `HTTP Status Code = ${response.status}; HTTP Message = ${response.statusText}`;
    return text === challenge ? undefined : "The response does not match challenge";
  } catch {
    return "Could not connect to the callback URL";
  }
}

/** An empty address removes the number's own callback. */
export async function setCallback(number: BusinessNumber, body: Json): Promise<GraphAnswer> {
  const url = at(body, "webhook_configuration", "override_callback_uri");
  const verifyToken = at(body, "webhook_configuration", "verify_token");
  if (typeof url !== "string") return badParameter("The parameter webhook_configuration['override_callback_uri'] is required.");
  if (url === "") {
    number.callback = undefined;
    return { status: 200, body: { success: true } };
  }
  if (typeof verifyToken !== "string") return badParameter("The parameter webhook_configuration['verify_token'] is required.");
  if (!URL.canParse(url)) return badParameter("webhook_configuration['override_callback_uri'] should represent a valid URL");
  const complaint = await shakeHands({ url, verifyToken });
  if (complaint !== undefined) {
    const message = `(#2200) Callback verification failed with the following errors: ${complaint}`;
    return graphError(2200, undefined, { message });
  }
  number.callback = { url, verifyToken };
  return { status: 200, body: { success: true } };
}

const FIELDS: Readonly<Record<string, (number: BusinessNumber, app: Callback | undefined) => unknown>> = {
  display_phone_number: ({ display }) => display,
  verified_name: () => "Test Business",
  quality_rating: () => "GREEN",
  webhook_configuration: ({ callback }, app) => ({
    ...(callback === undefined ? {} : { phone_number: callback.url }),
    ...(app === undefined ? {} : { application: app.url }),
  }),
};

/** The fields asked for; without any, the usual ones. */
export function showNumber(number: BusinessNumber, app: Callback | undefined, fields: string | null): GraphAnswer {
  const names = (fields ?? "display_phone_number,verified_name,quality_rating").split(",").filter((name) => name !== "" && name !== "id");
  const unknown = names.find((name) => FIELDS[name] === undefined);
  if (unknown !== undefined) return badParameter(`Tried accessing nonexisting field (${unknown})`);
  return { status: 200, body: { ...Object.fromEntries(names.map((name) => [name, FIELDS[name]?.(number, app)])), id: number.id } };
}
