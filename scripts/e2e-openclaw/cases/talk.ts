/** Chats of the bot that say three things each: one instance answers all of a chat, at the turns of one session. */
import { answers, ask } from "../people.ts";
import { must } from "../until.ts";
import type { Stage } from "./case.ts";

export const ROUNDS = [1, 2, 3];

/** Remembers who answered. */
export async function talk(stage: Stage, chat: number): Promise<void> {
  for (const round of ROUNDS) await ask(stage, { chat, text: `hello ${round} from ${chat}` });
  const heard = answers(stage, chat);
  const instances = new Set(heard.map(({ instance }) => instance));
  must(instances.size === 1, `chat ${chat} was answered by ${[...instances].join(" and ")}`);
  const turns = heard.map(({ turn }) => turn).join();
  must(turns === ROUNDS.join(), `chat ${chat} was answered at turns ${turns} of its session, not ${ROUNDS.join()}`);
  stage.owners.set(chat, heard[0]?.instance ?? "");
}
