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
  const text = await atMost(find(object, env, entry, pool), ASK_MS, systemClock);
  if (text !== undefined) await remember(object, env, { entry, outcome: answeredWith(text), routes: snapshot.routes });
  object.apply({ type: "looked-up", seq: entry.seq, text, ...object.moment((await object.snapshot()) ?? snapshot) });
}

const answeredWith = (text: string) => ({ kind: "accepted", detail: "cached", answer: { text } }) as const;

async function find(object: Conversation, env: Env, entry: Entry, pool: PoolConfig | undefined): Promise<string | undefined> {
  try {
    const key = await keyOf(turnIn(object, entry), entry, pool);
    if (key === undefined) return undefined;
    const text = await answersOf(env, object.ref.residency)
      .get(key)
      .catch(() => undefined);
    object.reporter.countLookUp(entry.pool, text !== undefined);
    return text;
  } catch {
    return undefined;
  }
}

/** What a gateway answered to exactly these words, and nothing that names the person who asked. */
export async function keepAnswer(
  object: Conversation,
  env: Env,
  { entry, text }: { readonly entry: Entry; readonly text: string },
): Promise<void> {
  const pool = (await object.snapshot())?.routes.pools.get(entry.pool);
  const turn = turnIn(object, entry);
  const key = await keyOf(turn, entry, pool);
  if (key === undefined || pool?.answerCache === undefined || text.length > MAX_ANSWER_LENGTH) return;
  const ids = [object.storage.row(entry.seq)?.sender ?? entry.chat.id, entry.chat.id];
  if (namesPerson(text, { name: turn?.senderName, ids })) return;
  const { maxAgeMs, maxEntries } = pool.answerCache;
  const answer = { key, pool: entry.pool, text, endsAtMs: systemClock.nowMs() + maxAgeMs };
  await answersOf(env, object.ref.residency).keep(answer, maxEntries);
}

/** A conversation that continues another is no first one. */
function turnIn({ storage }: Conversation, { seq }: Entry): Turn | undefined {
  const stored = storage.meta("session") === undefined ? storage.body(seq) : undefined;
  return stored && turnOf(stored.body);
}

/** Undefined: what is asked cannot be compared, or the pool keeps nothing. */
async function keyOf(turn: Turn | undefined, { pool: name, tier }: Entry, pool: PoolConfig | undefined): Promise<string | undefined> {
  const question = turn === undefined || turn.media.length > 0 ? undefined : questionIn(turn.text);
  if (pool?.answerCache === undefined || question === undefined) return undefined;
  const { agent, model } = askedIn(pool, tier);
  const facts = [name, agent, model, pool.answerCache.version, turn?.language, question].map((fact) => fact ?? null);
  return base64url(await sha256(utf8(JSON.stringify(facts))));
}
