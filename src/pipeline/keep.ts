/**
 * The end of the journey's first half: a message is admitted, routed and committed, or ends at once with a named state. Whatever
 * ends here is counted durably before it is acknowledged, and has one log line.
 */
import type { Channel } from "../channels/channel.ts";
import { refIn } from "../config/routes.ts";
import type { Commit, CommitResult } from "../core/commit.ts";
import { messageKey } from "../core/conversation-ref.ts";
import type { Message } from "../core/message.ts";
import type { Problem } from "../core/problem.ts";
import { fail, ok, type Result } from "../core/result.ts";
import type { Conversations } from "../ports/conversations.ts";
import type { Quota } from "../ports/quota.ts";
import { type Decision, describeDecision } from "../routing/router.ts";
import { type EndPorts, ended, logDuplicate, type Origin, UNSTORED_RETRY_MS } from "./ended.ts";
import type { Snapshot } from "./snapshot.ts";

export interface KeepPorts extends EndPorts {
  readonly conversations: Conversations;
  readonly quota: Quota;
}

export interface Setting extends Origin {
  readonly channel: Channel;
  readonly snapshot: Snapshot;
}

/** A conversation that moved is followed this far; more is a loop. */
const MAX_HOPS = 3;

async function message(what: Message, setting: Setting, ports: KeepPorts): Promise<Result<void, Problem>> {
  const decision = setting.snapshot.router.route(what, setting.account);
  const refused = await overQuota(setting, decision, ports.quota);
  if (refused !== undefined) return ended({ state: "limited", outcome: `quota: ${refused}`, message: what, decision }, setting, ports);
  const committed = await commit(commitOf(what, setting, decision), setting, ports);
  if (!committed.ok) return committed;
  const result = committed.value;
  if (result.state === "duplicate") logDuplicate(what, setting, ports);
  return result.state === "full"
    ? fail({ kind: "unstored", detail: "the conversation's backlog is full", retryAfterMs: result.retryAfterMs })
    : ok(undefined);
}

/** Quotas across conversations stand before the commit: a message over them is not stored. */
async function overQuota(setting: Setting, decision: Decision, quota: Quota): Promise<string | undefined> {
  const { perAccount, perPool } = setting.snapshot.routes.document.limits;
  const rules = [
    [`account/${setting.account.id}`, perAccount[setting.account.id]],
    [`pool/${decision.pool}`, perPool[decision.pool]],
  ] as const;
  for (const [name, rule] of rules) {
    if (rule !== undefined && !(await quota.take(name, rule)).isAllowed) return name;
  }
  return undefined;
}

async function commit(
  asked: Commit,
  setting: Setting,
  ports: KeepPorts,
): Promise<Result<Exclude<CommitResult, { state: "moved" }>, Problem>> {
  let next = asked;
  for (let hop = 0; hop <= MAX_HOPS; hop += 1) {
    const result = await commitOnce(next, setting, ports);
    if (!result.ok) return result;
    if (result.value.state !== "moved") return ok(result.value);
    next = { ...next, ref: result.value.to };
  }
  return fail({ kind: "unstored", detail: `${asked.ref.key} moved in a circle`, retryAfterMs: UNSTORED_RETRY_MS });
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
  const { account, delivery, traceId, snapshot } = setting;
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
    rule: decision.rule,
    trace: describeDecision(decision),
    traceId,
    body: delivery.body as Uint8Array<ArrayBuffer>,
    contentType: delivery.headers.get("content-type") ?? "application/json",
    arrivedAtMs: delivery.arrivedAtMs,
    configNumber: snapshot.routes.number,
    limits: {
      onLimit: (perSender ?? perConversation)?.onLimit ?? "drop",
      ...(perSender === undefined ? {} : { perSender }),
      ...(perConversation === undefined ? {} : { perConversation }),
    },
    ...(what.sender === undefined ? {} : { senderId: what.sender.id }),
    ...(what.expiresAtMs === undefined ? {} : { expiresAtMs: what.expiresAtMs }),
    ...moved,
  };
}

const rejected = (problem: Extract<Problem, { kind: "rejected" }>, origin: Origin, ports: KeepPorts): Promise<Result<void, Problem>> =>
  ended({ state: "rejected", outcome: `rejected:${problem.reason}` }, origin, ports);

const ignored = (name: string, origin: Origin, ports: KeepPorts): Promise<Result<void, Problem>> =>
  ended({ state: "ignored", outcome: name }, origin, ports);

export const keep = { message, rejected, ignored };
