/**
 * Sentences for operators at the fields of the routes document: editors show them out of docs/routes.schema.json. `npm run build` leaves
 * them out of the Worker, which never reads them: it takes this file for a function that returns the schema as it is.
 */
import * as z from "zod/mini";

export function described<Schema extends z.ZodMiniType>(schema: Schema, sentence: string): Schema {
  const copy = schema.clone();
  z.globalRegistry.add(copy, { description: sentence });
  return copy;
}
