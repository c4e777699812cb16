/** Words that several parts of the routes document share. Names under `secrets` are Worker variables, never values. */
import * as z from "zod/mini";
import { described } from "./described.ts";

/** A string of this form; the message says which, in words. */
export const matching = (pattern: RegExp, message?: string) => z.string().check(z.regex(pattern, message));

export const name = matching(/^[a-z0-9][a-z0-9-]{0,62}$/, "lower-case letters, digits and dashes, 63 at most");
export const accountId = matching(/^[a-z][a-z0-9]{0,30}:[a-z0-9][a-z0-9-]{0,62}$/, "channel:name, as in telegram:support");
export const variable = matching(/^[A-Z][A-Z0-9_]{0,62}$/, "the name of a Worker variable, as in TG_TOKEN");

/** Both ends included. */
export const number = (least: number, most: number) => z.number().check(z.minimum(least), z.maximum(most));
export const int = (least: number, most: number) => z.int().check(z.minimum(least), z.maximum(most));

/** Of so many UTF-16 units, both ends included. */
export const text = (least: number, most: number) => z.string().check(z.minLength(least), z.maxLength(most));

/** Where a Durable Object is first placed. @see https://developers.cloudflare.com/durable-objects/reference/data-location/ */
export const REGIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "apac-ne", "apac-se", "oc", "afr", "me"] as const;
export const region = described(z.enum(REGIONS), "Cloudflare location hint nearest to the thing");
