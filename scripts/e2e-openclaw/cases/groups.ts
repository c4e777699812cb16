/** A group, and every topic of a forum, is a conversation of its own: own session, own turns, answers in the right place. */
import type { Said } from "../../fakes/telegram-updates.ts";
import { type Answer, answers, ask } from "../people.ts";
import { must } from "../until.ts";
import type { Case, Stage } from "./case.ts";

type Place = Pick<Said, "chat" | "topic">;

const GROUP: Place = { chat: -100_700_301 };
const FORUM = -100_700_302;
const PLACES: readonly Place[] = [GROUP, { chat: FORUM, topic: 11 }, { chat: FORUM, topic: 12 }];
/** Several people speak; the place counts, not the person. */
const SPEAKERS = [700_101, 700_102, 700_103];

const nameOf = ({ chat, topic }: Place): string => (topic === undefined ? `group ${chat}` : `topic ${topic} of ${chat}`);

async function talk(stage: Stage, place: Place): Promise<string> {
  const heard: Answer[] = [];
  for (const from of SPEAKERS) heard.push(await ask(stage, { ...place, from, text: `${nameOf(place)}: I am ${from}` }));
  const instances = new Set(heard.map(({ instance }) => instance));
  must(instances.size === 1, `${nameOf(place)} was answered by ${[...instances].join(" and ")}`);
  const turns = heard.map(({ turn }) => turn).join();
  must(turns === "1,2,3", `${nameOf(place)} was answered at turns ${turns} of its session`);
  const lost = heard.find(({ threadId }) => threadId !== place.topic);
  must(lost === undefined, `an answer for ${nameOf(place)} went to thread ${lost?.threadId}`);
  return [...instances].join();
}

export const groups: Case = {
  name: "groups",
  run: async (stage) => {
    const instances = await Promise.all(PLACES.map((place) => talk(stage, place)));
    const strays = answers(stage, FORUM).length - 2 * SPEAKERS.length;
    must(strays === 0, `${strays} answers too many in the forum`);
    return `${PLACES.map((place, index) => `${nameOf(place)} (${instances[index]})`).join(", ")}: turns 1, 2, 3 each, answered in place`;
  },
};
