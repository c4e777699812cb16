/** The command line of `npm run faults`: flags to settings, or an explanation. */
import { parseArgs } from "node:util";
import { POINTS, type Point } from "./points.ts";

export const HELP = `npm run faults -- [--times N] [--point NAME]... [--seed N] [--json FILE]

Webhooks of three accounts flow through the bundle built with its fault points, in workerd, with its state on disk. At each point workerd
is stopped in its tracks, killed with kill -9 and started again, N times; then every message is reconciled, as in a soak.

  --times N      kills at each point (default 20), each of which must hit it
  --point NAME   this one alone; may be given more than once (default all)
  --seed N       which passing of a point is the last one (default a new one, which is printed)
  --json FILE    write figures and findings to FILE too
  --keep         leave the edge's state and log behind, and say where
  --help         this text

Points: ${POINTS.join(", ")}

Exit codes: 0 every invariant held, every point was hit that often and something was acknowledged at each, 1 not so, 2 wrong flags.`;

export interface FaultSettings {
  readonly times: number;
  readonly points: readonly Point[];
  readonly seed: number;
  readonly jsonFile: string | undefined;
  readonly isKept: boolean;
}

const OPTIONS = {
  times: { type: "string", default: "20" },
  point: { type: "string", multiple: true },
  seed: { type: "string" },
  json: { type: "string" },
  keep: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const isPoint = (name: string): name is Point => POINTS.some((point) => point === name);

/** Undefined when help was asked for; throws with a message for the person when a flag is wrong. */
export function readCommandLine(args: readonly string[], newSeed: number): FaultSettings | undefined {
  const { times, point = [...POINTS], seed, json, keep, help } = parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  if (help) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(times)) throw new Error(`--times ${times} is not a whole number from 1 to 99999`);
  if (seed !== undefined && !/^\d{1,9}$/.test(seed)) throw new Error(`--seed ${seed} is not a whole number of at most nine digits`);
  const stranger = point.find((name) => !isPoint(name));
  if (stranger !== undefined) throw new Error(`--point ${stranger} does not exist: take one of ${POINTS.join(", ")}`);
  const points = point.filter(isPoint);
  return { times: Number(times), points, seed: seed === undefined ? newSeed : Number(seed), jsonFile: json, isKept: keep };
}
