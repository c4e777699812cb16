/** Every fault point there is, by name, and how often it may be passed before it fires: often where traffic passes it all the time. */

export const POINTS = [
  "inMigration",
  "beforeAlarm",
  "conversation.beforeCommit",
  "conversation.afterCommit",
  "conversation.afterEffects",
  "conversation.beforeSend",
  "conversation.afterResponse",
  "conversation.beforeMark",
  "conversation.replyKept",
  "bot.beforeCommit",
  "bot.afterCommit",
  "bot.beforeSend",
  "bot.afterResponse",
  "bot.beforeMark",
  "bot.beforeTell",
  "bot.afterTold",
  "instance.beforeSave",
  "instance.beforeCommit",
  "instance.afterCommit",
  "instance.beforeMark",
  "instance.afterMark",
] as const;

export type Point = (typeof POINTS)[number];

/** A step, a row or an alarm is there at every turn; what needs a hand-over that ended, or an answer, comes after a kill in seconds only. */
const BUSY: ReadonlySet<string> = new Set([
  "beforeAlarm",
  "conversation.beforeCommit",
  "conversation.afterCommit",
  "conversation.afterEffects",
  "conversation.beforeSend",
]);
const RARE: ReadonlySet<string> = new Set(["bot.afterResponse", "bot.beforeMark"]);

/** Drawn anew for every kill; up to this. */
export const passingsOf = (point: Point): number => {
  if (RARE.has(point) || point.startsWith("instance.")) return 1;
  return BUSY.has(point) ? 20 : 3;
};
