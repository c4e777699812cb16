/**
 * The accounts whose messages an instance refuses because of who brings them (401, 403). It is well, and takes those of others; but
 * a gateway that is asked again and again with a secret it does not know locks the edge's address out, and with it everybody. Pure.
 */
import type { LogLine } from "../../src/core/log-line.ts";
import { isSettled, type Outcome } from "../../src/core/outcome.ts";

/** The last refusal of each account. */
export type Refusals = Readonly<Record<string, { readonly status: number; readonly atMs: number }>>;

/** Nobody knows any more after so long without another one: whoever comes next finds out. */
export const FORGET_MS = 300_000;

/** A stamp that is later than now is of a clock that went back, and counts as never. */
const isLive = (atMs: number, nowMs: number): boolean => atMs <= nowMs && nowMs - atMs < FORGET_MS;

export const refusalsNow = (refusals: Refusals | undefined, nowMs: number): Refusals =>
  Object.fromEntries(Object.entries(refusals ?? {}).filter(([, { atMs }]) => isLive(atMs, nowMs)));

export const isRefusal = ({ kind, status }: Outcome): boolean => kind === "refused" && (status === 401 || status === 403);

const letsIn = ({ kind }: Outcome): boolean => isSettled(kind) || kind === "model-failed" || kind === "cut-off";

/** `account`: older Workers do not say it. */
export function refusalsAfter(
  before: Refusals | undefined,
  { account = "", outcome, nowMs }: { readonly account?: string | undefined; readonly outcome: Outcome; readonly nowMs: number },
): Refusals | undefined {
  const isRefused = isRefusal(outcome);
  if (account === "" || !(isRefused || (letsIn(outcome) && before?.[account] !== undefined))) return before;
  const { [account]: _last, ...others } = refusalsNow(before, nowMs);
  const after = isRefused ? { ...others, [account]: { status: outcome.status ?? 0, atMs: nowMs } } : others;
  return Object.keys(after).length === 0 ? undefined : after;
}

export const wordsOfRefusal = (account: string, refusals: Refusals): string =>
  `${account} is refused: http ${refusals[account]?.status}, check its secret`;

/** The last of all: whoever asks again counts for the same address. */
export const lastRefusedMs = (refusals: Refusals): number => Math.max(...Object.values(refusals).map(({ atMs }) => atMs));

/** Each account's is told when it begins. */
export const refusalLines = (instance: string, before: Refusals, after: Refusals): readonly LogLine[] =>
  Object.keys(after)
    .filter((account) => before[account] === undefined)
    .map((account) => ({ level: "warn", event: "instance.refuses", instance, account, reason: wordsOfRefusal(account, after) }));
