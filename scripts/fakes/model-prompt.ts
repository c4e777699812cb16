/** Finds what the person typed in the prompts a gateway makes of it: without its own context, its timestamps and its notes. For the stand-in model only. */

/** The last line of a prompt that is the person's; directives still stand in it. */
export type Turn = string;

const INTERNAL = /<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>[\s\S]*?<<<END_OPENCLAW_INTERNAL_CONTEXT>>>/g;
/** What a gateway adds to an interrupted turn when it resumes it after a restart; the person's words stand before it. */
const RESUMED = /^(?:\[[^\]]*\] )?\[System\] [\s\S]*$/m;
/** `[Sat 2026-11-21 07:30 UTC] hello` */
const TIMESTAMP = /^\[[^\]]*\d{4}-\d{2}-\d{2}[^\]]*\]\s*/;
const NOTE = /^Runtime: agent=/;
const DIRECTIVE = /\[\[[a-z]+:\d+\]\]/g;

function typedIn(prompt: string): Turn {
  const lines = prompt
    .replace(INTERNAL, "")
    .replace(RESUMED, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !NOTE.test(line));
  return (lines.at(-1) ?? "").replace(TIMESTAMP, "");
}

export const typedTurns = (prompts: readonly string[]): readonly Turn[] => prompts.map(typedIn).filter((turn) => turn !== "");

/** `[[delay:1500]]` waits so many ms before the answer, `[[fail:500]]` answers with that status, `[[long:9000]]` answers with so many characters of Markdown. */
export function directive(turn: Turn, name: "delay" | "fail" | "long"): number | undefined {
  const found = new RegExp(`\\[\\[${name}:(\\d+)\\]\\]`).exec(turn)?.[1];
  return found === undefined ? undefined : Number(found);
}

export const plain = (turn: Turn): string => turn.replace(DIRECTIVE, "").trim();
