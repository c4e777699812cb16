/** Language ranges: `pt` speaks for `pt-br`, `zh-hant` only for itself and what is below it. Basic filtering of RFC 4647, no more. */

/** @see https://www.rfc-editor.org/rfc/rfc4647#section-3.3.1 */
export function matchesLanguage(range: string, tag: string): boolean {
  const wanted = canonical(range);
  const given = canonical(tag);
  return wanted !== "" && (given === wanted || given.startsWith(`${wanted}-`));
}

/** Some platforms write `pt_BR`. */
const canonical = (tag: string): string => tag.trim().toLowerCase().replaceAll("_", "-");
