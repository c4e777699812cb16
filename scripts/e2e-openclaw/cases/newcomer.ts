/** A gateway that joins in the middle, configured with its own address as the public webhook, moves neither the bot nor anybody's conversation. */
import { ask } from "../people.ts";
import { must } from "../until.ts";
import { FIRST, LATER } from "../world.ts";
import type { Case, Stage } from "./case.ts";
import { mustBeTheOperators, untilItTried } from "./registration.ts";

const NEW_CHATS = Array.from({ length: 8 }, (_, index) => 700_411 + index);

async function mustStay(stage: Stage, when: string): Promise<void> {
  const moved = await Promise.all(
    [...stage.owners].map(async ([chat, owner]) => {
      const { instance } = await ask(stage, { chat, text: `${when}, ${chat}` });
      return instance === owner ? [] : [`${chat} (${owner} to ${instance})`];
    }),
  );
  must(moved.flat().length === 0, `conversations moved ${when}: ${moved.flat().join(", ")}`);
}

export const newcomer: Case = {
  name: "newcomer",
  run: async (stage) => {
    await stage.join(LATER, true);
    await untilItTried(stage, LATER);
    await mustBeTheOperators(stage);
    await mustStay(stage, "after the newcomer started");
    await stage.setPool([...FIRST, LATER]);
    await mustStay(stage, "after the newcomer joined the pool");
    const heard = await Promise.all(NEW_CHATS.map((chat) => ask(stage, { chat, text: `a new chat ${chat}` })));
    const share = heard.filter(({ instance }) => instance === LATER).length;
    must(share > 0, `none of ${NEW_CHATS.length} new chats reached ${LATER} after it joined the pool`);
    await mustBeTheOperators(stage);
    return `${LATER} started with its own webhookUrl: the bot and ${stage.owners.size} conversations stayed; in the pool it got ${share} of ${NEW_CHATS.length} new chats`;
  },
};
