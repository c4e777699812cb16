/** An answer of 9,000 characters with a table, a fence and links arrives in at most three readable parts, in order. */
import { customer, heardBy, untilEnded, write } from "../customers.ts";
import { must } from "../until.ts";
import type { Case } from "./case.ts";

const WHO = customer(71);
const CHARACTERS = 9_000;
const MAX_PARTS = 3;
const FENCE = /^```/gm;

export const whatsappLong: Case = {
  name: "whatsapp-long",
  run: async (stage) => {
    const { state } = await untilEnded(stage, await write(stage, WHO, `tell me all of it [[long:${CHARACTERS}]]`));
    must(state === "answered", `the long answer ended as ${state}`);
    const parts = heardBy(stage, WHO);
    must(parts.length <= MAX_PARTS, `the answer came in ${parts.length} parts`);
    must(parts[0]?.startsWith("echo[") === true, `the first part begins with "${parts[0]?.slice(0, 40)}"`);
    must(parts.at(-1)?.endsWith("The end.") === true, `the last part ends with "${parts.at(-1)?.slice(-40)}"`);
    const open = parts.findIndex((part) => (part.match(FENCE) ?? []).length % 2 !== 0);
    must(open === -1, `part ${open + 1} has a fence that is not closed`);
    const lines = parts.join("\n").match(/line \d+ of the listing/g) ?? [];
    must(new Set(lines).size === lines.length && lines.length > 0, "lines of the listing are missing or doubled");
    return `${CHARACTERS} characters arrived in ${parts.length} parts of ${parts.map(({ length }) => length).join(", ")}, fences closed, ${lines.length} lines of the listing each once`;
  },
};
