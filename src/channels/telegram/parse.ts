/** One update to one message, or to the name of what nobody routes. Never throws, never copies a key it does not know. */
import * as z from "zod/mini";
import "../../core/english.ts";
import type { Message } from "../../core/message.ts";
import { fail, ok } from "../../core/result.ts";
import type { Parse } from "../channel.ts";
import { given } from "../given.ts";
import { type EventFacts, FOLLOW_UPS, IGNORED_TYPES, isRoutedType, type RoutedType, readers } from "./events.ts";
import { optionsOf } from "./schema.ts";

/** @see https://core.telegram.org/bots/api#update */
const envelopeSchema = z.object({ update_id: z.int().check(z.nonnegative()) });

/** Names of events go into logs and counters: few, short, and in a small alphabet. */
const MAX_NAMES = 4;
const MAX_NAME_LENGTH = 40;

export const parse: Parse = (payload, account, arrivedAtMs) => {
  const envelope = envelopeSchema.safeParse(payload);
  if (!envelope.success) return fail({ reason: "bad-shape", detail: "not an update with a safe update_id" });

  const update = payload as Readonly<Record<string, unknown>>;
  const names = Object.keys(update).filter((name) => name !== "update_id");
  const [kind, second] = names.filter(isRoutedType);
  if (kind === undefined) return ok({ messages: [], ignored: ignoredNames(names) });
  if (second !== undefined) return fail({ reason: "bad-shape", detail: `one update with two events: ${kind} and ${second}` });

  const facts = readers[kind](update[kind], optionsOf(account).username);
  if (!facts.ok) return fail({ reason: "bad-shape", detail: `${kind}: ${facts.problem}` });
  return ok({ messages: [messageOf(envelope.data.update_id, kind, facts.value, arrivedAtMs)], ignored: [] });
};

function messageOf(updateId: number, kind: RoutedType, facts: EventFacts, arrivedAtMs: number): Message {
  const sentAtMs = facts.dateSeconds === undefined || facts.dateSeconds === 0 ? undefined : facts.dateSeconds * 1000;
  return {
    id: `u${updateId}`,
    kind,
    chat: facts.chat,
    ...given("sender", facts.sender),
    text: facts.text ?? "",
    isAddressed: facts.isAddressed ?? facts.chat.kind === "direct",
    ...given("command", facts.command),
    ...given("sentAtMs", sentAtMs),
    ...given("isFollowUp", FOLLOW_UPS.has(kind) ? true : undefined),
    // What has no lifetime of its own is kept until it is delivered: Telegram's 24 hours are about its own queue.
    ...given("expiresAtMs", facts.lifetimeMs === undefined ? undefined : arrivedAtMs + facts.lifetimeMs),
    ...given("movedTo", facts.movedTo),
    ...given("movedFrom", facts.movedFrom),
  };
}

function ignoredNames(names: readonly string[]): readonly string[] {
  if (names.length === 0) return ["empty"];
  return names.slice(0, MAX_NAMES).map((name) => {
    if ((IGNORED_TYPES as readonly string[]).includes(name)) return name;
    return `unknown:${name.slice(0, MAX_NAME_LENGTH).replaceAll(/[^a-z0-9_]/g, "_")}`;
  });
}
