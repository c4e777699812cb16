/** People on WhatsApp are each answered by one gateway, in order, as often as they write; and the agent that answers them can do nothing else. */
import { answersTo, ask, type Customer, customer, heardBy } from "../customers.ts";
import { must } from "../until.ts";
import { ASKED } from "../world.ts";
import { type Case, customersOf, type Stage } from "./case.ts";
import { mustBePowerless } from "./least-privilege.ts";
import { ROUNDS } from "./talk.ts";

const CUSTOMERS = Array.from({ length: 12 }, (_, index) => customer(index + 1));

async function talk(stage: Stage, who: Customer): Promise<void> {
  for (const round of ROUNDS) await ask(stage, who, `hello ${round} from ${who.from}`);
  const heard = answersTo(stage, who);
  const instances = new Set(heard.map(({ instance }) => instance));
  must(instances.size === 1, `${who.from} was answered by ${[...instances].join(" and ")}`);
  const turns = heard.map(({ turn }) => turn).join();
  must(turns === ROUNDS.join(), `${who.from} was answered at turns ${turns}, not ${ROUNDS.join()}`);
  must(heardBy(stage, who).length === ROUNDS.length, `${who.from} was also told: ${heardBy(stage, who).slice(ROUNDS.length).join(" | ")}`);
  stage.customers.set(who, heard[0]?.instance ?? "");
}

export const whatsappAffinity: Case = {
  name: "whatsapp-affinity",
  run: async (stage) => {
    await Promise.all(CUSTOMERS.map((who) => talk(stage, who)));
    const shares = ASKED.map((name) => `${name} ${customersOf(stage, name).length}`);
    must(
      ASKED.every((name) => customersOf(stage, name).length > 0),
      `not every gateway got somebody: ${shares.join(", ")}`,
    );
    const calls = mustBePowerless(stage);
    return `${CUSTOMERS.length} people with ${ROUNDS.length} messages, each answered once and in order by one gateway at turns ${ROUNDS.join(", ")} (${shares.join(", ")}); in ${calls} calls the model saw channel=whatsapp and no tool`;
  },
};
