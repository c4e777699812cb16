/**
 * A gateway dies (`kill -9`) in the middle of two turns and comes back. `/v1` knows no repeats, so the two are not asked again: their people are
 * told once that no answer comes. What came meanwhile waits at the edge and is answered in order by the same gateway, once.
 */
import { sleep } from "../../fakes/http-service.ts";
import { answersTo, ask, type Customer, customer, endsOf, noticesTo, untilAnswered, untilEnded, type Words, write } from "../customers.ts";
import { linesOf } from "../edge-log.ts";
import { UNANSWERED } from "../routes.ts";
import { must, until } from "../until.ts";
import { ASKED } from "../world.ts";
import { type Case, customersOf, QUIET_MS, type Stage } from "./case.ts";

/** Longer than it takes to see that the model was asked, and to kill. */
const SLOW = "[[delay:8000]]";
const AFTER_RESTART_MS = 120_000;
const ROUNDS = [1, 2, 3];
const NEWCOMER = customer(91);
/** What the edge says of a turn that nobody will hear of again. */
const LOST = /^(cut-off|ambiguous)/;

interface Expected {
  readonly who: Customer;
  readonly text: string;
  readonly words: Words;
}

const textOf = (who: Customer): string => `before the crash (${who.from})`;

async function begin(stage: Stage, who: Customer): Promise<Expected> {
  const text = textOf(who);
  const written = await write(stage, who, `${text} ${SLOW}`);
  await until(`the model to be asked "${text}"`, () => stage.model.calls().some(({ typed }) => typed.at(-1) === text) || undefined);
  return { who, text, words: written };
}

async function writeWhileDown(stage: Stage, people: readonly Customer[]): Promise<readonly Expected[]> {
  const waiting: Expected[] = [];
  for (const round of ROUNDS) {
    for (const who of people) {
      const text = `while you were away ${round} (${who.from})`;
      waiting.push({ who, text, words: await write(stage, who, text) });
    }
  }
  return waiting;
}

async function mustBeParked(stage: Stage, { who, text, words }: Expected): Promise<void> {
  const { state, outcome } = await untilEnded(stage, words);
  must(state === "dead" && LOST.test(outcome), `"${text}" ended as ${state}: ${outcome}`);
  stage.parked.set(words.id, text);
  await until(`${who.from} to be told that no answer comes`, () => noticesTo(stage, who).length > 0 || undefined);
}

function mustBeTold(stage: Stage, { who, text }: Expected): void {
  const told = noticesTo(stage, who);
  must(told.join() === UNANSWERED, `${who.from} was told ${told.length} times: ${told.join(" | ")}`);
  must(answersTo(stage, who, text).length === 0, `"${text}" was answered although its person was told otherwise`);
}

function mustBeAnsweredOnce(stage: Stage, victim: string, { who, text, words }: Expected): void {
  const heard = answersTo(stage, who, text);
  must(heard.length === 1, `"${text}" was answered ${heard.length} times`);
  must(heard[0]?.instance === victim, `"${text}" was answered by ${heard[0]?.instance}, not by ${victim}`);
  must(endsOf(stage, words).length === 1, `"${text}" ended ${endsOf(stage, words).length} times`);
}

function mustBeInOrder(stage: Stage, who: Customer): void {
  const rounds = answersTo(stage, who).flatMap(({ text }) => /^while you were away (\d)/.exec(text)?.[1] ?? []);
  must(rounds.join() === ROUNDS.join(), `what ${who.from} wrote while the gateway was down was answered in the order ${rounds.join()}`);
}

async function othersGoOn(stage: Stage, victim: string): Promise<void> {
  const bystander = [...stage.customers].find(([, owner]) => owner !== victim)?.[0] ?? NEWCOMER;
  const heard = [await ask(stage, bystander, "are you still there?"), await ask(stage, NEWCOMER, "is anybody there?")];
  const stray = heard.find(({ instance }) => instance === victim);
  must(stray === undefined, `${victim} answered "${stray?.text}" while it was down`);
}

const asksOf = (stage: Stage, lost: readonly Expected[]): number =>
  stage.model.calls().filter(({ typed }) => lost.some(({ text }) => typed.at(-1) === text)).length;

/** Asks that the gateway refused while it went on with the turns that were cut. */
const refusals = (stage: Stage): number =>
  linesOf(stage, "message.held").filter(({ detail }) => String(detail).endsWith("after a turn that broke off")).length;

export const whatsappCrash: Case = {
  name: "whatsapp-crash",
  run: async (stage) => {
    const [victim = ""] = ASKED.toSorted((left, right) => customersOf(stage, right).length - customersOf(stage, left).length);
    const [first, second, third] = customersOf(stage, victim);
    if (first === undefined || second === undefined || third === undefined) throw new Error(`${victim} has too few people for this case`);
    const lost = await Promise.all([begin(stage, first), begin(stage, second)]);
    await stage.gateways.get(victim)?.kill();
    must(
      lost.every(({ who, text }) => answersTo(stage, who, text).length === 0),
      "a turn was over before the gateway was killed: nothing is proved",
    );

    const waiting = await writeWhileDown(stage, [first, third]);
    for (const each of lost) await mustBeParked(stage, each);
    await othersGoOn(stage, victim);
    const startMs = (await stage.gateways.get(victim)?.start()) ?? 0;
    for (const { who, text } of waiting) await untilAnswered(stage, who, text, AFTER_RESTART_MS);
    await sleep(QUIET_MS);

    for (const each of lost) mustBeTold(stage, each);
    for (const each of waiting) mustBeAnsweredOnce(stage, victim, each);
    for (const who of [first, third]) mustBeInOrder(stage, who);
    await ask(stage, second, "and now?");
    const told = `their people were told once each (the gateway went on with them by itself: its model was asked ${asksOf(stage, lost)} times)`;
    const late = `the ${waiting.length} messages that had waited were answered once and in order, after ${refusals(stage)} refusals of a gateway that was still mending`;
    return `${victim} was killed in the middle of ${lost.length} turns and was back in ${startMs} ms: ${told}; ${late}; the other gateway's people and a new one were served meanwhile`;
  },
};
