/** A conversation stays on the instance that knows it: one instance answers each chat, and it remembers every message before. */
import { must } from "../until.ts";
import { FIRST } from "../world.ts";
import { type Case, chatsOf } from "./case.ts";
import { ROUNDS, talk } from "./talk.ts";

/** Fixed, so that rendezvous spreads them in the same way every time. */
const CHATS = Array.from({ length: 12 }, (_, index) => 700_101 + index);

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
