/** The command line of `npm run sim`: flags to settings, or an explanation. */
import { parseArgs } from "node:util";
import { type Bug, bugNames, isBug } from "./bugs.ts";

export const HELP = `npm run sim -- [--seeds N] [--from N] [--seed N] [--bug NAME] [--prove] [--jobs N] [--json FILE]

Runs the pure machines in simulated worlds: one world per seed, with faults, and after them a time without.

  --seeds N      how many worlds (default 2000)
  --from N       the first seed (default 1)
  --seed N       one world, and its story
  --bug NAME     with this mistake planted: ${bugNames.join(", ")}
  --prove        every planted mistake in turn, until it is found, within --seeds
  --jobs N       threads that share the seeds (default 1)
  --json FILE    write the figures to FILE too
  --help         this text

Exit codes: 0 every promise kept (with --prove: every mistake found), 1 not so, 2 wrong flags.`;

export interface SimSettings {
  readonly from: number;
  readonly seeds: number;
  /** Tell the whole story, not only its end. */
  readonly isStory: boolean;
  readonly bug: Bug | undefined;
  readonly isProof: boolean;
  readonly jobs: number;
  readonly jsonFile: string | undefined;
}

const MAX_JOBS = 64;

const OPTIONS = {
  seeds: { type: "string", default: "2000" },
  from: { type: "string", default: "1" },
  seed: { type: "string" },
  bug: { type: "string" },
  prove: { type: "boolean", default: false },
  jobs: { type: "string", default: "1" },
  json: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** Undefined when help was asked for; throws with a message for the person when a flag is wrong. */
export function readCommandLine(args: readonly string[]): SimSettings | undefined {
  const { seeds, from, seed, bug, prove, jobs, json, help } = parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  if (help) return undefined;
  if (bug !== undefined && !isBug(bug)) throw new Error(`--bug ${bug} is none of ${bugNames.join(", ")}`);
  return {
    from: numberOf("--from", seed ?? from),
    seeds: seed === undefined ? numberOf("--seeds", seeds) : 1,
    isStory: seed !== undefined,
    bug,
    isProof: prove,
    jobs: Math.min(MAX_JOBS, numberOf("--jobs", jobs)),
    jsonFile: json,
  };
}

function numberOf(flag: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${flag} ${text} is not a number from 1 to 999999999`);
  return Number(text);
}
