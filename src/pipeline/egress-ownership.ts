/** Whether an instance may speak: asks the conversation, follows one that moved, and finds the one an edit belongs to. It never sends anything. */
import type { EgressCall } from "../channels/egress.ts";
import { refIn } from "../config/routes.ts";
import type { ConversationRef } from "../core/conversation-ref.ts";
import type { Chat } from "../core/message.ts";
import type { Conversations, Speak, SpeakVerdict } from "../ports/conversations.ts";
import type { Caller } from "./egress-caller.ts";

export type SpokenCall = EgressCall & { readonly class: "send" | "edit"; readonly chat: Chat };

export interface Spoken {
  readonly ref: ConversationRef;
  readonly verdict: Exclude<SpeakVerdict, { verdict: "moved" }>;
}

/** A conversation that moved more often than this leads in a circle. */
const MAX_HOPS = 3;

/**
 * The verdict of the conversation the call concerns; undefined when it moved in a circle. For an edit that may stand in any topic
 * (`threads`: where the instance spoke lately), of the first that lets it; the chat itself is asked last.
 */
export async function askOwnership(
  caller: Caller,
  { call, threads }: { readonly call: SpokenCall; readonly threads: readonly string[] },
  conversations: Conversations,
): Promise<Spoken | undefined> {
  if (call.isAlias === true) return { ref: refIn(caller.routes, caller.account, call.chat), verdict: aliasVerdict(caller) };
  const topics = call.isAnyThread === true ? threads.map((thread) => ({ ...call.chat, thread })) : [];
  let last: Spoken | undefined;
  for (const chat of [...topics, call.chat]) {
    const speak = { instance: caller.instance, account: caller.account.id, class: call.class, chat };
    last = await follow(refIn(caller.routes, caller.account, chat), speak, conversations);
    if (last !== undefined && last.verdict.verdict !== "suppressed") return last;
  }
  return last;
}

/**
 * In a chat called by its public name no conversation can be asked, so the account's `proactive` alone decides: `owner` needs a
 * pool of this one instance, for only there nobody else can be the owner. A canary beside it does not silence it: the document
 * says who is listed. There is no pin, and so no epoch.
 */
function aliasVerdict({ account: { pool, proactive }, instance, routes }: Caller): Spoken["verdict"] {
  const listed = routes.document.pools[pool]?.instances ?? [];
  const owning = listed.length === 1 ? listed : undefined;
  const free = { owner: owning, pool: routes.pools.get(pool)?.instances, deny: undefined }[proactive];
  return free?.includes(instance) === true ? { verdict: "proactive", epoch: 0 } : { verdict: "suppressed" };
}

async function follow(start: ConversationRef, speak: Speak, conversations: Conversations): Promise<Spoken | undefined> {
  let ref = start;
  for (let hop = 0; hop <= MAX_HOPS; hop += 1) {
    const verdict = await conversations.speak(ref, speak);
    if (verdict.verdict !== "moved") return { ref, verdict };
    ref = verdict.to;
  }
  return undefined;
}
