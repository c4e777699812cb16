/** An operator who takes one instance after the other out of service for some seconds, says that it will be back, and takes it in again. */
import { sleep } from "../fakes/http-service.ts";
import { setDraining } from "./admin.ts";
import type { Chance } from "./chance.ts";
import type { Trouble } from "./facts.ts";

const EVERY_MS = [8_000, 20_000] as const;
const DRAINED_MS = [3_000, 8_000] as const;
const LOOK_MS = 200;

export interface Operator {
  /** Drains, as troubles of their instances: until everybody knew that they were over. */
  readonly drains: readonly Trouble[];
  /** Resolves when nothing is drained any more. */
  readonly stop: () => Promise<void>;
}

/** The edge may be away, or go away in the middle of it: an operator asks until it is done. */
async function insist(ask: () => Promise<boolean>): Promise<void> {
  while (!(await ask().catch(() => false))) await sleep(LOOK_MS);
}

export function startOperator(url: string, instances: readonly string[], chance: Chance): Operator {
  const drains: Trouble[] = [];
  let isOver = false;
  const rest = async (ms: number): Promise<void> => {
    for (const endMs = Date.now() + ms; !isOver && Date.now() < endMs; ) await sleep(LOOK_MS);
  };
  const running = (async () => {
    while (!isOver) {
      await rest(chance.between(...EVERY_MS));
      if (isOver) return;
      const where = chance.pick(instances);
      const fromMs = Date.now();
      await insist(() => setDraining(url, where, true));
      await rest(chance.between(...DRAINED_MS));
      await insist(() => setDraining(url, where, false));
      drains.push({ where, side: "operator", kind: "drain", fromMs, toMs: Date.now() });
    }
  })();
  return {
    drains,
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}
