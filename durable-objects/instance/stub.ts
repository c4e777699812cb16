/** The instance objects as their callers see them. Asking never fails: an object that cannot answer is an instance nobody should be given to. */
import type { Canary, Observation } from "../../src/core/canary.ts";
import { isSettled } from "../../src/core/outcome.ts";
import type { InstanceStatus, Instances } from "../../src/ports/instances.ts";
import type { Log } from "../../src/ports/log.ts";
import type { Polls } from "../../src/ports/polls.ts";
import { within } from "../config/deadline.ts";
import type { Env } from "../env.ts";
import { objectOf } from "../objects.ts";
import { jsonLog, systemClock } from "../runtime.ts";
import type { Evidence } from "./canary.ts";
import type { Instance } from "./durable-object.ts";
import { isRefusal } from "./refusals.ts";
import { refusedLatelyBy } from "./refused-lately.ts";
import type { InstanceDetails } from "./status.ts";

type InstanceEnv = Pick<Env, "INSTANCE" | "JURISDICTIONS">;

/** A new stub per call: one that has seen an error may stay broken. An instance is not bound to a residency: it serves accounts of several. */
const stubOf = (env: InstanceEnv, name: string): DurableObjectStub<Instance> => objectOf(env, env.INSTANCE, name);

export function instancesOf(env: InstanceEnv, log: Log = jsonLog): Instances {
  const unheard = (instance: string, error: unknown): void =>
    log.write({ level: "warn", event: "instance.unheard", instance, reason: String(error) });
  const refusedLately = refusedLatelyBy(env.INSTANCE);
  return {
    status: (names) => Promise.all(names.map((name) => askStatus(env, name, unheard))),
    granted: (name) =>
      stubOf(env, name)
        .granted()
        .catch((error: unknown) => unheard(name, error)),
    turn: (name, isRetry, account) =>
      stubOf(env, name)
        .turn(isRetry, account)
        .catch((error: unknown) => {
          unheard(name, error);
          return { verdict: "go" as const };
        }),
    isRefusing: refusedLately.has,
    suspect: (name) =>
      stubOf(env, name)
        .suspect()
        .catch((error: unknown) => unheard(name, error)),
    report: (name, outcome, account) => {
      if (isRefusal(outcome)) refusedLately.add(name, account, systemClock.nowMs());
      else if (isSettled(outcome.kind)) refusedLately.forget(name, account);
      return stubOf(env, name)
        .report(outcome, account)
        .catch((error: unknown) => unheard(name, error));
    },
  };
}

/** A new conversation waits for the answers of a whole pool: one object that hangs must not keep it from the others. */
const STATUS_MS = 2000;

async function askStatus(env: InstanceEnv, name: string, unheard: (name: string, error: unknown) => void): Promise<InstanceStatus> {
  try {
    return await within(systemClock, STATUS_MS, stubOf(env, name).status());
  } catch (error) {
    unheard(name, error);
    return { name, isHealthy: false, isDraining: false, pinsLately: 0, pinsTotal: 0, lastPinAtMs: 0 };
  }
}

/** The outboxes of instances that poll. */
export const pollsOf = (env: InstanceEnv): Polls => ({
  offer: async (name, offer) => {
    try {
      return await stubOf(env, name).offer(offer);
    } catch (error) {
      return { kind: "unknown", detail: `the outbox cannot be asked: ${String(error)}` };
    }
  },
});

/** Every canary has its evidence at its instance's object. Rejects when that cannot answer. */
export const canaryEvidence = async (env: InstanceEnv, { id, instance }: Pick<Canary, "id" | "instance">): Promise<Evidence> =>
  stubOf(env, instance).canary(id);

export const observeCanary = async (env: InstanceEnv, instance: string, seen: Observation): Promise<void> => {
  await stubOf(env, instance).canary(seen.id, seen);
};

/** What an operator sees; rejects when the object cannot answer. */
export const showInstance = async (env: InstanceEnv, name: string): Promise<InstanceDetails> => stubOf(env, name).show();

/** Durable when it resolves: new conversations avoid it from now on. Pinned ones follow with the routes document's drain list. */
export const drainInstance = async (env: InstanceEnv, name: string): Promise<InstanceDetails> => stubOf(env, name).drain();

export const undrainInstance = async (env: InstanceEnv, name: string): Promise<InstanceDetails> => stubOf(env, name).undrain();
