/** Over the whole run: what reached the platform came through the edge with the bot's own token, and nothing went wrong on the way. */
import { linesOf, settledLines } from "../edge-log.ts";
import { answers, notices } from "../people.ts";
import { ACCOUNT } from "../routes.ts";
import { must } from "../until.ts";
import type { Case, Stage } from "./case.ts";

const TROUBLE =
  /^(egress\.(suppressed|rejected|failed|unheeded)|delivery\.refused|worker\.error|conversation\.error|admin\.error|notice\.failed)$/;

export function mustHideEdgeTokens({ telegram, realToken, edgeTokens }: Stage): void {
  must(
    telegram.calls().every(({ token }) => token === realToken),
    "Telegram saw a token that is not the bot's",
  );
  const failed = telegram.calls().filter(({ status }) => status !== 200);
  must(failed.length === 0, `Telegram refused ${failed.length} calls, first ${failed[0]?.method} with ${failed[0]?.status}`);
  must(telegram.strangers().length === 0, `Telegram saw ${telegram.strangers().length} calls with a token it does not know`);
  const seen = JSON.stringify(telegram.calls());
  const leaked = [...edgeTokens].filter(([, token]) => seen.includes(token)).map(([instance]) => instance);
  must(leaked.length === 0, `the edge token of ${leaked.join()} reached Telegram`);
}

function mustEndOnce(stage: Stage): void {
  const settled = settledLines(stage, ACCOUNT);
  const ends = new Map<string, number>();
  for (const { conversation, message } of settled) {
    const key = `${conversation} ${message}`;
    ends.set(key, (ends.get(key) ?? 0) + 1);
  }
  const twice = [...ends].filter(([, count]) => count > 1);
  must(twice.length === 0, `${twice.length} messages ended more than once: ${twice[0]?.[0]}`);
  const ended = new Set(settled.map(({ message }) => message));
  const endless = stage.telegram.deliveries().filter(({ update }) => !ended.has(`u${update.update_id}`));
  must(endless.length === 0, `${endless.length} acknowledged updates never ended`);
  const undelivered = settled.filter(({ state }) => state !== "delivered");
  must(undelivered.length === 0, `${undelivered.length} messages ended as ${undelivered[0]?.state}`);
}

/**
 * What a gateway may say by itself here: that it goes on with a turn its crash cut; and, of a message that came while it was just finishing
 * the turn before, that it has no reply, although it answers a moment later. Both are OpenClaw's; that each message is answered is checked apart.
 */
const OWN_NOTICES = [/continuing your interrupted request/, /couldn't produce or deliver a reply/];

function mustSayOnce(stage: Stage): void {
  const said = answers(stage).map(({ chat, threadId, text }) => `"${text}" in ${chat}/${threadId ?? ""}`);
  const again = said.filter((each, index) => said.indexOf(each) !== index);
  must(again.length === 0, `said more than once: ${again.join(", ")}`);
  const strange = notices(stage).filter((text) => !OWN_NOTICES.some((known) => known.test(text)));
  must(strange.length === 0, `the gateways said something else to people: ${strange.join(" | ").slice(0, 500)}`);
}

export const egress: Case = {
  name: "egress",
  run: async (stage) => {
    mustHideEdgeTokens(stage);
    const trouble = linesOf(stage).filter(({ event }) => TROUBLE.test(event));
    must(trouble.length === 0, `the edge's log has ${trouble.length} lines of trouble, first: ${JSON.stringify(trouble[0])}`);
    mustEndOnce(stage);
    mustSayOnce(stage);
    must(stage.telegram.violations().length === 0, "an acknowledgement had a body that Telegram would execute");
    const count = (pattern: RegExp): number => stage.telegram.calls().filter(({ method }) => pattern.test(method)).length;
    const typing = count(/^sendChatAction$/i);
    must(typing > 0, "no typing call reached Telegram");
    return `${stage.telegram.calls().length} calls (${count(/^sendMessage$/i)} messages, ${typing} typing, ${notices(stage).length} notices of the gateways' own) reached Telegram, all with the bot's own token; nothing suppressed, refused or ended twice`;
  },
};
