/** Refusals in the shape and the words of Meta's Graph API, for its stand-in. Outermost edge only. @see https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes */
import { randomUUID } from "node:crypto";

export type Json = Readonly<Record<string, unknown>>;

export interface GraphAnswer {
  readonly status: number;
  readonly body: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

const TITLES: Readonly<Record<number, readonly [status: number, title: string]>> = {
  0: [401, "AuthException"],
  2: [503, "API Service"],
  4: [400, "Application request limit reached"],
  10: [403, "Application does not have permission for this action"],
  100: [400, "Invalid parameter"],
  190: [401, "Error validating access token: Session has expired"],
  368: [403, "Temporarily blocked for policies violations"],
  2200: [400, "Callback verification failed"],
  80007: [400, "Rate limit issues"],
  130429: [400, "Rate limit hit"],
  131000: [500, "Something went wrong"],
  131008: [400, "Required parameter is missing"],
  131009: [400, "Parameter value is not valid"],
  131016: [500, "Service unavailable"],
  131026: [400, "Message undeliverable"],
  131030: [400, "Recipient phone number not in allowed list"],
  131031: [403, "Business Account locked"],
  131047: [400, "Re-engagement message"],
  131048: [400, "Spam Rate limit hit"],
  131051: [400, "Unsupported message type"],
  131056: [400, "(Business Account, Consumer Account) pair rate limit hit"],
  131057: [500, "Account in maintenance mode"],
  131062: [400, "Business-scoped User ID recipients are not supported for this message"],
  132001: [404, "Template name does not exist in the translation"],
};

const titleOf = (code: number): string => TITLES[code]?.[1] ?? "An unknown error has occurred";

export interface ErrorExtras {
  readonly status?: number | undefined;
  readonly subcode?: number | undefined;
  /** What stands in `message` instead of the code's own words. */
  readonly message?: string | undefined;
  readonly retryAfterS?: number | undefined;
}

/** An error about the token or the address has no `error_data`; one of the messaging product has. */
export function graphError(code: number, details: string | undefined, extras: ErrorExtras = {}): GraphAnswer {
  const prefix = code === 190 ? "" : `(#${code}) `;
  const error = {
    message: extras.message ?? `${prefix}${titleOf(code)}`,
    type: "OAuthException",
    code,
    ...(extras.subcode === undefined ? {} : { error_subcode: extras.subcode }),
    ...(details === undefined ? {} : { error_data: { messaging_product: "whatsapp", details } }),
    fbtrace_id: `A${randomUUID().replaceAll("-", "").slice(0, 22)}`,
  };
  const headers = extras.retryAfterS === undefined ? {} : { "retry-after": String(extras.retryAfterS) };
  return { status: extras.status ?? TITLES[code]?.[0] ?? 400, body: { error }, headers };
}

/** A parameter is missing, too long or of no known kind. */
export const badParameter = (words: string): GraphAnswer => graphError(100, words, { message: `(#100) ${words}` });

/** The object is of somebody else, or of nobody: Meta does not say which. */
export const noSuchObject = (id: string): GraphAnswer =>
  graphError(100, undefined, {
    subcode: 33,
    message: `Unsupported request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation`,
  });

/** How a failure that is noticed later stands in a status. */
export const statusErrors = (code: number, details = titleOf(code)): readonly Json[] => [
  {
    code,
    title: titleOf(code),
    message: titleOf(code),
    error_data: { details },
    href: "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
  },
];
