/**
 * A pool's answer cache as a conversation uses it: looked up once for its first message, and given the answer to that once the person
 * has it. Nothing here decides; a cache that cannot be asked, or is not heard in time, knows nothing.
 */
import { namesPerson, questionIn } from "../../src/classify/same-question.ts";
import type { PoolConfig } from "../../src/config/schema.ts";
import { askedIn } from "../../src/config/tiers.ts";
import { base64url, utf8 } from "../../src/core/bytes.ts";
import { sha256 } from "../../src/core/crypto.ts";
import type { Turn } from "../../src/core/turn.ts";
import { turnOf } from "../../src/links/chat/turn.ts";
import type { Env } from "../env.ts";
import { systemClock } from "../runtime.ts";
import { answersOf } from "../shard/stub.ts";
import type { Conversation } from "./durable-object.ts";
import { remember } from "./handover.ts";
import { findNear, keepNear } from "./near-answer.ts";
import { atMost } from "./slowness.ts";
import type { Entry } from "./state.ts";

/** How long a person waits for the cache before an agent is asked. */
const ASK_MS = 500;
/** A longer answer is a document, and rows have their limits. */
const MAX_ANSWER_LENGTH = 20_000;

/** Asks, and tells the machine. Never throws. */
export async function lookUp(object: Conversation, env: Env, entry: Entry): Promise<void> {
  const snapshot = await object.snapshot();
  if (snapshot === undefined) return;
  const pool = snapshot.routes.pools.get(entry.pool);
  const asked = await askedOf(object, entry, pool).catch(() => undefined);
  const text = asked && (await atMost(find(object, env, entry, asked), ASK_MS, systemClock));
  if (text !== undefined) await remember(object, env, { entry, outcome: answeredWith(text), routes: snapshot.routes });
  object.apply({ type: "looked-up", seq: entry.seq, text, key: asked?.key, ...object.moment((await object.snapshot()) ?? snapshot) });
}

const answeredWith = (text: string) => ({ kind: "accepted", detail: "cached", answer: { text } }) as const;

async function find(object: Conversation, env: Env, entry: Entry, { key, turn, facts, rules }: Asked): Promise<string | undefined> {
  try {
    const same = await answersOf(env, object.ref.residency)
      .get(key)
      .catch(() => undefined);
    const wanted = same === undefined && rules.similar !== undefined;
    const near = wanted ? await findNear(object, env, { entry, text: turn.text, facts }).catch(() => undefined) : undefined;
    object.reporter.countLookUp(entry.pool, resultOf(same, near));
    return same ?? near;
  } catch {
    return undefined;
  }
}

function resultOf(same: string | undefined, near: string | undefined) {
  if (same !== undefined) return "hit";
  return near === undefined ? "miss" : "similar";
}

/**
 * What a gateway answered to exactly these words, and nothing that names the person who asked. Where another agent or version answers
 * by now than when it was looked up, nobody knows which of them this is from.
 */
export async function keepAnswer(
  object: Conversation,
  env: Env,
  { entry, text, key }: { readonly entry: Entry; readonly text: string; readonly key: string },
): Promise<void> {
  const asked = await askedOf(object, entry, (await object.snapshot())?.routes.pools.get(entry.pool));
  if (asked?.key !== key || text.length > MAX_ANSWER_LENGTH) return;
  const ids = [object.storage.row(entry.seq)?.sender ?? entry.chat.id, entry.chat.id];
  if (namesPerson(text, { name: asked.turn.senderName, ids })) return;
  const { maxAgeMs, maxEntries, similar } = asked.rules;
  const answer = { key, pool: entry.pool, text, endsAtMs: systemClock.nowMs() + maxAgeMs };
  await answersOf(env, object.ref.residency).keep(answer, maxEntries);
  if (similar !== undefined) await keepNear(object, env, { entry, answer, most: maxEntries });
}

/** A conversation that continues another is no first one. */
function turnIn({ storage }: Conversation, { seq }: Entry): Turn | undefined {
  const stored = storage.meta("session") === undefined ? storage.body(seq) : undefined;
  return stored && turnOf(stored.body);
}

interface Asked {
  readonly turn: Turn;
  /** What must be the same besides the question. */
  readonly facts: readonly (string | null)[];
  readonly key: string;
  readonly rules: NonNullable<PoolConfig["answerCache"]>;
}

/** Undefined: what is asked cannot be compared, or the pool keeps nothing. */
async function askedOf(object: Conversation, entry: Entry, pool: PoolConfig | undefined): Promise<Asked | undefined> {
  const turn = turnIn(object, entry);
  const question = turn === undefined || turn.media.length > 0 ? undefined : questionIn(turn.text);
  if (pool?.answerCache === undefined || turn === undefined || question === undefined) return undefined;
  const { agent, model } = askedIn(pool, entry.tier);
  const facts = [entry.pool, agent, model, pool.answerCache.version, turn.language].map((fact) => fact ?? null);
  return { turn, facts, key: base64url(await sha256(utf8(JSON.stringify([...facts, question])))), rules: pool.answerCache };
}
