/** What stands within a paragraph, as runs: emphasis becomes marks, links and images become text with their address. */
import type { MarkedToken } from "marked";
import { decodeEntities } from "./entities.ts";
import { htmlText } from "./html.ts";
import { known, type Tokens } from "./lexer.ts";
import { type Mark, marked, placeOf, plainText, type Run } from "./runs.ts";

type Marks = readonly Mark[];
type Inline<T extends MarkedToken["type"]> = Extract<MarkedToken, { readonly type: T }>;

export const inlineRuns = (tokens: Tokens, marks: Marks): readonly Run[] =>
  tokens.flatMap((token, at) => (isArithmetic(tokens, at) ? literal(token, marks) : runsOf(token, marks)));

const EMPHASIS = { strong: "bold", em: "italic", del: "strike" } as const;

function runsOf(token: MarkedToken, marks: Marks): readonly Run[] {
  switch (token.type) {
    case "strong":
    case "em":
    case "del":
      return inlineRuns(known(token.tokens), marked(marks, EMPHASIS[token.type]));
    case "text":
      return token.tokens === undefined ? [{ text: decodeEntities(token.text), marks }] : inlineRuns(known(token.tokens), marks);
    case "link":
      return linkRuns(token, marks);
    case "image":
      return withAddress([{ text: decodeEntities(token.text), marks }], decodeEntities(token.href), marks);
    default:
      return [leafRun(token, marks)];
  }
}

/** `2*3*4` and `x**2 + y**2` are emphasis to CommonMark, and hardly ever to who wrote them. */
const isArithmetic = (tokens: Tokens, at: number): boolean =>
  delimiterOf(tokens[at]) !== "" &&
  /[A-Za-z\d]$/.test(tokens[at - 1]?.raw.slice(-1) ?? "") &&
  /^[A-Za-z\d]/.test(tokens[at + 1]?.raw ?? "");

const delimiterOf = (token: MarkedToken | undefined): string =>
  token !== undefined && token.type in EMPHASIS ? (/^(?:\*\*?|__?|~~?)/.exec(token.raw)?.[0] ?? "") : "";

function literal(token: MarkedToken, marks: Marks): readonly Run[] {
  const delimiter: Run = { text: token.type === "em" ? delimiterOf(token).slice(0, 1) : delimiterOf(token), marks };
  return [delimiter, ...("tokens" in token ? inlineRuns(known(token.tokens), marks) : []), delimiter];
}

function leafRun(token: MarkedToken, marks: Marks): Run {
  switch (token.type) {
    case "codespan":
      return { text: token.text, marks: marked(marks, "code") };
    case "br":
      return { text: "\n", marks };
    case "checkbox":
      return { text: checkbox(token.checked), marks };
    case "html":
      return { text: htmlText(token.raw), marks };
    case "escape":
      return { text: token.text, marks };
    default:
      return { text: token.raw, marks };
  }
}

export const checkbox = (isChecked: boolean): string => (isChecked ? "☑ " : "☐ ");

/** WhatsApp finds addresses by itself, and has no other links. @see https://faq.whatsapp.com/539178204879377 */
function linkRuns(token: Inline<"link">, marks: Marks): readonly Run[] {
  if (token.autolink === true) return [{ text: token.text, marks: [...placeOf(marks), "url"] }];
  return withAddress(inlineRuns(known(token.tokens), marks), decodeEntities(token.href), marks);
}

function withAddress(label: readonly Run[], href: string, marks: Marks): readonly Run[] {
  /** A place within a page that is not there leads nowhere. */
  if (href === "" || href.startsWith("#")) return label;
  const place = placeOf(marks);
  const text = plainText(label).trim();
  const address: Run = { text: href.replaceAll(/\s/g, "%20"), marks: [...place, "url"] };
  if (text === "") return [address];
  if (bareAddress(text) === bareAddress(href)) return [{ ...address, text: address.text.replace(/^(?:mailto|tel):/i, "") }];
  return [...label, { text: " (", marks: place }, address, { text: ")", marks: place }];
}

const bareAddress = (address: string): string => address.replace(/^(?:https?:\/\/|mailto:|tel:)/i, "").replace(/\/$/, "");
