/** The conversations port over the namespace, and what only operators call. One stub per call: a stub that threw is never used again. */
import { type ConversationRef, refName } from "../../src/core/conversation-ref.ts";
import type { Conversations } from "../../src/ports/conversations.ts";
import type { Env } from "../env.ts";
import { objectOf } from "../objects.ts";
import type { ConversationView, LetterView } from "./show.ts";
import type { Pin } from "./state.ts";

const conversation = (env: Env, ref: ConversationRef, region?: string) =>
  objectOf(env, env.CONVERSATION, ref.key, { residency: ref.residency, region });

export const conversationsOf = (env: Env): Conversations => ({
  commit: (commit, region) => conversation(env, commit.ref, region).commit(commit),
  speak: (ref, speak) => conversation(env, ref).speak({ ...speak, conversation: ref.key }, refName(ref)),
  knows: async (ref, key) => conversation(env, ref).knows(key),
  move: async (ref, to, idleMs) => conversation(env, ref).move(to, refName(ref), idleMs),
  replied: async (ref, seq, end) => conversation(env, ref).replied(seq, end),
});

interface Handed {
  readonly pins: readonly Pin[];
  readonly session: string | undefined;
  readonly isAgain: boolean | undefined;
}

/** The pins it has then. An older object says nothing of them. */
export const adoptPins = async (env: Env, ref: ConversationRef, { pins, session, isAgain }: Handed): Promise<readonly Pin[]> =>
  (await conversation(env, ref).adopt(pins, session, refName(ref), isAgain)) ?? [];

export const showConversation = async (env: Env, ref: ConversationRef, limit: number): Promise<ConversationView> =>
  conversation(env, ref).show(limit);

/** Undefined when the message is not kept (any more). `withBody` opens what a person wrote. */
export const showLetter = async (env: Env, ref: ConversationRef, seq: number, withBody: boolean): Promise<LetterView | undefined> =>
  conversation(env, ref).letter(seq, withBody);

export const replayDead = async (env: Env, ref: ConversationRef, seq: number): Promise<boolean> => conversation(env, ref).replay(seq);

export const sweepConversation = async (env: Env, ref: ConversationRef): Promise<boolean> => conversation(env, ref).sweep();
