/**
 * The end of the journey's first half: a message is admitted, routed and committed, or ends at once with a named state. Whatever
 * ends here is counted durably before it is acknowledged, and has one log line.
 */
import type { Channel } from "../channels/channel.ts";
import { complexityOf } from "../classify/complexity.ts";
import { type Routes, refIn } from "../config/routes.ts";
import { utf8 } from "../core/bytes.ts";
import type { Commit, CommitResult } from "../core/commit.ts";
import { type ConversationRef, messageKey, refName } from "../core/conversation-ref.ts";
import type { Delivery } from "../core/delivery.ts";
import type { DeliveryStatus } from "../core/delivery-status.ts";
import type { ChatMove, Message } from "../core/message.ts";
import type { Problem } from "../core/problem.ts";
import { fail, ok, type Result } from "../core/result.ts";
import { TURN_CONTENT_TYPE } from "../core/turn.ts";
import type { Bots } from "../ports/bots.ts";
import type { Conversations } from "../ports/conversations.ts";
import type { Quota } from "../ports/quota.ts";
import { DEFAULT_RULE, type Decision, describeDecision } from "../routing/router.ts";
import { type EndPorts, ended, logDuplicate, type Origin, UNSTORED_RETRY_MS } from "./ended.ts";
import { routed, type SecondOpinions } from "./second-opinion.ts";
import type { Snapshot } from "./snapshot.ts";

export interface KeepPorts extends EndPorts {
  readonly conversations: Conversations;
  readonly quota: Quota;
  readonly bots: Pick<Bots, "statuses">;
  readonly opinions?: SecondOpinions | undefined;
}

export interface Setting extends Origin {
  readonly channel: Channel;
  readonly snapshot: Snapshot;
}

/** A conversation that moved is followed this far; more is a loop. */
const MAX_HOPS = 3;

async function message(what: Message, setting: Setting, ports: KeepPorts): Promise<Result<void, Problem>> {
  const decision = await routed(what, setting, ports.opinions);
  if (decision.isOverheard && isDeafTo(setting)) return ignored("overheard", setting, ports);
  const asked = commitOf(what, setting, decision);
  const refusal = await quotaRefusal(setting, decision, ports.quota);
  if (refusal !== undefined) return refuse({ what, decision, asked, refusal }, setting, ports);
  await bringPins(what, asked.ref, setting, ports);
  const committed = await commit(asked, setting, ports);
  if (!committed.ok) return committed;
  const result = committed.value;
  if (result.state === "duplicate") logDuplicate(what, setting, ports);
  return result.state === "full"
    ? fail({ kind: "unstored", detail: "the conversation's backlog is full", retryAfterMs: result.retryAfterMs })
    : ok(undefined);
}

/** Where instances hear a group themselves, they know when to keep quiet; where the edge asks for them, every word would be answered. */
const isDeafTo = ({ channel, account }: Setting): boolean => channel.hearsGroups !== undefined && !channel.hearsGroups(account);

interface Refusal {
  readonly quota: string;
  readonly retryAfterMs: number;
  /** The backend did not say so: it could not be asked. */
  readonly isUnknown: boolean;
}

/** Quotas across conversations stand before the commit: a message over them is not stored. */
async function quotaRefusal(setting: Setting, decision: Decision, quota: Quota): Promise<Refusal | undefined> {
  const { perAccount, perPool } = setting.snapshot.routes.document.limits;
  const rules = [
    [`account/${setting.account.id}`, perAccount[setting.account.id]],
    [`pool/${decision.pool}`, perPool[decision.pool]],
  ] as const;
  for (const [name, rule] of rules) {
    const verdict = rule === undefined ? undefined : await quota.take(name, rule);
    if (verdict?.isAllowed === false) return { quota: name, retryAfterMs: verdict.retryAfterMs, isUnknown: verdict.isUnknown === true };
  }
  return undefined;
}

interface Refused {
  readonly what: Message;
  readonly decision: Decision;
  readonly asked: Commit;
  readonly refusal: Refusal;
}

/** A platform repeats what it got no answer for: a repeat has its first copy's state, and gets no second one here. */
async function refuse({ what, decision, asked, refusal }: Refused, setting: Setting, ports: KeepPorts): Promise<Result<void, Problem>> {
  try {
    if (await ports.conversations.knows(asked.ref, asked.key)) {
      logDuplicate(what, setting, ports);
      return ok(undefined);
    }
    if (refusal.isUnknown) {
      return fail({ kind: "unstored", detail: `quota ${refusal.quota} cannot be asked`, retryAfterMs: refusal.retryAfterMs });
    }
    // The platform says it once, whether or not there is room for the message that says it.
    if (asked.movedTo !== undefined) await ports.conversations.move(asked.ref, asked.movedTo);
  } catch (error) {
    return fail({ kind: "unstored", detail: String(error), retryAfterMs: UNSTORED_RETRY_MS });
  }
  const outcome = `quota: ${refusal.quota}`;
  return ended({ state: "limited", outcome, message: what, decision, conversation: asked.ref.key }, setting, ports);
}

/**
 * The old chat tells the same story to its own conversation, on another connection: whichever comes first, the pins are here
 * before this message needs one. When they cannot be had the message goes on without them.
 */
async function bringPins(what: Message, ref: ConversationRef, setting: Setting, ports: KeepPorts): Promise<void> {
  if (what.movedFrom === undefined) return;
  const old = refIn(setting.snapshot.routes, setting.account, what.movedFrom);
  if (refName(old) === refName(ref)) return;
  try {
    await ports.conversations.move(old, ref);
  } catch (error) {
    const facts = { account: setting.account.id, conversation: old.key, to: ref.key, reason: String(error) };
    ports.log.write({ level: "warn", event: "conversation.unmoved", ...facts });
  }
}

/** A chat that moved without a message of its own: its pins are over there before anybody writes. */
async function move(what: ChatMove, setting: Setting, ports: KeepPorts): Promise<Result<void, Problem>> {
  const { account, snapshot } = setting;
  const [from, to] = [refIn(snapshot.routes, account, what.from), refIn(snapshot.routes, account, what.to)];
  if (refName(from) === refName(to)) return ok(undefined);
  try {
    await ports.conversations.move(from, to);
    return ok(undefined);
  } catch (error) {
    return fail({ kind: "unstored", detail: String(error), retryAfterMs: UNSTORED_RETRY_MS });
  }
}

async function statuses(what: readonly DeliveryStatus[], { account }: Setting, ports: KeepPorts): Promise<Result<void, Problem>> {
  try {
    await ports.bots.statuses(account.id, what);
    return ok(undefined);
  } catch (error) {
    return fail({ kind: "unstored", detail: String(error), retryAfterMs: UNSTORED_RETRY_MS });
  }
}

async function commit(
  asked: Commit,
  setting: Setting,
  ports: KeepPorts,
): Promise<Result<Exclude<CommitResult, { state: "moved" | "continues" }>, Problem>> {
  let next = asked;
  for (let hop = 0; hop <= MAX_HOPS; hop += 1) {
    const result = await commitOnce(next, setting, ports);
    if (!result.ok) return result;
    if (result.value.state === "moved") next = { ...next, ref: result.value.to };
    else if (result.value.state !== "continues") return ok(result.value);
    else {
      const begun = await continued(next, ports);
      if (!begun.ok) return begun;
      next = begun.value;
    }
  }
  return fail({ kind: "unstored", detail: `${asked.ref.key} moved in a circle`, retryAfterMs: UNSTORED_RETRY_MS });
}

/** Operators give a number to somebody else after a month and a half or more: what is older than that is nobody's to continue. */
const CONTINUES_MS = 45 * 86_400_000;

/** Asked for once in a conversation's life, and before its first word: without an answer the platform keeps the message for us. */
async function continued({ continues, ...asked }: Commit, ports: KeepPorts): Promise<Result<Commit, Problem>> {
  try {
    if (continues !== undefined) await ports.conversations.move(continues, asked.ref, CONTINUES_MS);
    return ok(asked);
  } catch (error) {
    return fail({ kind: "unstored", detail: String(error), retryAfterMs: UNSTORED_RETRY_MS });
  }
}

/** One retry of our own where the platform says that it may help; an overloaded object is never asked twice. */
async function commitOnce(asked: Commit, setting: Setting, ports: KeepPorts): Promise<Result<CommitResult, Problem>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return ok(await ports.conversations.commit(asked, setting.account.region));
    } catch (error) {
      const { retryable, overloaded } = error as { readonly retryable?: boolean; readonly overloaded?: boolean };
      if (attempt === 1 && retryable === true && overloaded !== true) continue;
      return fail({ kind: "unstored", detail: String(error), retryAfterMs: UNSTORED_RETRY_MS });
    }
  }
}

function commitOf(what: Message, setting: Setting, decision: Decision): Commit {
  const { account, traceId, snapshot } = setting;
  const { perSender, perConversation } = snapshot.routes.document.limits;
  const moved = what.movedTo === undefined ? {} : { movedTo: refIn(snapshot.routes, account, what.movedTo) };
  return {
    ref: refIn(snapshot.routes, account, what.chat, what.sender?.id),
    account: account.id,
    key: messageKey(account.id, what.id),
    messageId: what.id,
    kind: what.kind,
    chat: what.chat,
    pool: decision.pool,
    keepsPool: decision.keepsPool,
    isOverheard: decision.isOverheard,
    rule: decision.rule,
    trace: describeDecision(decision),
    traceId,
    ...(decision.keepsPool && decision.rule !== DEFAULT_RULE ? { isTieBreak: true } : {}),
    ...complexityIn(what, decision, snapshot.routes.pools),
    ...contentOf(what, setting.delivery),
    arrivedAtMs: setting.delivery.arrivedAtMs,
    configNumber: snapshot.routes.number,
    limits: {
      ...(perSender === undefined ? {} : { perSender }),
      ...(perConversation === undefined ? {} : { perConversation }),
    },
    ...(what.sender === undefined ? {} : { senderId: what.sender.id }),
    ...(what.expiresAtMs === undefined ? {} : { expiresAtMs: what.expiresAtMs }),
    ...moved,
    ...continuesOf(what, setting),
  };
}

/** Of those that stay where they are only their conversation knows where that is. */
function complexityIn({ text }: Message, { pool, keepsPool }: Decision, pools: Routes["pools"]): Pick<Commit, "isComplex"> {
  const possible = keepsPool ? [...pools.values()] : [pools.get(pool)];
  return possible.some((one) => one?.tiers !== undefined) && complexityOf(text) === "complex" ? { isComplex: true } : {};
}

/** The platform's bytes, or the turn in their place where no instance could read them. */
function contentOf({ turn, sender }: Message, { body, headers }: Delivery): Pick<Commit, "body" | "contentType"> {
  if (turn !== undefined) return { body: utf8(JSON.stringify({ ...turn, language: sender?.language })), contentType: TURN_CONTENT_TYPE };
  return { body: body as Uint8Array<ArrayBuffer>, contentType: headers.get("content-type") ?? "application/json" };
}

function continuesOf(what: Message, { account, snapshot }: Setting): { readonly continues?: ConversationRef } {
  if (what.formerly === undefined) return {};
  const continues = refIn(snapshot.routes, account, what.formerly);
  return refName(continues) === refName(refIn(snapshot.routes, account, what.chat, what.sender?.id)) ? {} : { continues };
}

const rejected = (problem: Extract<Problem, { kind: "rejected" }>, origin: Origin, ports: KeepPorts): Promise<Result<void, Problem>> =>
  ended({ state: "rejected", outcome: `rejected:${problem.reason}` }, origin, ports);

const ignored = (name: string, origin: Origin, ports: KeepPorts): Promise<Result<void, Problem>> =>
  ended({ state: "ignored", outcome: name }, origin, ports);

export const keep = { message, move, statuses, rejected, ignored };
