/** One POST of Meta's with three messages of two people and a status, which comes twice; then another, of which half is old. */
import { sleep } from "../../fakes/http-service.ts";
import { answersTo, type Customer, customer, deliver, endsOf, heardBy, said, untilAnswered, type Words, words } from "../customers.ts";
import { must } from "../until.ts";
import { type Case, QUIET_MS, type Stage } from "./case.ts";

const ADA = customer(51);
const BEN = customer(52);

interface Expected {
  readonly who: Customer;
  readonly words: Words;
}

function mustHear(stage: Stage, who: Customer, texts: readonly string[]): void {
  const heard = answersTo(stage, who).map(({ text, turn }) => `${turn} ${text}`);
  const due = texts.map((text, index) => `${index + 1} ${text}`);
  must(heard.join() === due.join(), `${who.from} wrote ${texts.join(", ")} and was answered: ${heard.join(", ")}`);
  must(heardBy(stage, who).length === texts.length, `${who.from} was told more than answers`);
}

export const whatsappBatch: Case = {
  name: "whatsapp-batch",
  run: async (stage) => {
    const [one, two, hi, three] = ["one", "two", "hi", "three"].map(words) as [Words, Words, Words, Words];
    const [earlier] = stage.graph.sent();
    const told = earlier === undefined ? [] : [{ kind: "status", id: earlier.id, status: "read", to: earlier.to } as const];
    const batch = [said(ADA, one), ...told, said(ADA, two), said(BEN, hi)];
    await Promise.all([deliver(stage, batch), deliver(stage, batch)]);
    const before: readonly Expected[] = [
      { who: ADA, words: one },
      { who: ADA, words: two },
      { who: BEN, words: hi },
    ];
    for (const { who, words: written } of before) await untilAnswered(stage, who, written.text);

    await deliver(stage, [said(ADA, two), said(BEN, hi), said(ADA, three)]);
    await untilAnswered(stage, ADA, three.text);
    await sleep(QUIET_MS);
    mustHear(stage, ADA, ["one", "two", "three"]);
    mustHear(stage, BEN, ["hi"]);
    const again = [one, two, hi, three].find((written) => endsOf(stage, written).length !== 1);
    must(again === undefined, `"${again?.text}" ended ${again && endsOf(stage, again).length} times`);
    return "three messages of two people and a status in one POST, sent twice at once, then again half of it with a new one: four answers, in order, at turns 1, 2, 3 and 1";
  },
};
