/**
 * A first message that nobody asked in these words: whether somebody asked the same in others. What it means is worked out once, when
 * it is looked up, and kept in memory until its answer is there. An incarnation that dies meanwhile keeps nothing.
 */
import { base64url, utf8 } from "../../src/core/bytes.ts";
import { sha256 } from "../../src/core/crypto.ts";
import type { Env } from "../env.ts";
import { nearQuestionsOf } from "../near-questions.ts";
import type { KeptAnswer } from "../shard/answer-rows.ts";
import { answersOf } from "../shard/stub.ts";
import type { Conversation } from "./durable-object.ts";
import type { Entry } from "./state.ts";

interface Place {
  readonly seq: number;
  readonly alike: string;
  readonly direction: ArrayBuffer;
}

const places = new WeakMap<Conversation, Place>();

/** `facts`: what must be the same besides, and is no word of the question. */
export async function findNear(
  object: Conversation,
  env: Env,
  { entry, text, facts }: { readonly entry: Entry; readonly text: string; readonly facts: readonly unknown[] },
): Promise<string | undefined> {
  const routes = (await object.snapshot())?.routes;
  const asked = routes && (await nearQuestionsOf(env)?.ask(text, routes, entry.pool));
  if (asked === undefined) return undefined;
  const alike = base64url(await sha256(utf8(JSON.stringify(["near", facts, asked.marks]))));
  const direction = asked.direction.parts.buffer;
  places.set(object, { seq: entry.seq, alike, direction });
  return await answersOf(env, object.ref.residency).nearest({ alike, direction, above: asked.above });
}

/** Beside the one for the same words. */
export async function keepNear(
  object: Conversation,
  env: Env,
  { entry, answer, most }: { readonly entry: Entry; readonly answer: KeptAnswer; readonly most: number },
): Promise<void> {
  const place = places.get(object);
  places.delete(object);
  if (place?.seq !== entry.seq) return;
  const { alike, direction } = place;
  await answersOf(env, object.ref.residency).keepNear({ ...answer, alike, direction }, most);
}
