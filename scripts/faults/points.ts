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

const RARE: ReadonlySet<string> = new Set(["instance.beforeSave"]);

/** Drawn anew for every kill; up to this. */
export const passingsOf = (point: Point): number => {
  if (RARE.has(point)) return 1;
  return point.startsWith("conversation.before") || point.startsWith("conversation.after") || point === "beforeAlarm" ? 20 : 4;
};
