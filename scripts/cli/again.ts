/** Command lines to go on with, for a person to copy: what was given once is given again. Says nothing by itself. */
import type { Call } from "./command.ts";

/** As a shell reads it back. */
const quoted = (word: string): string => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

type Values = Call["values"];

const optionWords = (values: Values): readonly string[] =>
  Object.entries(values).flatMap(([name, value]) => {
    if (typeof value === "string") return [`--${name}`, value];
    return value === true ? [`--${name}`] : [];
  });

/** Another command for the same edge. */
export const beside = ({ values: { edge } }: Call, ...words: readonly string[]): string =>
  ["clawedge", ...optionWords({ edge }), ...words].map(quoted).join(" ");

/** The same command, with every option as it was given but for what `changed` says. */
export function again(call: Call, words: readonly string[], changed: Values = {}): string {
  const { edge: _first, ...own } = { ...call.values, ...changed };
  const trailing = call.trailing.length === 0 ? [] : ["--", ...call.trailing];
  return beside(call, ...words, ...optionWords(own), ...trailing);
}
