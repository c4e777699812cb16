/** A conversation stays on the instance that knows it: one instance answers each chat, and it remembers every message before. */
import { answers, ask } from "../people.ts";
import { must } from "../until.ts";
import { FIRST } from "../world.ts";
import { type Case, chatsOf, type Stage } from "./case.ts";

/** Fixed, so that rendezvous spreads them in the same way every time. */
const CHATS = Array.from({ length: 12 }, (_, index) => 700_101 + index);
const ROUNDS = [1, 2, 3];

async function talk(stage: Stage, chat: number): Promise<void> {
  for (const round of ROUNDS) await ask(stage, { chat, text: `hello ${round} from ${chat}` });
  const heard = answers(stage, chat);
  const instances = new Set(heard.map(({ instance }) => instance));
  must(instances.size === 1, `chat ${chat} was answered by ${[...instances].join(" and ")}`);
  const turns = heard.map(({ turn }) => turn).join();
  must(turns === ROUNDS.join(), `chat ${chat} was answered at turns ${turns} of its session, not ${ROUNDS.join()}`);
  stage.owners.set(chat, heard[0]?.instance ?? "");
}

export const affinity: Case = {
  name: "affinity",
  run: async (stage) => {
    await Promise.all(CHATS.map((chat) => talk(stage, chat)));
    const shares = FIRST.map((name) => `${name} ${chatsOf(stage, name).length}`);
    must(
      FIRST.every((name) => chatsOf(stage, name).length > 0),
      `not every instance got a chat: ${shares.join(", ")}`,
    );
    return `${CHATS.length} chats of ${ROUNDS.length} messages, each answered by one instance at turns ${ROUNDS.join(", ")} (${shares.join(", ")})`;
  },
};
