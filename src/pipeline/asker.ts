/** What one text means, for a message that waits for it: in time or not at all, and not of too many at once. Keeps no text. */
import { cut } from "../classify/fold.ts";
import { within } from "../links/chat/question.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";

/** A message waits so long. */
const ASK_MS = 300;
/** At once, of one isolate: who sends nonsense by the hundred gets none. */
const MAX_ASKING = 16;
const MAX_UNITS = 1000;
/** Who asks still then went with its request, which was cancelled and told nobody. */
const LEASE_MS = 1_000;

/** Undefined: not in time, or too many ask already. */
export type Asker = (text: string) => Promise<readonly number[] | undefined>;

/** One per isolate, for each purpose. */
export function createAsker({ embedder, clock }: { readonly embedder: Embedder; readonly clock: Clock }): Asker {
  const asking = new Set<{ readonly untilMs: number }>();
  return async (text) => {
    const nowMs = clock.nowMs();
    for (const one of asking) if (one.untilMs <= nowMs) asking.delete(one);
    if (asking.size >= MAX_ASKING) return undefined;
    const me = { untilMs: nowMs + LEASE_MS };
    asking.add(me);
    const vectors = await within(clock, ASK_MS, () => embedder.embed([cut(text, MAX_UNITS)]));
    asking.delete(me);
    return vectors?.[0];
  };
}
