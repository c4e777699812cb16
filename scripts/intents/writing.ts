/** In which script sentences are written, and in which ones the languages that a document names are. Knows no language by its words. */

/** ISO 15924; those that people write chat messages in. @see https://www.unicode.org/iso15924/ */
const SCRIPTS = [
  ...["Latn", "Cyrl", "Grek", "Arab", "Hebr", "Deva", "Beng", "Guru", "Gujr", "Taml", "Telu", "Knda", "Mlym", "Sinh"],
  ...["Thai", "Laoo", "Mymr", "Khmr", "Hani", "Hira", "Kana", "Hang", "Geor", "Armn", "Ethi"],
] as const;

const TESTS = SCRIPTS.map((script) => [script, new RegExp(`\\p{sc=${script}}`, "gu")] as const);

/** Scripts of several scripts. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  Jpan: ["Hani", "Hira", "Kana"],
  Kore: ["Hang", "Hani"],
  Hans: ["Hani"],
  Hant: ["Hani"],
};

const NAMES = new Intl.DisplayNames(["en"], { type: "script" });

/** `Cyrillic` for `Cyrl`. */
export const nameOfScript = (script: string): string => NAMES.of(script) ?? script;

/** The script of most of its letters; undefined for numbers and emoji. */
export function scriptOf(text: string): string | undefined {
  let most: { readonly script: string; readonly count: number } | undefined;
  for (const [script, pattern] of TESTS) {
    const count = text.match(pattern)?.length ?? 0;
    if (count > (most?.count ?? 0)) most = { script, count };
  }
  return most?.script;
}

/** Scripts that a language is written in: `ja` in three. None for what is no language tag. */
export function scriptsOfLanguage(tag: string): readonly string[] {
  try {
    const script = new Intl.Locale(tag.trim().replaceAll("_", "-")).maximize().script;
    return script === undefined ? [] : (PARTS[script] ?? [script]);
  } catch {
    return [];
  }
}
