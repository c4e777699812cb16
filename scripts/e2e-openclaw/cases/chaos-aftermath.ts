/** Over the whole of the chaos: every question ended and was answered once but for those that a case explains, and nobody was told a word too many. */
import { plain } from "../../fakes/model-prompt.ts";
import type { DeliveryRecord } from "../../fakes/telegram-sender.ts";
import { type ChaosFacts, judge, type Question, UNANSWERED, type Words } from "../chaos-verdict.ts";
import { readEcho } from "../echo.ts";
import { linesOf, settledLines } from "../edge-log.ts";
import { ACCOUNT } from "../routes.ts";
import { must } from "../until.ts";
import type { Case, Stage } from "./case.ts";
import { mustHideEdgeTokens } from "./egress.ts";

/** `egress.suppressed` is what moves are about, and a gateway that dies in a call of its own leaves one behind that failed. */
const TROUBLE = /^(egress\.rejected|delivery\.refused|worker\.error|conversation\.error|admin\.error|notice\.failed)$/;

function questionsIn({ update, outcome }: DeliveryRecord): readonly Question[] {
  const message = update["message"] as { readonly chat: { readonly id: number }; readonly text?: string } | undefined;
  if (outcome !== "delivered" || message === undefined) return [];
  return [{ chat: `${message.chat.id}`, text: plain(message.text ?? ""), message: `u${update.update_id}` }];
}

function factsOf({ telegram, ...world }: Stage): ChaosFacts {
  const read = telegram.sent().map(({ chat, text }) => ({ chat, text, echo: readEcho(text) }));
  return {
    questions: telegram.deliveries().flatMap(questionsIn),
    answers: read.flatMap(({ chat, echo }): readonly Words[] => (echo === undefined ? [] : [{ chat, text: echo.text }])),
    notices: read.flatMap(({ chat, text, echo }): readonly Words[] => (echo === undefined ? [{ chat, text }] : [])),
    ends: settledLines(world, ACCOUNT),
  };
}

export const aftermath: Case = {
  name: "aftermath",
  run: async (stage) => {
    mustHideEdgeTokens(stage);
    const facts = factsOf(stage);
    const found = judge(facts);
    must(found.length === 0, `${found.length} findings: ${found.join("; ").slice(0, 1500)}`);
    const trouble = linesOf(stage).filter(({ event }) => TROUBLE.test(event));
    must(trouble.length === 0, `the edge's log has ${trouble.length} lines of trouble, first: ${JSON.stringify(trouble[0])}`);
    const suppressed = linesOf(stage, "egress.suppressed").length;
    return `${facts.ends.length} updates were delivered once each, ${facts.answers.length} of ${facts.questions.length} questions were answered once each; the other ${UNANSWERED.length} are what a move costs; ${suppressed} calls of former owners reached nobody, and nobody was told anything unexpected`;
  },
};
