/** Lookup in a record made from outside data: only its own keys, so that a pool called `constructor` is not found in every document. */
export const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
