/** What people read: every part of an answer, in order, in the right chat. Pure. */
import { inversions, linkOf } from "./check-receipts.ts";
import { sameLines } from "./check-repeats.ts";
import type { Ended, Facts, Part } from "./facts.ts";

/** Without the copies of what was read before. */
const fresh = (parts: readonly Part[]): readonly Part[] =>
  parts.filter((part, index) => parts.findIndex((each) => sameLines(each, part)) === index);

/** An agent that had nothing to say has answered, too. */
const owesWords = ({ state, outcome }: Ended): boolean => state === "answered" && outcome !== "empty";

/** Parts follow each other without a gap; all of them when the message ended as answered. */
export function garbled({ ended, parts }: Facts): readonly string[] {
  const read = Map.groupBy(parts, ({ name }) => name);
  const broken = [...read].flatMap(([name, all]) => (isInOrder(fresh(all)) ? [] : [`${name} ${spell(all)}`]));
  const short = ended.filter(owesWords).flatMap(({ name }) => {
    const last = fresh(read.get(name) ?? []).at(-1);
    return last !== undefined && last.to === last.total ? [] : [`${name} ends at ${last?.to ?? 0} of ${last?.total ?? "?"}`];
  });
  return [...broken, ...short];
}

const isInOrder = (parts: readonly Part[]): boolean =>
  parts.every((part, index) => part.isWhole && part.from === (parts[index - 1]?.to ?? 0) + 1);

const spell = (parts: readonly Part[]): string => parts.map(({ from, to }) => `${from}-${to}`).join(" ");

/** Said in another chat or by another account than it was asked in. */
export function misplaced({ said, parts }: Facts): readonly string[] {
  const asked = new Map(said.map((one) => [one.name, one]));
  return parts
    .filter(({ name, account, conversation }) => asked.get(name)?.account !== account || asked.get(name)?.conversation !== conversation)
    .map(({ name, conversation }) => `${name} in ${conversation}`);
}

/** Answers of one conversation in another order than its questions, where the edge brings them itself. */
export function answeredOutOfOrder({ links, said, parts }: Facts): readonly string[] {
  const firsts = [...Map.groupBy(parts, ({ name }) => name).keys()];
  const rank = new Map(firsts.map((name, index) => [name, index]));
  const own = said.filter(({ name }) => linkOf(links, name)?.isOnce === true);
  return [...Map.groupBy(own, ({ conversation }) => conversation).values()].flatMap((lane) => inversions(lane, rank));
}

/** Received by an instance that speaks here itself, in a conversation that never left it, and nobody read an answer. */
export function unanswered({ links, said, receipts, parts }: Facts): readonly string[] {
  const conversations = new Map(said.map(({ name, conversation }) => [name, conversation]));
  const spoken = new Set(parts.map(({ name }) => name));
  const homes = Map.groupBy(receipts, ({ name }) => conversations.get(name) ?? "");
  return [...homes.values()].flatMap((all) => {
    const instances = new Set(all.map(({ instance }) => instance));
    const [only = ""] = instances;
    const isSpeaker = instances.size === 1 && linkOf(links, all[0]?.name ?? "")?.speakers.includes(only) === true;
    return isSpeaker ? [...new Set(all.map(({ name }) => name))].filter((name) => !spoken.has(name)) : [];
  });
}
