/** The bot's webhook is the operator's: gateways that start try to set it, and the edge answers them in the platform's place. */
import { linesOf } from "../edge-log.ts";
import { must, until } from "../until.ts";
import { FIRST } from "../world.ts";
import type { Case, Stage } from "./case.ts";

const hasTried = (stage: Stage, name: string): boolean =>
  linesOf(stage, "egress.held").some((line) => line["method"] === "setWebhook" && line["instance"] === name);

/** The edge answered a `setWebhook` of this instance. A gateway may listen before it calls. */
export const untilItTried = (stage: Stage, name: string): Promise<true> =>
  until(`${name} to set the webhook`, () => hasTried(stage, name) || undefined);

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
    for (const name of FIRST) await untilItTried(stage, name);
    await mustBeTheOperators(stage);
    return `${FIRST.join(" and ")} set the webhook when they started, the edge answered, and the bot still has the operator's`;
  },
};
