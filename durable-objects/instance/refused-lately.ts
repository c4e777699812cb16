/**
 * What this isolate saw of refusals (401, 403), shared by the objects that run in it: a first message asks nobody whether it may go, so
 * that without this each conversation would find out for itself, and their tries together lock the edge's address out. No more than a
 * reason to ask: who may go is for the instance's object to say.
 */
import { FORGET_MS } from "./refusals.ts";

interface RefusedLately {
  readonly has: (instance: string, account: string, nowMs: number) => boolean;
  readonly add: (instance: string, account: string | undefined, nowMs: number) => void;
  readonly forget: (instance: string, account: string | undefined) => void;
}

const isolate = new WeakMap<object, Map<string, number>>();

/** By the binding, which is the same object for all objects in an isolate. */
export function refusedLatelyBy(binding: object): RefusedLately {
  const seen = isolate.get(binding) ?? new Map<string, number>();
  isolate.set(binding, seen);
  const nameOf = (instance: string, account = ""): string => JSON.stringify([instance, account]);
  return {
    has: (instance, account, nowMs) => nowMs - (seen.get(nameOf(instance, account)) ?? Number.NEGATIVE_INFINITY) < FORGET_MS,
    add: (instance, account, nowMs) => void seen.set(nameOf(instance, account), nowMs),
    forget: (instance, account) => void seen.delete(nameOf(instance, account)),
  };
}
