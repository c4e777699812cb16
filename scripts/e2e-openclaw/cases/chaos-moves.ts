/** Conversations that move: what the instance they left says afterwards nobody hears, and each question is answered by one instance, once. */
import { sleep } from "../../fakes/http-service.ts";
import { linesOf } from "../edge-log.ts";
import { answers, answersTo, ask, notices, say, untilAnswered } from "../people.ts";
import { must, until } from "../until.ts";
import { FIRST } from "../world.ts";
import { type Case, QUIET_MS, type Stage } from "./case.ts";

/** How long an agent thinks, so that its conversation moves meanwhile. */
export const THINKING_MS = 14_000;
const AFTER_RESTART_MS = 120_000;

/** A chat nobody knew, and who answered it. */
export async function begin(stage: Stage, chat: number): Promise<string> {
  const { instance } = await ask(stage, { chat, text: `hello, I am ${chat}` });
  stage.owners.set(chat, instance);
  return instance;
}

export const otherThan = (instance: string): string => FIRST.find((name) => name !== instance) ?? "";

export const askedOf = (stage: Stage, instance: string, text: string): boolean =>
  stage.model.calls().some((call) => call.instance === instance && call.typed.at(-1) === text);

/** A question that its instance has, and thinks about for long; returns its words as they come back. */
export async function leaveThinking(stage: Stage, chat: number, owner: string, text: string): Promise<void> {
  await say(stage, { chat, text: `${text} [[delay:${THINKING_MS}]]` });
  await until(`${owner} to think about "${text}"`, () => askedOf(stage, owner, text));
}

export const suppressedOf = (stage: Stage, instance: string): number =>
  linesOf(stage, "egress.suppressed").filter((line) => line["instance"] === instance).length;

const mustHearOnce = (stage: Stage, chat: number, text: string): void => {
  const heard = answersTo(stage, chat, text).length;
  must(heard === 1, `"${text}" in chat ${chat} was answered ${heard} times`);
};

export const awayAndBack: Case = {
  name: "away-and-back",
  run: async (stage) => {
    const chat = 710_101;
    const home = await begin(stage, chat);
    await stage.setPool([otherThan(home)]);
    const away = await ask(stage, { chat, text: "who are you now?" });
    must(away.instance === otherThan(home), `${home} left the pool, and ${away.instance} answered`);
    must(away.turn === 1, `${away.instance} knows ${away.turn} messages of somebody it never met`);
    await stage.setPool([home]);
    const back = await ask(stage, { chat, text: "and now?" });
    must(back.instance === home, `only ${home} is left, and ${back.instance} answered`);
    must(back.turn === 2, `${home} was asked its second message and counts ${back.turn}`);
    await stage.setPool(FIRST);
    const stays = await ask(stage, { chat, text: "still you?" });
    must(stays.instance === home, `nothing was wrong with ${home}, and ${stays.instance} answered`);
    must(notices(stage, chat).length === 0, `the person was told: ${notices(stage, chat).join(" | ")}`);
    return `a chat left ${home} for ${away.instance} and came back: four questions, four answers, each of its own history`;
  },
};

export const lateReply: Case = {
  name: "late-reply",
  run: async (stage) => {
    const chat = 710_201;
    const home = await begin(stage, chat);
    const other = otherThan(home);
    await leaveThinking(stage, chat, home, "think about this");
    await stage.setPool([other]);
    const next = await ask(stage, { chat, text: "are you there?" });
    must(next.instance === other, `${home} left the pool, and ${next.instance} answered`);
    const before = suppressedOf(stage, home);
    await until(`${home} to say what it thought`, () => suppressedOf(stage, home) > before, THINKING_MS + 30_000);
    await sleep(QUIET_MS);
    must(answersTo(stage, chat, "think about this").length === 0, `${home} was heard after the chat had moved to ${other}`);
    const own = await ask(stage, { chat, text: "and now?" });
    must(own.instance === other, `the chat is ${other}'s, and ${own.instance} answered`);
    await stage.setPool(FIRST);
    must(notices(stage, chat).length === 0, `the person was told: ${notices(stage, chat).join(" | ")}`);
    return `${home} answered after its chat had moved to ${other}: nobody heard it, it was not refused, and it apologised to nobody (one question of a moved chat stays without an answer: that is what a move costs)`;
  },
};

export const killMoveRestart: Case = {
  name: "kill-move-restart",
  run: async (stage) => {
    const chat = 710_301;
    const home = await begin(stage, chat);
    const other = otherThan(home);
    await leaveThinking(stage, chat, home, "before the crash");
    await stage.gateways.get(home)?.kill();
    await say(stage, { chat, text: "while you were gone" });
    const moved = await untilAnswered(stage, chat, "while you were gone");
    must(moved.instance === other, `${home} was dead, and ${moved.instance} answered`);
    const before = suppressedOf(stage, home);
    const startMs = (await stage.gateways.get(home)?.start()) ?? 0;
    await until(`${home} to go on with its turn`, () => suppressedOf(stage, home) > before, AFTER_RESTART_MS);
    await sleep(THINKING_MS + QUIET_MS);
    mustHearOnce(stage, chat, "while you were gone");
    const strangers = answers(stage, chat).filter((answer, index) => index > 0 && answer.instance === home);
    must(strangers.length === 0, `${home} was heard after its chat had moved: ${strangers.map(({ text }) => text).join(" | ")}`);
    must(notices(stage, chat).length === 0, `the person was told: ${notices(stage, chat).join(" | ")}`);
    const after = await ask(stage, { chat, text: "all well?" });
    must(after.instance === other, `the chat moved to ${other}, and ${after.instance} answered`);
    return `${home} was killed in mid-turn, its chat moved to ${other}; back after ${startMs} ms it went on by itself, ${suppressedOf(stage, home) - before} calls of it reached nobody, and the person read one answer to each question asked since`;
  },
};
