/**
 * A gateway dies (`kill -9`) with updates it accepted and has not answered, and comes back. What it accepted it answers once, from its own storage:
 * nothing is sent to the other gateway, and what came meanwhile waits at the edge and is delivered in order.
 */
import { sleep } from "../../fakes/http-service.ts";
import { settledLines } from "../edge-log.ts";
import { type Answer, answers, answersTo, ask, notices, say, untilAnswered } from "../people.ts";
import { must, until } from "../until.ts";
import { POLLER } from "../world.ts";
import { type Case, chatsOf, QUIET_MS, type Stage } from "./case.ts";

/** Longer than it takes to see that the model was asked, and to kill. */
const SLOW = "[[delay:8000]]";
const AFTER_RESTART_MS = 120_000;

interface Expected {
  readonly chat: number;
  readonly text: string;
}

/** The instance with more chats, so that there is one for each part. */
function busiest(stage: Stage): string {
  const names = [...new Set(stage.owners.values())].toSorted((left, right) => chatsOf(stage, right).length - chatsOf(stage, left).length);
  return names[0] ?? "";
}

const isAccepted = (stage: Stage, updateId: number): boolean =>
  settledLines(stage).some(({ message, state }) => message === `u${updateId}` && state === "delivered");

async function accept(stage: Stage, expected: Expected): Promise<void> {
  const { update } = await say(stage, { chat: expected.chat, text: `${expected.text} ${SLOW}` });
  await until(`the acceptance of "${expected.text}"`, () => isAccepted(stage, update.update_id));
}

/** Two are being answered when the gateway dies; the third was accepted a moment ago. */
async function dieWith(stage: Stage, victim: string, [first, second, third]: readonly [Expected, Expected, Expected]): Promise<void> {
  await Promise.all([first, second].map((expected) => accept(stage, expected)));
  for (const { text } of [first, second]) {
    await until(`the model to be asked "${text}"`, () => stage.model.calls().some(({ typed }) => typed.at(-1) === text));
  }
  await accept(stage, third);
  await stage.gateways.get(victim)?.kill();
  const early = [first, second, third].filter(({ chat, text }) => answersTo(stage, chat, text).length > 0);
  must(early.length === 0, "an update was answered before the gateway was killed: nothing is proved");
}

async function sayWhileDown(stage: Stage, chats: readonly number[]): Promise<readonly Expected[]> {
  const said: Expected[] = [];
  for (const round of [1, 2, 3]) {
    for (const chat of chats) {
      const text = `while you were away ${round} (${chat})`;
      await say(stage, { chat, text });
      said.push({ chat, text });
    }
  }
  return said;
}

function mustBeAnsweredOnce(stage: Stage, victim: string, { chat, text }: Expected): void {
  const heard = answersTo(stage, chat, text);
  must(heard.length === 1, `"${text}" in chat ${chat} was answered ${heard.length} times`);
  must(heard[0]?.instance === victim, `"${text}" in chat ${chat} was answered by ${heard[0]?.instance}, not by ${victim}`);
  const others = stage.model.calls().filter(({ instance, typed }) => instance !== victim && typed.includes(text));
  must(others.length === 0, `"${text}" in chat ${chat} also reached ${others[0]?.instance}`);
}

function mustBeInOrder(stage: Stage, chat: number): void {
  const rounds = answers(stage, chat).flatMap(({ text }: Answer) => /^while you were away (\d)/.exec(text)?.[1] ?? []);
  must(rounds.join() === "1,2,3", `what was said in chat ${chat} while the gateway was down was answered in the order ${rounds.join()}`);
}

const killing = (name: string, victimOf: (stage: Stage) => string): Case => ({
  name,
  run: async (stage) => {
    const victim = victimOf(stage);
    must(chatsOf(stage, victim).length >= 4, `${victim} has too few chats for this case`);
    const bystander = [...stage.owners].find(([, owner]) => owner !== victim)?.[0] ?? 0;
    const [first = 0, second = 0, third = 0, fourth = 0] = chatsOf(stage, victim);
    const accepted = [first, second, third].map((chat) => ({ chat, text: `before the crash (${chat})` })) as [Expected, Expected, Expected];
    await dieWith(stage, victim, accepted);
    const waiting = await sayWhileDown(stage, [third, fourth]);
    const other = await ask(stage, { chat: bystander, text: "are you still there?" });
    must(other.instance === stage.owners.get(bystander), `the other instance's chat was answered by ${other.instance}`);

    const startMs = (await stage.gateways.get(victim)?.start()) ?? 0;
    for (const { chat, text } of [...accepted, ...waiting]) await untilAnswered(stage, chat, text, AFTER_RESTART_MS);
    await sleep(QUIET_MS);
    for (const expected of [...accepted, ...waiting]) mustBeAnsweredOnce(stage, victim, expected);
    for (const chat of [third, fourth]) mustBeInOrder(stage, chat);
    const said = [first, second, third].flatMap((chat) => notices(stage, chat)).length;
    return `${victim} was killed with ${accepted.length} accepted updates and was back in ${startMs} ms: it answered each once, and the ${waiting.length} that had waited, in order; the other instance heard nothing of it (${said} notices of the gateway's own)`;
  },
});

export const crash = killing("crash", busiest);

/** Of one that polls the same is asked: what it confirmed it answers from its own queue, what it did not confirm it is given again. */
export const pollingCrash = killing("polling-crash", () => POLLER);
