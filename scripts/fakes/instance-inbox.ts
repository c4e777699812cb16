/** What reaches the stand-in gateway, by whichever way: on disk first, then a turn, and never twice; and the fault that holds for it. Outermost edge only. */
import { type Fault, faultSchema, faultsOf } from "./instance-fault.ts";
import type { Accepted, Queue } from "./instance-queue.ts";

export interface Counts {
  /** Genuine updates, repeats included. */
  readonly received: number;
  readonly repeated: number;
  readonly unauthorized: number;
  readonly accepted: number;
  readonly answered: number;
}

export interface Inbox {
  /** Resolves when it is on disk, also when it was before. */
  readonly take: (entry: Accepted) => Promise<void>;
  /** Somebody without the secret. */
  readonly turnAway: () => void;
  readonly fault: () => Fault | undefined;
  /** The fault that holds for this one, counted. */
  readonly takeFault: () => Fault | undefined;
  /** Undefined ends it. Throws when it means nothing to such an instance. */
  readonly setFault: (fault: Partial<Fault> | undefined) => void;
  readonly counts: () => Counts;
}

export interface InboxParts {
  readonly queue: Queue;
  readonly start: (entry: Accepted, turn: number) => void;
  readonly polls: boolean;
}

export function openInbox({ queue, start, polls }: InboxParts): Inbox {
  let fault: Fault | undefined;
  let [received, repeated, unauthorized] = [0, 0, 0];
  return {
    take: async (entry) => {
      received += 1;
      const turn = await queue.accept(entry);
      if (turn === undefined) repeated += 1;
      else start(entry, turn);
    },
    turnAway: () => {
      unauthorized += 1;
    },
    fault: () => fault,
    takeFault: () => {
      const current = fault;
      if (current?.times !== undefined) fault = current.times > 1 ? { ...current, times: current.times - 1 } : undefined;
      return current;
    },
    setFault: (next) => {
      const parsed = next && faultSchema.parse(next);
      if (parsed !== undefined && !faultsOf(polls).includes(parsed.kind)) {
        throw new Error(`${parsed.kind} means nothing to an instance that ${polls ? "polls" : "listens"}`);
      }
      fault = parsed;
    },
    counts: () => ({ received, repeated, unauthorized, ...queue.counts() }),
  };
}
