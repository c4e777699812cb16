/** Words that several parts of the routes document share. Names under `secrets` are Worker variables, never values. */
import * as z from "zod";

export const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "lower-case letters, digits and dashes, 63 at most");
export const accountId = z.string().regex(/^[a-z][a-z0-9]{0,30}:[a-z0-9][a-z0-9-]{0,62}$/, "channel:name, as in telegram:support");
export const variable = z.string().regex(/^[A-Z][A-Z0-9_]{0,62}$/, "the name of a Worker variable, as in TG_TOKEN");

/** Where a Durable Object is first placed. @see https://developers.cloudflare.com/durable-objects/reference/data-location/ */
export const REGIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "apac-ne", "apac-se", "oc", "afr", "me"] as const;
export const region = z.enum(REGIONS).describe("Cloudflare location hint nearest to the thing");
