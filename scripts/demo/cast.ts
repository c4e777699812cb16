/** The demo's instances: started together, told of when one dies, and started again after a while by themselves. */
import { type InstanceProcess, type InstanceStart, startInstanceProcess } from "./instance-process.ts";

/** Long enough to see messages held and moved meanwhile. */
export const RESTART_AFTER_MS = 20_000;

export interface CastEvents {
  /** It died, and not by the demo's own hand. */
  readonly onDeath: (name: string, pid: number) => void;
  readonly onReturn: (name: string, pid: number) => void;
  readonly onError: (error: unknown) => void;
}

export interface Cast {
  readonly pidOf: (name: string) => number | undefined;
  /** `kill -9`; it stays dead until `revive`. Resolves when the process is gone. */
  readonly kill: (name: string) => Promise<void>;
  /** The new pid; the present one when it lives. */
  readonly revive: (name: string) => Promise<number>;
  readonly stop: () => Promise<void>;
}

export async function startCast(starts: readonly InstanceStart[], events: CastEvents): Promise<Cast> {
  const alive = new Map<string, InstanceProcess>();
  const timers = new Map<string, NodeJS.Timeout>();
  const byOurHand = new Set<string>();
  let isStopping = false;

  const died = (start: InstanceStart, pid: number): void => {
    alive.delete(start.name);
    if (isStopping || byOurHand.has(start.name)) return;
    events.onDeath(start.name, pid);
    const again = (): void => void begin(start).then((found) => events.onReturn(start.name, found.pid), events.onError);
    timers.set(start.name, setTimeout(again, RESTART_AFTER_MS));
  };
  const begin = async (start: InstanceStart): Promise<InstanceProcess> => {
    const found = alive.get(start.name) ?? (await startInstanceProcess(start));
    if (alive.get(start.name) === found) return found;
    alive.set(start.name, found);
    found.ended.then(() => died(start, found.pid)).catch(events.onError);
    return found;
  };
  const stop = async (): Promise<void> => {
    isStopping = true;
    for (const timer of timers.values()) clearTimeout(timer);
    await Promise.all([...alive.values()].map((one) => one.end("SIGTERM")));
  };
  const startOf = (name: string): InstanceStart => {
    const start = starts.find((one) => one.name === name);
    if (start === undefined) throw new Error(`the demo has no instance ${name}`);
    return start;
  };

  const begun = await Promise.allSettled(starts.map(begin));
  const failed = begun.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return {
    pidOf: (name) => alive.get(name)?.pid,
    kill: async (name) => {
      byOurHand.add(name);
      await alive.get(name)?.end("SIGKILL");
    },
    revive: async (name) => {
      clearTimeout(timers.get(name));
      const { pid } = await begin(startOf(name));
      byOurHand.delete(name);
      return pid;
    },
    stop,
  };
}
