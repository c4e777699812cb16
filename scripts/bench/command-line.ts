/** The command line of `npm run bench`: flags to settings, or an explanation. */
import { parseArgs } from "node:util";

export const HELP = `npm run bench -- [--memory] [--rounds N] [--json FILE]

Measures the real bundle in workerd against baselines of the same run, and prints ratios. Takes minutes; wants a quiet machine.

  --memory       how much workerd grows, instead of how fast it acknowledges
  --rounds N     interleaved rounds per figure (default 15)
  --json FILE    write the figures to FILE too
  --help         this text

Exit codes: 0 every bar met, 1 a bar missed, 2 wrong flags.`;

export interface BenchSettings {
  readonly isMemory: boolean;
  readonly rounds: number;
  readonly jsonFile: string | undefined;
}

const OPTIONS = {
  memory: { type: "boolean", default: false },
  rounds: { type: "string", default: "15" },
  json: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** Undefined when help was asked for; throws with a message for the person when a flag is wrong. */
export function readCommandLine(args: readonly string[]): BenchSettings | undefined {
  const { memory, rounds, json, help } = parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  if (help) return undefined;
  if (!/^[1-9]\d{0,2}$/.test(rounds)) throw new Error(`--rounds ${rounds} is not a number from 1 to 999`);
  return { isMemory: memory, rounds: Number(rounds), jsonFile: json };
}
