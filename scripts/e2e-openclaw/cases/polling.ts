/** A stock gateway that polls, beside native ones in one pool: it was given `apiRoot` and an edge token, and never speaks to Telegram. */
import { sleep } from "../../fakes/http-service.ts";
import { ACCOUNT } from "../routes.ts";
import { must, until } from "../until.ts";
import { FIRST, LATER, POLLER } from "../world.ts";
import { type Case, chatsOf, type Stage } from "./case.ts";
import { mustBeTheOperators } from "./registration.ts";
import { ROUNDS, talk } from "./talk.ts";

const RAMP_MS = 61_000;
const CHATS = Array.from({ length: 24 }, (_, index) => 700_501 + index);

const isPolling = async ({ admin }: Stage): Promise<boolean> => {
  const { isHealthy, pollers = [] } = await admin.instance(POLLER);
  return isHealthy === true && pollers.some(({ account, isWaiting }) => account === ACCOUNT && isWaiting);
};

export const polling: Case = {
  name: "polling",
  run: async (stage) => {
    const natives = [...FIRST, LATER].filter((name) => stage.gateways.has(name));
    await until(`${POLLER} to wait for updates`, async () => (await isPolling(stage)) || undefined);
    // Who begins to call is back, and is spared: a tenth of its new conversations at first, all of them after a minute.
    await sleep(RAMP_MS);
    await stage.setPool([...natives, POLLER]);
    await Promise.all(CHATS.map((chat) => talk(stage, chat)));
    const shares = [...natives, POLLER].map((name) => ({ name, count: CHATS.filter((chat) => stage.owners.get(chat) === name).length }));
    const idle = shares.find(({ count }) => count === 0);
    must(idle === undefined, `${idle?.name} got none of ${CHATS.length} new chats`);
    must(chatsOf(stage, POLLER).length >= 4, `${POLLER} has too few chats for what follows`);
    const asked = stage.telegram.calls().filter(({ method }) => /^(getupdates|deletewebhook)$/i.test(method));
    must(asked.length === 0, `Telegram saw ${asked.length} calls that were meant for the edge, first ${asked[0]?.method}`);
    await mustBeTheOperators(stage);
    const told = shares.map(({ name, count }) => `${name} ${count}`).join(", ");
    return `${CHATS.length} new chats of ${ROUNDS.length} messages, each answered by one instance at turns ${ROUNDS.join(", ")} (${told}); no getUpdates reached Telegram`;
  },
};
