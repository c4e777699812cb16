/** HTML within Markdown, down to its text. A tag that HTML does not know is a placeholder somebody wrote, and stays. */
import { decodeEntities } from "./entities.ts";

/** @see https://html.spec.whatwg.org/multipage/indices.html#elements-3 */
const ELEMENTS: ReadonlySet<string> = new Set(
  (
    "a abbr address article aside audio b bdi bdo big blockquote body br button caption center cite code col colgroup dd del details dfn " +
    "dialog div dl dt em embed fieldset figcaption figure font footer form frame h1 h2 h3 h4 h5 h6 head header hr html i iframe img input " +
    "ins kbd label legend li link main map mark meta nav noscript object ol optgroup option p param picture pre progress q rp rt ruby s " +
    "samp script section select small source span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead " +
    "time title tr track tt u ul var video wbr"
  ).split(" "),
);

/** A comment that does not end takes the rest, as in HTML. */
const COMMENT = /<!--[\s\S]*?(?:-->|$)/g;
const TAG = /<\/?([A-Za-z][A-Za-z\d-]*)(?=[\s/>])[^<>]*>/g;

export function htmlText(html: string): string {
  const bare = html.replace(COMMENT, "").replace(TAG, (tag: string, name: string) => textOfTag(tag, name.toLowerCase()));
  return decodeEntities(bare);
}

function textOfTag(tag: string, name: string): string {
  if (!ELEMENTS.has(name)) return tag;
  return name === "br" ? "\n" : "";
}

/** What is left of a block of HTML, without the lines that held only tags. */
export const htmlBlockText = (html: string): string =>
  htmlText(html)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");
