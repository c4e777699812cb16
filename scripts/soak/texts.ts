/** The words of a soak: a message that carries its own name, and an answer whose every line says which it is. */
import { LINE, NAME, type Name, type Part } from "./facts.ts";

const FILLER = "and so it goes on, word after word";

/** `lines`: how long its answer is to be. */
export const question = (name: Name, lines: number): string => `soak ${name} ${lines}`;

const ASKED = new RegExp(`soak (${NAME.source}) (\\d+)`);

export function readQuestion(text: string): { readonly name: Name; readonly lines: number } | undefined {
  const [, name, lines] = ASKED.exec(text) ?? [];
  return name === undefined ? undefined : { name, lines: Number(lines) };
}

export function answerTo(text: string): string {
  const asked = readQuestion(text);
  if (asked === undefined) return "what?";
  const { name, lines } = asked;
  return Array.from({ length: lines }, (_, index) => `${name}:${index + 1}:${lines} ${FILLER}`).join("\n");
}

/** What a person read, as a part of an answer; undefined when it is none. */
export function readPart(text: string): Pick<Part, "name" | "from" | "to" | "total" | "isWhole"> | undefined {
  const lines = [...text.matchAll(LINE)].map(([, name = "", at, total]) => ({ name, at: Number(at), total: Number(total) }));
  const [first] = lines;
  if (first === undefined) return undefined;
  const isWhole = lines.every(({ name, at, total }, index) => name === first.name && total === first.total && at === first.at + index);
  return { name: first.name, from: first.at, to: lines.at(-1)?.at ?? first.at, total: first.total, isWhole };
}
