/**
 * Named points in the shells at which `npm run faults` kills the process, to see what a crash right there leaves behind. They exist only
 * in a bundle that is built with `__FAULT_POINTS__`: in every other `FAULTS` is false, and of what it guards nothing is left. The Worker
 * variable `FAULT_POINT` (`bot.beforeSend@3`) says which one fires, and at its how-many-th passing.
 */
import { env } from "cloudflare:workers";

declare global {
  const __FAULT_POINTS__: boolean | undefined;
}

export const FAULTS = typeof __FAULT_POINTS__ !== "undefined" && __FAULT_POINTS__ === true;

/** What was written before a halt is durable by then: it is committed when the turn ends, before any timer. */
const DURABLE_MS = 2;

/** What is about to be written or done: a passing with nothing of it does not count. */
type Matter = readonly unknown[];
const ANY: Matter = [true];

let passed = 0;
let isStopped = false;

function isDue(name: string, matter: Matter): boolean {
  const [wanted, nth] = String(Reflect.get(env, "FAULT_POINT") ?? "").split("@");
  if (wanted !== name || matter.length === 0) return false;
  passed += 1;
  return passed === Number(nth);
}

/** The whole process stands still until it is killed: one thread runs all of it. */
function block(name: string): never {
  // biome-ignore lint/suspicious/noConsole: the line that the killer waits for; never part of a deployed bundle
  console.log(`FAULT ${name}`);
  for (;;);
}

/** At once: nothing that this turn wrote, sent or armed has left it. */
export function blockAt(name: string, matter = ANY): void {
  if (isDue(name, matter)) block(name);
}

/** True: the caller goes no further, and everything stands still as soon as what was written is durable. */
export function stopsAt(name: string, matter = ANY): boolean {
  if (!isDue(name, matter)) return false;
  isStopped = true;
  setTimeout(block, DURABLE_MS, name);
  return true;
}

/** Whether a caller has gone no further, and all is about to stand still: whoever would go on behind it does not. */
export const hasStopped = (): boolean => isStopped;

/** The same for whoever can wait: it never goes on. */
export async function haltAt(name: string, matter = ANY): Promise<void> {
  if (stopsAt(name, matter)) await new Promise(() => undefined);
}
