/**
 * What a conversation remembers for its next owner, and how that one is told: encrypted rows, and one turn without tools. Both are
 * beside delivery: whatever fails here is logged, and the message goes its way.
 */
import type { Routes } from "../../src/config/routes.ts";
import type { HandoverConfig } from "../../src/config/schema.ts";
import { bytesOfHex, textOf, utf8 } from "../../src/core/bytes.ts";
import type { Outcome, OutcomeKind } from "../../src/core/outcome.ts";
import { NONCE_BYTES, seal, sealingKey, unseal } from "../../src/core/sealed.ts";
import { TURN_CONTENT_TYPE } from "../../src/core/turn.ts";
import { noteOf, type Said } from "../../src/links/chat/note.ts";
import { turnOf } from "../../src/links/chat/turn.ts";
import { plainName } from "../../src/links/chat/words.ts";
import { handOver } from "../../src/pipeline/deliver.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Env } from "../env.ts";
import { pollsOf } from "../instance/stub.ts";
import { instanceHttp } from "../instance-http.ts";
import { mediaOf } from "../media.ts";
import { ObjectClock } from "../object-clock.ts";
import { envSecrets, jsonLog, systemClock, webDice } from "../runtime.ts";
import { permitsOf } from "../shard/stub.ts";
import { leftMs } from "./briefing.ts";
import type { Conversation } from "./durable-object.ts";
import type { SaidRow, SaidRows } from "./said-rows.ts";
import type { Effect, Entry } from "./state.ts";

const HOUR_MS = 3_600_000;
/** Of one message, in characters. */
const MAX_LENGTH = 4000;
/** The agent had the words, whatever came of them. */
const HEARD: ReadonlySet<OutcomeKind> = new Set(["accepted", "unknown", "model-failed", "cut-off"]);
/** It may have begun the turn, and go on with it. */
const BROKEN_OFF: ReadonlySet<OutcomeKind> = new Set(["unknown", "cut-off"]);
const PERMIT_WAIT_MS = 1000;
/** Before a new owner that is busy, or not there, is asked again, whatever it says: the message waits meanwhile. */
const LEAST_WAIT_MS = 500;
const MOST_WAIT_MS = 2000;

const sinceMs = ({ keepHours }: HandoverConfig, nowMs: number): number => nowMs - keepHours * HOUR_MS;

/** A key that is not set, or is none, is said once: every message would say it again. */
const complained = new Set<string>();

async function keyOf(env: Env, { key: variable }: HandoverConfig): Promise<CryptoKey | undefined> {
  const secret = envSecrets(env).get(variable);
  const key = secret === undefined ? undefined : await sealingKey(secret);
  if (key === undefined && !complained.has(variable)) {
    complained.add(variable);
    jsonLog.write({ level: "error", event: "handover.no-key", detail: `the variable ${variable} is not 32 bytes in base64` });
  }
  return key;
}

/** A row opens in its own place only. */
const placeOf = (object: Conversation, seq: number, who: number) => utf8(`${object.ref.key}/${seq}/${who}`);

export interface Heard {
  readonly entry: Entry;
  readonly outcome: Outcome;
  readonly routes: Routes;
}

/** Before the outcome is stored: at worst an answer is remembered that nobody was given. */
export async function remember(object: Conversation, env: Env, { entry, outcome, routes }: Heard): Promise<void> {
  const rules = routes.pools.get(entry.pool)?.handover;
  if (rules === undefined || !HEARD.has(outcome.kind)) return;
  try {
    const key = await keyOf(env, rules);
    if (key === undefined) return;
    const texts = [wordsOf(object, entry), outcome.answer?.text ?? ""];
    const rows = await Promise.all(texts.map((text, who) => rowOf(object, key, { seq: entry.seq, who, text })));
    object.storage.said.keep(entry.pool, rows.flat(), rules.messages);
  } catch (error) {
    jsonLog.write({ level: "warn", event: "handover.not-kept", conversation: object.ref.key, reason: String(error) });
  }
}

/** In a group it matters who spoke. */
function wordsOf(object: Conversation, { seq, chat }: Entry): string {
  const turn = turnOf(object.storage.body(seq)?.body ?? new Uint8Array());
  if (turn === undefined || turn.text === "") return "";
  return chat.kind === "direct" || turn.senderName === undefined ? turn.text : `${plainName(turn.senderName)}: ${turn.text}`;
}

interface Words {
  readonly seq: number;
  readonly who: number;
  readonly text: string;
}

async function rowOf(object: Conversation, key: CryptoKey, { seq, who, text }: Words): Promise<readonly SaidRow[]> {
  if (text.trim() === "") return [];
  const nonce = bytesOfHex(webDice.hex(NONCE_BYTES)) ?? new Uint8Array();
  const sealed = await seal(key, utf8(text.slice(0, MAX_LENGTH).toWellFormed()), { nonce, place: placeOf(object, seq, who) });
  return [{ seq, who, at_ms: systemClock.nowMs(), cipher: sealed.buffer }];
}

/** Of pools that do not remember any more everything goes. Says whether anything is left. */
export const forgetSaid = (said: SaidRows, routes: Routes, nowMs: number): boolean =>
  said.purge((pool) => {
    const rules = routes.pools.get(pool)?.handover;
    return rules === undefined ? Number.MAX_SAFE_INTEGER : sinceMs(rules, nowMs);
  });

type Brief = Extract<Effect, { readonly do: "brief" }>;

/** Tells the new owner, and then the machine that delivery goes on. Never throws. */
export async function brief(object: Conversation, env: Env, effect: Brief): Promise<void> {
  const { pool, epoch, instance } = effect.pin;
  const snapshot = await object.snapshot();
  if (snapshot === undefined) return;
  const told = await tell(object, env, { ...effect, routes: snapshot.routes }).catch((error: unknown) => String(error));
  const line = { conversation: object.ref.key, pool, instance, epoch };
  if (typeof told !== "number") jsonLog.write({ level: "warn", event: "conversation.unbriefed", ...line, reason: reasonOf(told) });
  else if (told > 0) jsonLog.write({ level: "info", event: "conversation.briefed", ...line, messages: told });
  const newest = (await object.snapshot()) ?? snapshot;
  const isBrokenOff = typeof told === "object" && BROKEN_OFF.has(told.kind);
  object.apply({ type: "briefed", pool, epoch, isBrokenOff, ...object.moment(newest) });
}

const reasonOf = (told: string | Outcome): string => (typeof told === "string" ? told : `${told.kind}: ${told.detail}`);

/** How many messages it was told of, or why it was not. */
async function tell(object: Conversation, env: Env, asked: Brief & { readonly routes: Routes }): Promise<number | string | Outcome> {
  const { entry, pin, untilMs, routes } = asked;
  const rules = routes.pools.get(pin.pool)?.handover;
  if (rules === undefined) return 0;
  const said = await recall(object, env, entry, rules);
  if (typeof said === "string" || said.length === 0) return typeof said === "string" ? said : 0;
  const clock = new ObjectClock();
  const permit = await permitFor(env, asked);
  if (permit === undefined) return "the pool's concurrency cap";
  const { account, chat, kind, tier, traceId } = entry;
  const body = utf8(JSON.stringify({ text: noteOf(said), media: [], messageId: "" }));
  const named = { instance: pin.instance, pool: pin.pool, messageKey: `${entry.key}/handover/${pin.epoch}` };
  const session = object.storage.meta("session") ?? object.ref.key;
  const turn = { body, contentType: TURN_CONTENT_TYPE, isToolless: true };
  const base = { http: instanceHttp(env, clock), clock, secrets: envSecrets(env), spanId: webDice.hex(8) };
  const ports = { ...base, polls: pollsOf(env), media: mediaOf(env) };
  try {
    const outcome = await untilHeard(clock, untilMs, (deadlineMs) =>
      handOver(routes, { ...named, ...turn, deadlineMs, session, account, chat, kind, tier, traceId }, ports),
    );
    return typeof outcome === "object" && outcome.kind === "accepted" ? said.length : outcome;
  } finally {
    if (permit !== "") await permitsOf(env).release(pin.pool, permit);
  }
}

/** A moved conversation meets an owner that has all the others to take as well: it is asked again while there is time. */
async function untilHeard(clock: Clock, untilMs: number, ask: (deadlineMs: number) => Promise<Outcome>): Promise<string | Outcome> {
  let last: string | Outcome = "no time left";
  for (;;) {
    const deadlineMs = leftMs(untilMs, clock.nowMs());
    if (deadlineMs === undefined) return last;
    last = await ask(deadlineMs);
    if (last.kind !== "busy" && last.kind !== "unreachable") return last;
    const waitMs = Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, last.retryAfterMs ?? 0));
    if (leftMs(untilMs, clock.nowMs() + waitMs) === undefined) return last;
    await clock.sleep(waitMs);
  }
}

/** Empty when none is needed; undefined when none came free in time. */
async function permitFor(env: Env, { pin, untilMs, routes }: Brief & { readonly routes: Routes }): Promise<string | undefined> {
  const concurrency = routes.pools.get(pin.pool)?.concurrency;
  if (concurrency === undefined) return "";
  for (;;) {
    const waitMs = leftMs(untilMs, systemClock.nowMs());
    if (waitMs === undefined) return undefined;
    const permit = await permitsOf(env).acquire(pin.pool, concurrency, waitMs + PERMIT_WAIT_MS);
    if (permit !== undefined) return permit;
    await systemClock.sleep(PERMIT_WAIT_MS);
  }
}

/** What came before the message that waits; or why nothing of it can be read. */
async function recall(object: Conversation, env: Env, { seq, pool }: Entry, rules: HandoverConfig): Promise<readonly Said[] | string> {
  const which = { beforeSeq: seq, sinceMs: sinceMs(rules, systemClock.nowMs()), messages: rules.messages };
  const rows = object.storage.said.newest(pool, which);
  if (rows.length === 0) return [];
  const key = await keyOf(env, rules);
  if (key === undefined) return `the variable ${rules.key} is not 32 bytes in base64`;
  const opened = await Promise.all(rows.map(async (row) => openedOf(object, key, row)));
  const said = opened.flat();
  return said.length > 0 ? said : "what is remembered was encrypted with another key";
}

async function openedOf(object: Conversation, key: CryptoKey, { seq, who, cipher }: SaidRow): Promise<readonly Said[]> {
  const bytes = await unseal(key, new Uint8Array(cipher), placeOf(object, seq, who));
  const text = bytes === undefined ? undefined : textOf(bytes);
  return text === undefined ? [] : [{ who: who === 0 ? "person" : "agent", text }];
}
