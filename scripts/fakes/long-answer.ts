/** Markdown of a wanted length with everything a renderer stumbles over: a heading, a table, a fence longer than a message, links, lists, emphasis. For stand-ins only. */

const TABLE = `| Region | Instances | Note |
| --- | ---: | --- |
| eu-central | 12 | **busy** at noon |
| us-east | 7 | see [status](https://status.example.com/us-east?view=full) |
`;

const fence = (lines: number): string =>
  ["```python", ...Array.from({ length: lines }, (_, index) => `print("line ${index + 1} of the listing")  # *not emphasis*`), "```"].join(
    "\n",
  );

const paragraph = (index: number): string =>
  `**Step ${index}.** Read the [guide to step ${index}](https://docs.example.com/steps/${index}) and _then_ run \`step ${index}\`; ~~never~~ the other way round.\n\n- first part of step ${index}\n- second part of step ${index}`;

const LAST_WORD = "\n\nThe end.";
const FENCE_SHARE = 45;

/** Exactly so many UTF-16 units, unless that is too few for the table, the fence and the beginning. */
export function longAnswer(beginning: string, characters: number): string {
  const lines = Math.max(3, Math.floor(characters / 2 / FENCE_SHARE));
  let text = `${beginning}\n\n# A long answer\n\n${TABLE}\n${fence(lines)}`;
  for (let index = 1; ; index += 1) {
    const next = `${text}\n\n${paragraph(index)}`;
    if (next.length + LAST_WORD.length > characters) break;
    text = next;
  }
  const missing = characters - text.length - LAST_WORD.length;
  const padding = missing > 2 ? `\n\n${"x ".repeat(missing).slice(0, missing - 3)}.` : ".".repeat(Math.max(0, missing));
  return `${text}${padding}${LAST_WORD}`;
}
