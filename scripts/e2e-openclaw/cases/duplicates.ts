/** The platform repeats updates: the person gets one answer. */
import { sleep } from "../../fakes/http-service.ts";
import { messageUpdate } from "../../fakes/telegram-updates.ts";
import { answersTo, untilAnswered } from "../people.ts";
import { must } from "../until.ts";
import { type Case, QUIET_MS } from "./case.ts";

const CHAT = 700_201;
const TEXT = "only once please";

export const duplicates: Case = {
  name: "duplicates",
  run: async (stage) => {
    const update = messageUpdate({ chat: CHAT, text: TEXT }, stage.telegram.ids);
    const early = await Promise.all([stage.telegram.deliver(update), stage.telegram.deliver(update)]);
    await untilAnswered(stage, CHAT, TEXT);
    const records = [...early, await stage.telegram.deliver(update)];
    must(
      records.every((record) => record?.outcome === "delivered" && record.attempts.length === 1),
      "a repeated update was not acknowledged at once",
    );
    await sleep(QUIET_MS);
    const { length } = answersTo(stage, CHAT, TEXT);
    must(length === 1, `the same update three times gave ${length} answers`);
    return "the same update three times, also after its answer: three acknowledgements, one answer";
  },
};
