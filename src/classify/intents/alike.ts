/** Which intents are alike and which examples are, so that cross-validation can leave them out together. For the trainer. */
import { type Learned, scoreWith, type Task } from "./learn.ts";
import { settings } from "./settings.ts";

/** In no block or group: never left out. */
export const NEVER = 0xffff;

/** With fewer intents none can be spared. */
const LEAST_INTENTS = 4;

/** For each example one of ten blocks of its class, alphabetically: beginnings are how messages are alike. Names are in none. */
export function blocksOf({ texts, classes, isName }: Task): Uint16Array {
  const blocks = new Uint16Array(texts.length).fill(NEVER);
  const order = [...texts.keys()].filter((at) => isName[at] !== true);
  order.sort((one, other) => byCodeUnit(texts[one] as string, texts[other] as string));
  const sizes = new Map<number, number>();
  for (const at of order) sizes.set(classes[at] as number, (sizes.get(classes[at] as number) ?? 0) + 1);
  const met = new Map<number, number>();
  for (const at of order) {
    const owner = classes[at] as number;
    const place = met.get(owner) ?? 0;
    met.set(owner, place + 1);
    blocks[at] = Math.floor((place * settings.folds) / (sizes.get(owner) ?? 1));
  }
  return blocks;
}

const byCodeUnit = (one: string, other: string): number => {
  if (one === other) return 0;
  return one < other ? -1 : 1;
};

/** Intents in groups of about a tenth, each grown from one by those that are most often second where it is first. */
export function groupsOf(task: Task, learned: Learned): Uint16Array {
  const { intents } = task;
  const groups = new Uint16Array(intents).fill(NEVER);
  if (intents < LEAST_INTENTS) return groups;
  const rivals = rivalsOf(task, learned);
  const size = Math.ceil(intents / settings.folds);
  const pull = new Float64Array(intents);
  for (let placed = 0; placed < intents; placed += 1) {
    if (placed % size === 0) pull.fill(0);
    const next = strongest(pull, groups);
    groups[next] = Math.floor(placed / size);
    for (let at = 0; at < intents; at += 1) pull[at] = (pull[at] as number) + (rivals[next * intents + at] as number);
  }
  return groups;
}

function strongest(pull: Float64Array, groups: Uint16Array): number {
  let best = groups.indexOf(NEVER);
  for (let at = best + 1; at < groups.length; at += 1) if (groups[at] === NEVER && (pull[at] as number) > (pull[best] as number)) best = at;
  return best;
}

/** How often two intents are each other's first and second. */
function rivalsOf({ texts, classes, intents }: Task, learned: Learned): Uint16Array {
  const rivals = new Uint16Array(intents * intents);
  const add = (place: number): void => {
    rivals[place] = (rivals[place] as number) + 1;
  };
  for (const [at, text] of texts.entries()) {
    const own = classes[at] as number;
    if (own === intents) continue;
    const { best, second } = scoreWith(learned, text).ranking;
    const rival = best === own ? second : best;
    add(own * intents + rival);
    add(rival * intents + own);
  }
  return rivals;
}
