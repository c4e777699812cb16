/** The command line of `npm run overload`: flags to settings, or an explanation. */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";

export const HELP = `npm run overload -- [--seconds N] [--state DIR] [--json FILE]

Signed webhooks of four accounts come to the real bundle in workerd at fixed rates, whether or not earlier ones were answered: half of what
the edge sustains on this machine, all of it, twice and three times as much; one account at ten times its share; a flood without signatures.

  --seconds N    at each rate, in turns of five seconds (default 20)
  --state DIR    where the edge keeps its state meanwhile (default: memory, if /dev/shm has room; a disk that pauses is measured with it)
  --json FILE    write figures and findings to FILE too
  --help         this text

Exit codes: 0 every bar met, 1 a bar missed, 2 wrong flags.`;

export interface OverloadSettings {
  readonly seconds: number;
  readonly stateIn: string | undefined;
  readonly jsonFile: string | undefined;
}

const OPTIONS = {
  seconds: { type: "string", default: "20" },
  state: { type: "string" },
  json: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** Undefined when help was asked for; throws with a message for the person when a flag is wrong. */
export function readCommandLine(args: readonly string[]): OverloadSettings | undefined {
  const { seconds, state, json, help } = parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  if (help) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(seconds)) throw new Error(`--seconds ${seconds} is not a number from 1 to 9999`);
  if (state !== undefined && !existsSync(state)) throw new Error(`--state ${state} is no directory`);
  return { seconds: Number(seconds), stateIn: state, jsonFile: json };
}
