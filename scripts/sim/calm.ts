/** Worlds without weather, in which one thing goes wrong: what the promises about time are judged in. */
import type { Dice } from "./dice.ts";
import type { Incident, Plan, PoolPlan, Weather, Writing } from "./plan.ts";

const ACCOUNT = { id: "telegram:support", channel: "telegram", pool: "support", link: "native" } as const;
const CALM: Weather = {
  ...{ untilMs: 120_000, crash: 0, storage: 0, refuse: 0, lose: 0, delay: 0, busy: 0, fail: 0, turnFails: 0, platform: 0, proxy: 0 },
  ...{ evictions: 0, outages: 0, restarts: 0, changes: 0, clockJumps: 0, configOutages: 0, lostAlarms: 0 },
};
/** Somewhere between two probes. */
const AT_MS = { least: 20_000, most: 29_000 };
const OUTAGE_MS = 30_000;
/** So many write into an outage. */
const MANY = 100;

export function calmPlanOf(dice: Dice): Plan {
  const kind = dice.pick(["dead", "hung", "blind", "returning", "outage"] as const);
  const pool = poolOf(kind === "outage" ? 1 : dice.between(2, 3), kind, dice);
  const atMs = dice.between(AT_MS.least, AT_MS.most);
  const incident: Incident = { kind, instance: "support-1", atMs, forMs: kind === "outage" ? OUTAGE_MS : 45_000 };
  return {
    ...{ accounts: [ACCOUNT], pools: [pool], weather: CALM, memory: 1000, limit: undefined, windowMs: undefined, hasTemplate: false },
    ...{ isJudged: true, isCalm: true, incident, recovery: { rampMs: 60_000, perSecond: dice.pick([20, 50]) } },
    writings: kind === "outage" ? outageWritings(atMs, dice) : writingsOf(atMs, dice),
  };
}

function poolOf(size: number, kind: Incident["kind"], dice: Dice): PoolPlan {
  return {
    ...{ name: "support", strategy: "rendezvous", panicPercent: kind === "blind" ? 50 : 0, concurrency: undefined },
    instances: Array.from({ length: size }, (_, index) => `support-${index + 1}`),
    rules: {
      ...{ policy: "hold-then-move", holdMs: dice.pick([3000, 10_000]), ambiguous: "park", maxAttempts: 12, poisonMs: 900_000 },
      ...{ attemptMs: undefined, standbys: [], backlog: { policy: "flush", keep: 1, afterMs: 60_000 } },
      tells: { held: true, moved: true, unanswered: false },
    },
  };
}

const writing = (chat: number, atMs: number): Writing => ({
  ...{ account: ACCOUNT.id, chat: String(chat), conversation: `${ACCOUNT.id}/chat/${chat}`, atMs },
  ...{ temper: "plain", freshForMs: undefined },
});

/** Ten that write before and meanwhile, and ten that come anew. */
function writingsOf(atMs: number, dice: Dice): readonly Writing[] {
  const chats = Array.from({ length: 10 }, (_, index) => index + 1);
  return chats.flatMap((chat) => [
    writing(chat, dice.between(0, 3000)),
    writing(chat, atMs + dice.between(1, 30_000)),
    writing(chat + 100, atMs + dice.between(1, 30_000)),
  ]);
}

/** Each writes before, and meanwhile, and goes on when it is back. */
const outageWritings = (atMs: number, dice: Dice): readonly Writing[] =>
  Array.from({ length: MANY }, (_, index) => [
    writing(index + 1, dice.between(0, 5000)),
    writing(index + 1, atMs + dice.between(1, 8000)),
    writing(index + 1, atMs + dice.between(8000, OUTAGE_MS)),
    writing(index + 1, atMs + OUTAGE_MS + dice.between(0, 8000)),
  ]).flat();
