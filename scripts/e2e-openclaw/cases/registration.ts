/** The bot's webhook is the operator's: gateways that start try to set it, and the edge answers them in the platform's place. */
import { linesOf } from "../edge-log.ts";
import { must } from "../until.ts";
import { FIRST } from "../world.ts";
import type { Case, Stage } from "./case.ts";

/** Which instances tried to set the webhook and were answered by the edge. */
export const triedToSet = (stage: Stage): ReadonlySet<unknown> =>
  new Set(linesOf(stage, "egress.held").flatMap((line) => (line["method"] === "setWebhook" ? [line["instance"]] : [])));

export async function mustBeTheOperators(stage: Stage): Promise<void> {
  const differences = await stage.admin.webhookDifferences();
  must(differences.length === 0, `the bot's webhook was changed: ${differences.join(", ")}`);
  const sets = stage.telegram.calls().filter(({ method }) => /^(set|delete)webhook$|^(set|delete)my|^logout$|^close$/i.test(method));
  must(
    sets.length === 1,
    `Telegram saw ${sets.length} calls that change the bot, not the operator's one: ${sets.map(({ method }) => method)}`,
  );
}

export const registration: Case = {
  name: "registration",
  run: async (stage) => {
    const tried = triedToSet(stage);
    must(
      FIRST.every((name) => tried.has(name)),
      `not every gateway was seen to set the webhook: ${[...tried]}`,
    );
    await mustBeTheOperators(stage);
    return `${FIRST.join(" and ")} set the webhook when they started, the edge answered, and the bot still has the operator's`;
  },
};
