/**
 * The journey of one call of an instance to its platform: token -> class -> turn -> held, conflict or ownership -> forward or
 * pretend. A question for updates of an instance that polls goes to its outbox instead, and asks nobody on the way.
 * It decides and never sends; `workers/egress/` reads the body, forwards and answers.
 */
import type { CallHead, Egress, EgressCall, EgressTarget, WireAnswer } from "../channels/egress.ts";
import type { PollCall, Polling } from "../channels/polling.ts";
import type { ConversationRef } from "../core/conversation-ref.ts";
import { claimedGeneration } from "../core/edge-token.ts";
import { fail, ok, type Result } from "../core/result.ts";
import type { Clock } from "../ports/clock.ts";
import type { Conversations } from "../ports/conversations.ts";
import type { Log } from "../ports/log.ts";
import type { Outbound, PermitVerdict } from "../ports/outbound.ts";
import type { Secrets } from "../ports/secrets.ts";
import { type Caller, type Claim, identify } from "./egress-caller.ts";
import { askOwnership, type SpokenCall } from "./egress-ownership.ts";
import type { RoutesSource } from "./snapshot.ts";

export interface EgressRequest extends Claim {
  readonly egress: Egress;
  /** Reads no more of the body than it must; called only for a genuine token. */
  readonly readHead: () => Promise<CallHead>;
}

export interface EgressPorts {
  readonly routes: RoutesSource;
  readonly secrets: Secrets;
  readonly conversations: Conversations;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Forward {
  readonly kind: "forward";
  readonly caller: Caller;
  readonly call: EgressCall;
  readonly target: Pick<EgressTarget, "kind" | "path">;
  readonly waitMs: number;
  /** Where it was allowed to speak, when it had to ask. */
  readonly spoken?: { readonly ref: ConversationRef; readonly epoch: number };
}

export interface Answered {
  readonly kind: "answered";
  readonly answer: WireAnswer;
  readonly retryAfterMs?: number;
}

/** For the instance's outbox, which judges the token's generation itself. */
export interface Poll {
  readonly kind: "poll";
  readonly caller: Caller;
  readonly asks: PollCall;
}

export type EgressDecision = Forward | Answered | Poll;

/** Short: configuration is read again within seconds. */
const UNCONFIGURED_RETRY_MS = 5_000;

/** What a newer configuration may mend. A client that is told 401 once may never ask again. */
const PASSING: ReadonlySet<string> = new Set(["unconfigured", "unlinked"]);

/** The same, where nothing can be checked: only for a token that has the shape of ours. */
const PERHAPS_PASSING: ReadonlySet<string> = new Set(["unknown-account", "no-secret"]);

export async function decideEgress(request: EgressRequest, ports: EgressPorts): Promise<EgressDecision> {
  const { egress } = request;
  const caller = await identify(request, { ...ports, tokenPrefix: egress.tokenPrefix });
  if (!caller.ok) return refuseCaller(request, caller.problem, ports);

  const read = await readCall(request, caller.value.link === "poll" ? egress.polling : undefined);
  if (!read.ok) return refused(egress, 400, `Bad Request: ${read.problem.detail}`);
  const { call, asks } = read.value;
  if (asks !== undefined) return { kind: "poll", caller: caller.value, asks };

  return decideCall(request, { caller: caller.value, call }, ports);
}

async function decideCall(
  request: EgressRequest,
  { caller, call }: { readonly caller: Caller; readonly call: EgressCall },
  ports: EgressPorts,
): Promise<EgressDecision> {
  const { egress } = request;
  const permit = await ports.outbound.permit(caller.account.id, permitRequest(caller, call, egress));
  if (permit.verdict === "revoked") return refuseCaller(request, "revoked", ports);
  if (permit.verdict === "later") return refusedFor(egress, permit.retryAfterMs);

  if (call.class === "bot-change") return held(request, call, permit, ports);
  if (call.class === "poll") return refused(egress, 409, egress.entry?.pollConflict ?? "Conflict");

  // Ownership is asked after the wait: it must hold when the words leave, not when they joined the queue.
  if (permit.waitMs > 0) await ports.clock.sleep(permit.waitMs);
  const forward: Forward = { kind: "forward", caller, call, target: targetOf(request, call), waitMs: permit.waitMs };
  if (!asksOwnership(call)) return forward;

  const spoken = await askOwnership(caller, { call, threads: permit.threads ?? [] }, ports.conversations);
  if (spoken === undefined) return refused(egress, 502, "Bad Gateway");
  const { ref, verdict } = spoken;
  if (verdict.verdict !== "suppressed") return { ...forward, spoken: { ref, epoch: verdict.epoch } };
  return suppress({ request, call, ref, owner: verdict.owner, serial: permit.serial }, ports);
}

interface ReadCall {
  readonly call: EgressCall;
  /** Set for what only the outbox of an instance that polls can answer. */
  readonly asks?: PollCall | undefined;
}

async function readCall(
  { target, egress, readHead }: EgressRequest,
  polling: Polling | undefined,
): Promise<Result<ReadCall, { readonly detail: string }>> {
  if (target.kind === "file") return ok({ call: { method: "file", class: "query" } });
  const head = await readHead();
  const call = egress.readCall(head);
  if (!call.ok) return call;
  if (call.value.class === "send" && call.value.chat === undefined) return fail({ detail: "the call names no chat" });
  const asks = polling?.read(head);
  if (asks?.ok === false) return asks;
  return ok({ call: call.value, asks: asks?.value });
}

/** What was classified is what is called, in the platform's spelling. */
const targetOf = (request: EgressRequest, call: EgressCall): Forward["target"] =>
  request.target.kind === "file" ? request.target : { kind: "method", path: call.method };

const speaks = (call: EgressCall): boolean => call.class === "send" || call.class === "edit";

/** An edit without a chat changes what a person posted through the bot elsewhere (inline): no conversation of ours. */
const asksOwnership = (call: EgressCall): call is SpokenCall => speaks(call) && call.chat !== undefined;

/** Reading and presence wait for the bot's turn only; a file is not counted by the platform at all. */
function permitRequest(caller: Caller, call: EgressCall, egress: Egress) {
  const isPaced = call.class !== "bot-change" && call.class !== "poll" && call.method !== "file";
  const { bot, chat } = egress.pace(call.chat);
  const pace = { bot, ...(chat === undefined || !speaks(call) ? {} : { chat }) };
  return {
    instance: caller.instance,
    generation: caller.generation,
    class: call.class,
    ...(call.chat === undefined ? {} : { chat: call.chat }),
    ...(isPaced ? { pace } : {}),
  };
}

type Go = Extract<PermitVerdict, { verdict: "go" }>;

/** The bot itself is the operator's: the instance believes that it was changed, and nothing was. */
function held(request: EgressRequest, call: EgressCall, permit: Go, { clock, log }: EgressPorts): Answered {
  log.write({ level: "info", event: "egress.held", account: request.account, instance: request.instance, method: call.method });
  return { kind: "answered", answer: request.egress.pretend(call, { nowMs: clock.nowMs(), serial: permit.serial }) };
}

interface Suppression {
  readonly request: EgressRequest;
  readonly call: SpokenCall;
  readonly ref: ConversationRef;
  readonly owner: string | undefined;
  readonly serial: number;
}

/** A refusal would make a stock gateway apologise to the person later, so the silenced instance is told that all went well. */
async function suppress({ request, call, ref, owner, serial }: Suppression, ports: EgressPorts): Promise<Answered> {
  const { account, instance, egress } = request;
  ports.log.write({ level: "warn", event: "egress.suppressed", account, conversation: ref.key, instance, owner, method: call.method });
  try {
    await ports.outbound.suppressed(account, { instance, chat: call.chat });
  } catch (error) {
    ports.log.write({ level: "warn", event: "egress.uncounted", account, instance, reason: String(error) });
  }
  return { kind: "answered", answer: egress.pretend(call, { nowMs: ports.clock.nowMs(), serial }) };
}

export function refuseCaller(
  request: Pick<EgressRequest, "account" | "instance" | "egress"> & Partial<Pick<EgressRequest, "target">>,
  reason: string,
  { log }: Pick<EgressPorts, "log">,
): Answered {
  log.write({ level: "warn", event: "egress.rejected", account: request.account, instance: request.instance, reason });
  if (!isPassing(reason, request.target?.token)) return refused(request.egress, 401, "Unauthorized");
  return { ...refused(request.egress, 503, "Service Unavailable"), retryAfterMs: UNCONFIGURED_RETRY_MS };
}

const isPassing = (reason: string, token = ""): boolean =>
  PASSING.has(reason) || (PERHAPS_PASSING.has(reason) && claimedGeneration(token) !== undefined);

const refused = (egress: Egress, status: number, description: string): Answered => ({
  kind: "answered",
  answer: egress.refuse(status, description),
});

/** Whole seconds, upwards: the platforms' `retry_after` has no finer unit. */
function refusedFor(egress: Egress, retryAfterMs: number): Answered {
  const description = `Too Many Requests: retry after ${Math.ceil(retryAfterMs / 1000)}`;
  return { kind: "answered", answer: egress.refuse(429, description, retryAfterMs), retryAfterMs };
}
