/** Whether a delivery is Telegram's: its secret header equals the account's secret. Telegram signs neither body nor time. */
import { equalsSecret } from "../../core/crypto.ts";
import { fail, ok } from "../../core/result.ts";
import type { Verify } from "../channel.ts";

/** @see https://core.telegram.org/bots/api#setwebhook (`secret_token`) */
export const SECRET_HEADER = "x-telegram-bot-api-secret-token";

/** A header sent twice arrives joined by ", ", which this refuses; it is never taken apart. */
const SECRET_TOKEN = /^[A-Za-z0-9_-]{1,256}$/;

export const verify: Verify = async (delivery, openSecret) => {
  const expected = openSecret("webhook");
  if (expected === undefined) return fail("no-secret");
  const given = delivery.headers.get(SECRET_HEADER);
  if (given === null || given === "") return fail("missing");
  if (!SECRET_TOKEN.test(given)) return fail("malformed");
  return (await equalsSecret(given, expected.open())) ? ok(undefined) : fail("mismatch");
};
