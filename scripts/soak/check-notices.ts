/** What the edge said by itself, and how often it took a conversation's history away: each notice once, each move with its rest. Pure. */
import { type Ended, type Facts, type Move, type Name, overlaps, type Told } from "./facts.ts";

/** A notice waits its turn with whatever else the bot says, and a line of the log may be a moment late. */
const PACED_MS = 30_000;
const LATE_MS = 1_000;

/** Told of a wait again, and since then nothing was delivered and something waited all the time: an outage is told once. */
export function overtold({ told, ended }: Facts): readonly string[] {
  const ends = Map.groupBy(ended, ({ conversation }) => conversation);
  return chatsTold(told, "held")
    .flatMap(([conversation, notices]) => {
      const all = ends.get(conversation) ?? [];
      const left = all
        .filter((end) => end.state !== "dead" || isLast(end, all))
        .map(({ endedAtMs }) => endedAtMs)
        .toSorted((one, other) => one - other);
      return notices.slice(1).filter(({ atMs }, index) => {
        const before = (notices[index]?.atMs ?? 0) - PACED_MS;
        return !takeFirst(left, (endedAtMs) => endedAtMs > before && endedAtMs <= atMs);
      });
    })
    .map(spell);
}

/** Nothing waited any more when it had ended. */
const isLast = ({ endedAtMs }: Ended, all: readonly Ended[]): boolean =>
  !all.some((other) => other.arrivedAtMs <= endedAtMs && other.endedAtMs > endedAtMs);

/** Told of a move that the log does not know, or told twice of one; a kill may have swallowed one line. */
export function overmoved({ told, moves, kills }: Facts): readonly string[] {
  const logged = Map.groupBy(moves, ({ conversation }) => conversation);
  return chatsTold(told, "moved")
    .flatMap(([conversation, notices]) => {
      const [lines, swallowers] = [[...(logged.get(conversation) ?? [])], [...kills]];
      return notices.filter(({ atMs }) => {
        const recent = { fromMs: atMs - PACED_MS, toMs: atMs };
        return !takeFirst(lines, (line) => line.atMs <= atMs + LATE_MS) && !takeFirst(swallowers, (kill) => overlaps(kill, recent));
      });
    })
    .map(spell);
}

const chatsTold = (told: readonly Told[], notice: Told["notice"]): readonly (readonly [string, readonly Told[]])[] => [
  ...Map.groupBy(
    told.filter((one) => one.notice === notice),
    ({ conversation }) => conversation,
  ),
];

const spell = ({ notice, conversation, atMs }: Told): string => `${notice} in ${conversation} at ${new Date(atMs).toISOString()}`;

function takeFirst<T>(all: T[], fits: (each: T) => boolean): boolean {
  const at = all.findIndex(fits);
  if (at >= 0) all.splice(at, 1);
  return at >= 0;
}

/** Whoever lost their history does not lose it again so soon. */
const REST_MS = 60_000;

/** Moves away from an instance that had answered, twice within a minute. */
export function restless(facts: Facts): readonly string[] {
  const used = usesOf(facts);
  // Who was left and found again had the same history all the time.
  const away = facts.moves.filter(({ from, to }) => from !== to);
  return [...Map.groupBy(away, ({ conversation }) => conversation)].flatMap(([conversation, moves]) => {
    const costly = moves.filter((move, index) => used(move, moves[index - 1]?.atMs ?? 0));
    return costly.slice(1).flatMap((move, index) => {
      const sinceMs = move.atMs - (costly[index]?.atMs ?? 0);
      return sinceMs < REST_MS - LATE_MS ? [`${conversation} from ${move.from} to ${move.to} after ${sinceMs} ms`] : [];
    });
  });
}

/** Whoever has no history to lose may move at once, but where everybody is out it waits like the others: its retries are seconds apart. */
const MAX_PER_MINUTE = 30;

/** Conversations that went to and fro. */
export function swaying({ moves }: Facts): readonly string[] {
  return [...Map.groupBy(moves, ({ conversation }) => conversation)].flatMap(([conversation, own]) => {
    const most = Math.max(...own.map((move, index) => own.slice(index).filter(({ atMs }) => atMs - move.atMs < REST_MS).length));
    return most > MAX_PER_MINUTE ? [`${conversation} ${most} times within a minute`] : [];
  });
}

/** Whether the instance that a move left had taken something of the conversation since the move before. */
function usesOf({ ended, receipts }: Facts): (move: Move, sinceMs: number) => boolean {
  const homes = new Map<Name, string>(receipts.map(({ name, instance }) => [name, instance]));
  const chats = Map.groupBy(
    ended.filter(({ state }) => state !== "dead"),
    ({ conversation }) => conversation,
  );
  return ({ conversation, from, atMs }, sinceMs) =>
    chats.get(conversation)?.some((end: Ended) => homes.get(end.name) === from && end.endedAtMs > sinceMs && end.endedAtMs <= atMs) ===
    true;
}
