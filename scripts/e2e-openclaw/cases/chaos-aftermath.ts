/** Over the whole of the chaos: every acknowledged update ended once, and nobody read anything twice or anything strange. */
import { linesOf, settledLines } from "../edge-log.ts";
import { answers, notices } from "../people.ts";
import { ACCOUNT } from "../routes.ts";
import { must } from "../until.ts";
import type { Case } from "./case.ts";

export const aftermath: Case = {
  name: "aftermath",
  run: async (stage) => {
    const settled = settledLines(stage, ACCOUNT);
    const ended = new Map(settled.map((line) => [line.message, line.state]));
    const endless = stage.telegram.deliveries().filter(({ update }) => !ended.has(`u${update.update_id}`));
    must(endless.length === 0, `${endless.length} acknowledged updates never ended`);
    must(settled.length === ended.size, `${settled.length - ended.size} messages ended more than once`);
    const said = answers(stage).map(({ chat, text }) => `"${text}" in ${chat}`);
    const again = said.filter((each, index) => said.indexOf(each) !== index);
    must(again.length === 0, `said more than once: ${again.join(", ")}`);
    const strange = notices(stage).filter((text) => /restart|apolog|confirm whether|sorry/i.test(text));
    must(strange.length === 0, `people were told: ${strange.join(" | ").slice(0, 500)}`);
    const suppressed = linesOf(stage, "egress.suppressed").length;
    const unanswered = settled.length - said.length;
    return `${settled.length} updates ended once each, ${said.length} answers were read once each; ${unanswered} questions stayed without one, asked of an instance that lost the chat before it spoke; ${suppressed} calls of former owners reached nobody`;
  },
};
