/**
 * What the newest rows tell an object that starts: who owes an answer, who wrote lately, which pool and tier it is in. Pure. Rows are
 * drawn newest first, and no further back than that needs: a long history costs a start no more than a short one.
 */
import { DEBT_MS } from "./failover.ts";
import { RECENT_MS } from "./limits.ts";
import type { State } from "./state.ts";
import { tiersIn } from "./tiers.ts";

/** However busy it was. */
export const LATELY = 1000;
/** How far back a turn that broke off, and a message of the complex tier, are looked for. */
export const NEWEST = 50;

export const LATE_COLUMNS =
  "seq, sender, pool, tier, tries, state, outcome, instance, is_replay AS isReplay, is_overheard AS isOverheard, " +
  "committed_at_ms AS atMs, ended_at_ms AS endedAtMs";

export interface LateRow {
  readonly seq: number;
  readonly sender: string | null;
  readonly pool: string;
  readonly tier: "simple" | "complex" | null;
  readonly tries: number;
  readonly state: string;
  readonly outcome: string | null;
  readonly instance: string | null;
  readonly isReplay: number;
  readonly isOverheard: number;
  readonly atMs: number;
  readonly endedAtMs: number | null;
}

type Accepted = State["accepted"];
type Lately = Pick<State, "accepted" | "recent" | "lastPool" | "brokenOffAtMs" | "quietSinceMs" | "complexAtMs" | "lastAsked">;

export function lately(newestFirst: Iterable<LateRow>, debts: Accepted, nowMs: number): Lately {
  const rows = draw(newestFirst, nowMs);
  const newest = rows.slice(0, NEWEST);
  return {
    accepted: acceptedIn(rows, debts),
    recent: rows
      .filter(({ atMs, state, isReplay }) => nowMs - atMs < RECENT_MS && state !== "limited" && isReplay === 0)
      .map(({ sender, atMs }) => ({ sender: sender ?? "", atMs }))
      .reverse(),
    lastPool: rows.find(isSpoken)?.pool,
    brokenOffAtMs: brokenOffAtMs(newest),
    quietSinceMs: newest.reduce<number | undefined>(
      (last, { endedAtMs }) => (endedAtMs === null ? last : Math.max(endedAtMs, last ?? 0)),
      undefined,
    ),
    ...tiersIn(newest.filter(({ isReplay }) => isReplay === 0).reverse()),
  };
}

function draw(newestFirst: Iterable<LateRow>, nowMs: number): readonly LateRow[] {
  const rows: LateRow[] = [];
  let hasSpoken = false;
  let isEnough = false;
  for (const row of newestFirst) {
    rows.push(row);
    hasSpoken ||= isSpoken(row);
    isEnough ||= isLongOver(row, nowMs);
    if (rows.length >= LATELY || (rows.length >= NEWEST && hasSpoken && isEnough)) break;
  }
  return rows;
}

const isSpoken = ({ isOverheard, state }: LateRow): boolean => isOverheard === 0 && state !== "limited" && state !== "expired";

/** Hand-overs end in their order: before one that ended so long ago nothing is owed, and nobody wrote lately. */
const isLongOver = ({ state, endedAtMs }: LateRow, nowMs: number): boolean =>
  (state === "delivered" || state === "answered") && nowMs - (endedAtMs ?? nowMs) >= Math.max(DEBT_MS, RECENT_MS);

/** The newest that each has taken, or was left with. */
function acceptedIn(rows: readonly LateRow[], debts: Accepted): Accepted {
  const taken = rows.flatMap(({ state, instance, seq, endedAtMs }) =>
    state === "delivered" && instance !== null ? [[instance, { seq, atMs: endedAtMs ?? 0 }] as const] : [],
  );
  return Object.fromEntries([...taken, ...Object.entries(debts)].toSorted(([, one], [, other]) => one.seq - other.seq));
}

/** When the last that an instance answered, or may have begun to, came to nothing. */
function brokenOffAtMs(newest: readonly LateRow[]): number | undefined {
  const last = newest.find(
    ({ state, outcome }) =>
      state === "answered" || state === "replying" || (state === "dead" && /^(cut-off|ambiguous)/.test(outcome ?? "")),
  );
  return last?.state === "dead" ? (last.endedAtMs ?? undefined) : undefined;
}
