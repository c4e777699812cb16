/** Which minutes a cron expression names, in UTC as on Cloudflare. Weekdays other than `*` are refused rather than guessed. */
import { EdgeFailure } from "./failure.ts";

const RANGES: readonly (readonly [low: number, high: number])[] = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
];

function part(text: string, [low, high]: readonly [number, number]): (value: number) => boolean {
  const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(text);
  if (match === null) throw new EdgeFailure(`cannot read "${text}" in a cron expression`);
  const [, from, to, step] = match;
  const first = from === undefined ? low : Number(from);
  const isOpen = from === undefined || step !== undefined;
  const last = Number(to ?? (isOpen ? high : first));
  const stride = step === undefined ? 1 : Number(step);
  if (first < low || last > high || stride < 1) throw new EdgeFailure(`"${text}" is out of range in a cron expression`);
  return (value) => value >= first && value <= last && (value - first) % stride === 0;
}

/** Does this minute belong to the expression? `*`, numbers, ranges, steps and lists. */
export function matchesCron(cron: string, at: Date): boolean {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5 || fields[4] !== "*") throw new EdgeFailure(`this runner cannot schedule the cron "${cron}"`);
  const values = [at.getUTCMinutes(), at.getUTCHours(), at.getUTCDate(), at.getUTCMonth() + 1];
  return RANGES.every((range, index) => (fields[index] ?? "*").split(",").some((text) => part(text, range)(values[index] ?? -1)));
}
