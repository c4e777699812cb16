/**
 * Meta's error codes, as far as a send can meet them: what each means, and what is to be done about it. Nothing of an answer's own words is
 * taken over: they may name the person.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */

/**
 * - pair: too much to this person; wait for this chat
 * - throughput, upgrade: too much at once, or not for a minute; wait for everybody
 * - rate, spam: too much in an hour, or too much that nobody wanted; wait longer
 * - platform: not our fault, try again
 * - between: something in front of the platform answered, and cannot say what became of it
 * - account: an operator must mend it
 * - window: only a template may be sent
 * - message: this one will never be taken
 */
export type ErrorClass = "pair" | "throughput" | "upgrade" | "rate" | "spam" | "platform" | "between" | "account" | "window" | "message";

export interface KnownError {
  readonly class: ErrorClass;
  readonly meaning: string;
}

const BY_CLASS: Readonly<Record<ErrorClass, Readonly<Record<number, string>>>> = {
  pair: { 131056: "too many messages to this person in a short time" },
  throughput: { 130429: "the number's throughput is reached" },
  upgrade: { 131057: "the number is in maintenance, as for a throughput upgrade" },
  rate: {
    4: "the app's rate limit for API calls is reached",
    17: "the user's rate limit for API calls is reached",
    32: "the page's rate limit for API calls is reached",
    341: "the app's temporary limit is reached",
    613: "the rate limit for this call is reached",
    80007: "the business account's rate limit is reached",
  },
  spam: {
    131048: "the number is held back, because too much of it was blocked or reported as spam",
    131064: "the account is held back for its templates",
  },
  platform: {
    1: "unknown API error",
    2: "the API is down or overloaded",
    131000: "something went wrong at Meta",
    131016: "a service is unavailable",
    133004: "a server is unavailable",
  },
  between: {},
  account: {
    0: "the access token was not accepted",
    3: "the app lacks a capability or permission",
    10: "permission was not given, or was taken back",
    33: "the phone number was deleted",
    102: "the session of the access token is over",
    190: "the access token has expired",
    368: "the account is blocked for a policy violation",
    131005: "access denied: a permission was not given, or was taken back",
    131031: "the account is locked",
    131037: "the number's display name is not approved",
    131042: "the account's payment method does not work",
    131045: "the number is not registered with this certificate",
    133006: "the number must be verified first",
    133010: "the number is not registered",
  },
  window: { 131047: "more than 24 hours have passed since the person last wrote" },
  message: {
    100: "a parameter is not supported",
    130472: "the person is part of an experiment that gets no such messages",
    130497: "the account may not write to people in this country",
    131008: "a required parameter is missing",
    131009: "a parameter has a wrong value",
    131021: "sender and recipient are the same",
    131026: "the message cannot be delivered: not on WhatsApp, blocked, or an old app",
    131030: "a test number may not write to this person",
    131049: "not delivered, so that people do not get too many such messages",
    131050: "the person does not want such messages",
    131051: "this type of message is not supported",
    131052: "the person's file could not be fetched",
    131053: "the file could not be uploaded",
    131062: "a user id cannot be written to with this message",
    131063: "such templates are not sent by this API",
    132000: "the template has other parameters",
    132001: "there is no such template in this language, or it is not approved",
    132005: "the template's text is too long",
    132007: "the template violates a policy",
    132008: "a parameter of the template has a wrong value",
    132012: "a parameter of the template has a wrong format",
    132015: "the template is paused for its quality",
    132016: "the template is disabled for its quality",
    132068: "the flow is blocked",
    132069: "the flow is throttled",
    135000: "the parameters were not understood",
    137000: "the person's identity key has changed",
  },
};

const KNOWN: ReadonlyMap<number, KnownError> = new Map(
  (Object.entries(BY_CLASS) as readonly (readonly [ErrorClass, Readonly<Record<number, string>>])[]).flatMap(([kind, codes]) =>
    Object.entries(codes).map(([code, meaning]) => [Number(code), { class: kind, meaning }] as const),
  ),
);

export const KNOWN_CODES: readonly number[] = [...KNOWN.keys()];

export function knownError(code: number): KnownError | undefined {
  const known = KNOWN.get(code);
  if (known !== undefined) return known;
  if (code >= 200 && code <= 299) return { class: "account", meaning: "permission was not given, or was taken back" };
  if (code >= 133_000 && code <= 133_099) return { class: "account", meaning: "the number is not set up" };
  return code >= 132_000 && code <= 132_999 ? { class: "message", meaning: "the template was not accepted" } : undefined;
}
