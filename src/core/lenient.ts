/** What is nice to know of something from outside: where it is missing, or not of this form, it is undefined and the rest still reads. */
import * as z from "zod/mini";

export const lenient = <Schema extends z.ZodMiniType>(schema: Schema) => z.catch(z.optional(schema), undefined);
