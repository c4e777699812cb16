/** How a channel's account names a secret: a Worker variable, never a value. One grammar for all channels. */
import * as z from "zod/mini";

export const variableName = z.string().check(z.regex(/^[A-Z][A-Z0-9_]{0,62}$/, "the name of a Worker variable, as in TG_TOKEN"));
