/** What can only be said when faults are over and time has run on: everything has settled, in exactly one way that the rules allow. */
import type { MessageRow } from "./conversation-rows.ts";
import type { Shown } from "./ledger-facts.ts";
import { isExpiredWrongly, isLimitedWrongly, poisonMsOf } from "./reasons.ts";
import { accountOf, named, type World } from "./world.ts";

/** Reasons for which a message may be a dead letter; everything else is a loss. */
const REASONS = ["poison", "ambiguous", "refused", "model-failed", "cut-off", "undelivered", "unconfirmed", "outside the window"] as const;
const TERMINAL = new Set(["delivered", "answered", "dead", "limited", "expired"]);

/** Nothing is on its way any more. */
export function isSettled(world: World): boolean {
  if (world.ledger.acks.length < world.plan.writings.length) return false;
  for (const { rows } of world.conversations.values()) if (rows.isOpen) return false;
  for (const { rows } of world.bots.values()) if (rows.size > 0) return false;
  return true;
}

export function judge(world: World): string | undefined {
  return (
    world.ledger.fault ??
    world.promises.broken() ??
    unsettled(world) ??
    lost(world) ??
    first(world, (name, row) => wrongEnd(world, name, row))
  );
}

function unsettled(world: World): string | undefined {
  if (world.ledger.acks.length < world.plan.writings.length) return "a message was never acknowledged";
  for (const { name, rows } of world.conversations.values()) {
    for (const { entry, state } of rows.messages.values()) if (!TERMINAL.has(state)) return `${name} #${entry.seq} is ${state} for ever`;
  }
  for (const { name, rows } of world.bots.values()) if (rows.size > 0) return `${name} keeps ${[...rows.keys()].join(", ")} for ever`;
  return undefined;
}

function lost(world: World): string | undefined {
  for (const { id, account, conversation } of world.ledger.acks) {
    const rows = [...named(world.conversations, conversation).rows.messages.values()];
    const kept = rows.filter(({ entry }) => entry.account === account && entry.messageId === id && !entry.isReplay);
    if (kept.length === 0) return `${account} ${id} was acknowledged and is lost`;
    if (kept.length > 1) return `${account} ${id} is kept twice`;
  }
  return undefined;
}

function first(world: World, wrong: (name: string, row: MessageRow) => string | undefined): string | undefined {
  for (const { name, rows } of world.conversations.values()) {
    for (const row of rows.messages.values()) {
      const found = wrong(name, row);
      if (found !== undefined) return `${name} #${row.entry.seq} ${found}`;
    }
  }
  return undefined;
}

function wrongEnd(world: World, name: string, row: MessageRow): string | undefined {
  switch (row.state) {
    case "delivered":
      return wrongDelivery(world, row);
    case "answered":
      return wrongAnswer(world, row);
    case "dead":
      return wrongDeath(world, name, row);
    case "limited":
    case "expired":
      if (hasRun(world, name, row)) return `is ${row.state} and has been run`;
      return isOverWrongly(world, name, row) ? `is ${row.state} without a reason` : undefined;
    default:
      return undefined;
  }
}

function wrongDelivery(world: World, { entry, instance }: MessageRow): string | undefined {
  const runs = world.ledger.runs.get(`${entry.account}/${entry.messageId}`) ?? [];
  return runs.some(({ gateway }) => gateway === instance) ? undefined : `is delivered to ${instance}, which never had it`;
}

function isOverWrongly(world: World, name: string, row: MessageRow): boolean {
  const conversation = named(world.conversations, name);
  return row.state === "limited" ? isLimitedWrongly(world, conversation, row) : isExpiredWrongly(world, conversation, row);
}

const hasRun = ({ ledger }: World, name: string, { entry }: MessageRow): boolean =>
  ledger.runs.has(`${entry.account}/${entry.messageId}`) || ledger.turns.has(`${name} #${entry.seq}`);

const answerTo = (world: World, { entry }: MessageRow): Shown | undefined => world.ledger.answers.get(`${entry.key}#${entry.seq}`);

function wrongAnswer(world: World, row: MessageRow): string | undefined {
  if (row.outcome === "empty") return undefined;
  const answer = answerTo(world, row);
  if (answer === undefined || (row.outcome !== "template" && answer.copies.includes(0)))
    return "is answered, and part of the answer was never shown";
  const doubled = answer.copies.reduce((sum, copies, part) => sum + Math.max(0, copies - (answer.vanished[part] ?? 0) - 1), 0);
  const repeats = world.ledger.repeats.get(`${row.entry.key}#${row.entry.seq}`) ?? 0;
  if (doubled > repeats) return `has ${doubled} parts shown twice and tells of ${repeats}`;
  const deaths = world.bots.get(row.entry.account)?.deaths ?? 0;
  const vanished = answer.vanished.reduce((sum, count) => sum + count, 0);
  return repeats > deaths + answer.excuses + vanished ? `has ${repeats} repeated parts and ${deaths} crashes to blame` : undefined;
}

function wrongDeath(world: World, name: string, row: MessageRow): string | undefined {
  const outcome = row.outcome ?? "";
  if (!REASONS.some((reason) => outcome.startsWith(reason))) return `is dead without a reason: ${outcome}`;
  if (answerTo(world, row) !== undefined && isOfDelivery(outcome)) return `is dead (${outcome}), and an agent's answer to it was kept`;
  const isTurn = accountOf(world, row.entry.account).link === "chat";
  if (outcome.startsWith("ambiguous") && !world.ledger.tried.isDoubted(`${name} #${row.entry.seq}`))
    return "is ambiguous, and nobody had it or could have";
  const poison = outcome.startsWith("poison") ? wrongPoison(world, name, row) : undefined;
  if (poison !== undefined) return poison;
  if (outcome.startsWith("ambiguous") && !isTurn && world.ledger.mayRepeat(row.entry))
    return `is ambiguous in a pool that resends, ${name}`;
  return undefined;
}

/** One at which the edge itself dies may have reached nobody. */
function wrongPoison(world: World, name: string, row: MessageRow): string | undefined {
  const { tried } = world.ledger;
  const message = `${name} #${row.entry.seq}`;
  const reached = tried.reached(message);
  if (reached >= 12 || (isLong(world, row) && (reached >= 6 || tried.lost(message) >= 12))) return undefined;
  return `is poison after ${reached} attempts that reached an instance`;
}

const isOfDelivery = (outcome: string): boolean =>
  outcome.startsWith("ambiguous") || outcome.startsWith("poison") || outcome.startsWith("cut-off");

/** By the object's clock, which may have jumped. */
const isLong = ({ plan }: World, { entry, endedAtMs = 0 }: MessageRow): boolean =>
  endedAtMs - (entry.firstReachedAtMs ?? endedAtMs) >= poisonMsOf(plan, entry);
