/** Over the whole run: every message to the WhatsApp number ended once, was answered once or its person told, and nothing went wrong on the way. */

import { acknowledged } from "../customers.ts";
import { readEcho } from "../echo.ts";
import { linesOf, settledLines } from "../edge-log.ts";
import { UNANSWERED, WHATSAPP } from "../routes.ts";
import { must, until } from "../until.ts";
import type { Case, Stage } from "./case.ts";
import { mustBePowerless } from "./least-privilege.ts";

const TROUBLE = /^(delivery\.refused|worker\.error|conversation\.error|admin\.error|notice\.failed|bot\.stopped|reply\.refused)$/;

/** Longer than the edge waits for the platform's word that an answer arrived. */
const END_WITHIN_MS = 75_000;

const endless = (stage: Stage): readonly string[] => {
  const ended = new Set(settledLines(stage, WHATSAPP).map(({ message }) => message));
  return acknowledged(stage).filter((id) => !ended.has(id));
};

async function mustEndOnce(stage: Stage): Promise<{ readonly answered: number; readonly dead: number }> {
  await until("every acknowledged message to end", () => endless(stage).length === 0, END_WITHIN_MS);
  const ends = Map.groupBy(settledLines(stage, WHATSAPP), ({ message }) => message ?? "");
  const all = acknowledged(stage);
  const twice = [...ends].filter(([, lines]) => lines.length > 1);
  must(twice.length === 0, `${twice.length} messages ended more than once`);
  const dead = [...ends.values()].flat().filter(({ state, message }) => state !== "answered" && !stage.parked.has(message ?? ""));
  must(dead.length === 0, `${dead.length} messages ended as ${dead[0]?.state}: ${dead[0]?.outcome}`);
  return { answered: all.length - stage.parked.size, dead: stage.parked.size };
}

function mustSayOnce({ graph }: Stage): void {
  const said = graph.sent().flatMap(({ to, text }) => (readEcho(text) === undefined ? [] : [`"${text.slice(0, 200)}" to ${to}`]));
  const again = said.filter((each, index) => said.indexOf(each) !== index);
  must(again.length === 0, `said more than once: ${again.join(", ")}`);
}

export const whatsappEnds: Case = {
  name: "whatsapp-ends",
  run: async (stage) => {
    const { graph } = stage;
    const { answered, dead } = await mustEndOnce(stage);
    mustSayOnce(stage);
    const trouble = linesOf(stage).filter(({ event }) => TROUBLE.test(event));
    must(trouble.length === 0, `the edge's log has ${trouble.length} lines of trouble, first: ${JSON.stringify(trouble[0])}`);
    must(graph.strangers().length === 0, `Meta saw ${graph.strangers().length} calls with a token it does not know`);
    const failed = graph.calls().filter(({ status }) => status !== 200);
    must(failed.length === 0, `Meta refused ${failed.length} calls, first with ${failed[0]?.status}`);
    const told = graph.sent().filter(({ text }) => text === UNANSWERED).length;
    must(told === dead, `${dead} messages were lost with their gateway, and ${told} people told`);
    const reads = new Set(graph.reads().map(({ messageId }) => messageId)).size;
    return `${answered + dead} messages: ${answered} answered once each, ${dead} lost with their gateway and told; ${graph.sent().length} messages and ${reads} read marks reached Meta, ${mustBePowerless(stage)} calls of models without tools; nothing ended twice`;
  },
};
