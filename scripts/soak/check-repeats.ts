/**
 * What came twice, to instances and to people, and what is to blame. A cause excuses one repeat and is used up by it: a kill one in each
 * conversation (one thing is in flight there), a success that nobody gave or heard one. Pure.
 */
import { byName, linkOf } from "./check-receipts.ts";
import { accountOf, type Facts, type Kill, type Name, overlaps, type Part, type Receipt, type Window } from "./facts.ts";

export interface Repeats {
  /** A kill lay between: what was in flight. */
  readonly byKill: readonly Name[];
  /** The instance had stored it and not said so, or not in time: the same instance is asked again. */
  readonly byPolicy: readonly Name[];
  /** The instance said it, and the edge wrote down that it did not hear it. */
  readonly unheard: readonly Name[];
  /** Nothing explains it. */
  readonly doubled: readonly Name[];
}

/** Of parts that a person read. `byPolicy`: the platform had taken it and not said so. */
export type RepeatedParts = Repeats;

interface Judged {
  readonly name: Name;
  readonly why: keyof Repeats;
}

/** Things that happened, each of which excuses one repeat. */
export interface Causes<T> {
  /** Uses up the first that fits. */
  readonly use: (fits: (each: T) => boolean) => boolean;
}

export function causes<T>(all: readonly T[]): Causes<T> {
  const left = [...all];
  const use = (fits: (each: T) => boolean): boolean => {
    const at = left.findIndex(fits);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  };
  return { use };
}

const sorted = (judged: readonly Judged[]): Repeats => {
  const of = (why: keyof Repeats): readonly Name[] => judged.filter((one) => one.why === why).map(({ name }) => name);
  return { byKill: of("byKill"), byPolicy: of("byPolicy"), unheard: of("unheard"), doubled: of("doubled") };
};

/** A hand-over may arrive when it was already given up: where both ends are busy, the wire is long. */
const ON_ITS_WAY_MS = 5_000;

const during = (atMs: number, { fromMs, toMs }: Window): boolean => atMs >= fromMs - ON_ITS_WAY_MS && atMs <= toMs;

export function repeats({ links, said, receipts, logged, kills }: Facts): Repeats {
  const chats = new Map(said.map(({ name, conversation }) => [name, conversation]));
  const held = Map.groupBy(
    logged.filter(({ what }) => what === "held"),
    ({ name }) => name,
  );
  const killsIn = new Map([...new Set(chats.values())].map((conversation) => [conversation, causes(kills)]));
  const judged = [...byName(receipts)].flatMap(([name, copies]): readonly Judged[] => {
    const lines = causes(held.get(name) ?? []);
    const own = killsIn.get(chats.get(name) ?? "") ?? causes(kills);
    const isOnce = linkOf(links, name)?.isOnce === true;
    return copies.slice(1).map((copy, index) => {
      const before = copies[index] ?? copy;
      const between = { fromMs: before.atMs, toMs: copy.atMs };
      return { name, why: isOnce ? "doubled" : whyReceived(before, between, [lines, own]) };
    });
  });
  return sorted(judged);
}

type Excuses = readonly [lines: Causes<{ readonly atMs: number }>, kills: Causes<Kill>];

function whyReceived(before: Receipt, between: Window, [lines, kills]: Excuses): keyof Repeats {
  if (before.answer === "otherwise") return "byPolicy";
  if (lines.use(({ atMs }) => during(atMs, between))) return "unheard";
  return kills.use((kill) => overlaps(kill, between)) ? "byKill" : "doubled";
}

export const sameLines = (one: Part, other: Part): boolean => one.name === other.name && one.from === other.from && one.to === other.to;

export function repeatedParts({ parts, kills, repeated }: Facts): RepeatedParts {
  const unheard = Map.groupBy(
    repeated.filter(({ why }) => why === "unanswered"),
    ({ conversation }) => conversation,
  );
  const chats = [...Map.groupBy(parts, ({ conversation }) => conversation)];
  return sorted(chats.flatMap(([conversation, chat]) => judgedParts(chat, [causes(unheard.get(conversation) ?? []), causes(kills)])));
}

function judgedParts(chat: readonly Part[], [lines, kills]: Excuses): readonly Judged[] {
  return chat.flatMap((part, index): readonly Judged[] => {
    const before = chat.slice(0, index).findLast((each) => sameLines(each, part));
    if (before === undefined) return [];
    // The call before may have been with the platform for long when its caller died, and be taken afterwards.
    const between = { fromMs: before.askedAtMs, toMs: part.askedAtMs };
    return [{ name: part.name, why: whyRead(before, between, [lines, kills]) }];
  });
}

function whyRead(before: Part, between: Window, [lines, kills]: Excuses): keyof Repeats {
  if (!before.isConfirmed) return "byPolicy";
  if (lines.use(({ atMs }) => during(atMs, between))) return "unheard";
  return kills.use((kill) => overlaps(kill, between)) ? "byKill" : "doubled";
}

/** The outbox asks once more after a silence, and never a third time. */
const MAX_CALLS = 2;

/** More often at an instance, or before a person, than any rule of the edge's lets a thing go out, with one more for each kill. */
export function excessive({ links, receipts, parts, kills }: Facts): readonly string[] {
  const tries = [...byName(receipts)].flatMap(([name, copies]) =>
    copies.length > (linkOf(links, name)?.maxAttempts ?? 1) + killsIn(copies, kills) ? [`${name} received ${copies.length} times`] : [],
  );
  const own = parts.filter(({ name }) => linkOf(links, name)?.isOnce === true);
  const calls = [...Map.groupBy(own, ({ name, from, to }) => `${name} ${from}-${to}`)].flatMap(([lines, copies]) =>
    copies.length > MAX_CALLS + killsIn(copies, kills) ? [`${lines} read ${copies.length} times`] : [],
  );
  return [...tries, ...calls];
}

function killsIn(copies: readonly { readonly atMs: number; readonly askedAtMs?: number }[], kills: readonly Kill[]): number {
  const first = copies[0];
  const life = { fromMs: first?.askedAtMs ?? first?.atMs ?? 0, toMs: copies.at(-1)?.atMs ?? 0 };
  return kills.filter((kill) => overlaps(kill, life)).length;
}

/** Where the edge brings answers itself, it counts what it repeats. */
export function uncounted(facts: Facts): readonly string[] {
  const { byKill, byPolicy, unheard, doubled } = repeatedParts(facts);
  const own = [...byKill, ...byPolicy, ...unheard, ...doubled].filter((name) => linkOf(facts.links, name)?.isOnce === true).length;
  return own > facts.repeatsCounted ? [`${own} parts were read again, ${facts.repeatsCounted} were counted`] : [];
}

export const byAccount = (names: readonly Name[]): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(names, accountOf)].map(([account, all]) => [account, all.length]));
