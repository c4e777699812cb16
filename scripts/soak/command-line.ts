/** The command line of `npm run soak`: flags to settings, or an explanation. */
import { parseArgs } from "node:util";

export const HELP = `npm run soak -- [--minutes N] [--seed N] [--json FILE]

Webhooks of three accounts flow through the real bundle in workerd, with its state on disk, while gateways and platforms misbehave and
workerd is killed with kill -9 every few seconds. Afterwards every acknowledged message is reconciled with every receipt, answer and end.

  --minutes N    how long people write (default 10; 0.5 is fine); then everything is mended and waited for. A machine that is too busy for
                 2,000 messages and two kills a minute is given twice as long in addition, and five minutes at least
  --seed N       of the plan of faults and kills (default a new one, which is printed)
  --json FILE    write figures and findings to FILE too
  --keep         leave the edge's state and log, and all facts, behind, and say where
  --help         this text

Exit codes: 0 every invariant held, 1 one was broken, 2 wrong flags.`;

export interface SoakSettings {
  readonly minutes: number;
  readonly seed: number;
  readonly jsonFile: string | undefined;
  readonly isKept: boolean;
}

const OPTIONS = {
  minutes: { type: "string", default: "10" },
  seed: { type: "string" },
  json: { type: "string" },
  keep: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const MAX_MINUTES = 24 * 60;

/** Undefined when help was asked for; throws with a message for the person when a flag is wrong. */
export function readCommandLine(args: readonly string[], newSeed: number): SoakSettings | undefined {
  const { minutes, seed, json, keep, help } = parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  if (help) return undefined;
  const isMinutes = /^\d+(\.\d+)?$/.test(minutes) && Number(minutes) > 0 && Number(minutes) <= MAX_MINUTES;
  if (!isMinutes) throw new Error(`--minutes ${minutes} is not a number above 0 and up to ${MAX_MINUTES}`);
  if (seed !== undefined && !/^\d{1,9}$/.test(seed)) throw new Error(`--seed ${seed} is not a whole number of at most nine digits`);
  return { minutes: Number(minutes), seed: seed === undefined ? newSeed : Number(seed), jsonFile: json, isKept: keep };
}
