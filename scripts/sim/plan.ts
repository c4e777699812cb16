/** What a seed's world is made of: accounts, pools, instances, who writes when, and how bad the weather gets. Drawn once, then only read. */
import type { LimitRule } from "../../src/core/commit.ts";
import type { PoolRules } from "../../src/core/delivery-rules.ts";
import type { RampRule } from "../../src/core/ramp.ts";
import type { Dice } from "./dice.ts";

export type LinkName = "native" | "poll" | "chat";

export interface AccountPlan {
  readonly id: string;
  readonly channel: "telegram" | "whatsapp";
  readonly pool: string;
  readonly link: LinkName;
}

export interface PoolPlan {
  readonly name: string;
  readonly instances: readonly string[];
  readonly rules: Omit<PoolRules, "instances">;
  readonly strategy: string;
  readonly panicPercent: number;
  /** Hand-overs at once. */
  readonly concurrency: number | undefined;
}

/** Kinds of messages that are trouble by themselves. */
export type Temper = "plain" | "poison" | "unfit";

export interface Writing {
  readonly account: string;
  readonly chat: string;
  readonly conversation: string;
  readonly atMs: number;
  readonly temper: Temper;
  /** It says that its chat lives on as another. */
  readonly movedTo?: string;
  /** The conversation of the chat that this one was before; and whether that one said so itself, too. */
  readonly continues?: string;
  /** It is of no use later than this after it was written. */
  readonly freshForMs: number | undefined;
}

/** Probabilities of what can go wrong, as long as faults last. */
export interface Weather {
  readonly untilMs: number;
  /** At each point of a step where an object can die. */
  readonly crash: number;
  readonly storage: number;
  readonly refuse: number;
  readonly lose: number;
  readonly delay: number;
  readonly busy: number;
  readonly fail: number;
  readonly turnFails: number;
  /** Of a proxy before a gateway, which answers in its place: when it is down, and when it has just stored a message. */
  readonly proxy: number;
  readonly platform: number;
  readonly evictions: number;
  readonly outages: number;
  readonly restarts: number;
  readonly changes: number;
  readonly clockJumps: number;
  readonly configOutages: number;
  /** Alarms that the platform never rings, though no handler failed. */
  readonly lostAlarms: number;
}

/** The one thing that goes wrong in a calm world. */
export interface Incident {
  /** `blind`: probes call everybody down who is well. `returning`: it is drained, and will be back. `outage`: with many who write. */
  readonly kind: "dead" | "hung" | "blind" | "returning" | "outage";
  readonly instance: string;
  readonly atMs: number;
  readonly forMs: number;
}

export interface Plan {
  readonly accounts: readonly AccountPlan[];
  readonly pools: readonly PoolPlan[];
  readonly writings: readonly Writing[];
  readonly weather: Weather;
  /** How many keys an instance remembers. */
  readonly memory: number;
  /** What a sender may send; most seeds have no limit. */
  readonly limit: LimitRule | undefined;
  /** How long after a person's message the edge may speak freely to them. */
  readonly windowMs: number | undefined;
  readonly hasTemplate: boolean;
  /** Instances have objects that judge them, and those are asked; else chance chooses among them. */
  readonly isJudged: boolean;
  readonly recovery: RampRule;
  readonly isCalm: boolean;
  readonly incident: Incident | undefined;
}

const ACCOUNTS: readonly (AccountPlan & { readonly size: number })[] = [
  { id: "telegram:support", channel: "telegram", pool: "support", link: "native", size: 3 },
  { id: "telegram:sales", channel: "telegram", pool: "sales", link: "native", size: 2 },
  { id: "telegram:polled", channel: "telegram", pool: "polled", link: "poll", size: 2 },
  { id: "whatsapp:shop", channel: "whatsapp", pool: "agents", link: "chat", size: 2 },
];

export function planOf(dice: Dice): Plan {
  const chosen = ACCOUNTS.filter(() => dice.chance(0.5));
  const accounts = chosen.length > 0 ? chosen : [dice.pick(ACCOUNTS)];
  const pools = accounts.map(({ pool, size }) => poolOf(pool, dice.between(1, size), dice));
  const weather = weatherOf(dice);
  const isShared = dice.chance(0.5);
  const writings = accounts.flatMap((account) => writingsOf(account, { dice, isShared, untilMs: weather.untilMs * 0.8 }));
  return { accounts, pools, writings, weather, ...rulesOf(dice) };
}

function rulesOf(
  dice: Dice,
): Pick<Plan, "memory" | "limit" | "windowMs" | "hasTemplate" | "isJudged" | "recovery" | "isCalm" | "incident"> {
  const onLimit = dice.pick(["drop", "notify", "defer"] as const);
  return {
    memory: dice.pick([2, 10, 1000]),
    limit: dice.chance(0.15) ? { perMinute: 6, burst: 2, onLimit } : undefined,
    windowMs: dice.chance(0.1) ? 30_000 : undefined,
    hasTemplate: dice.chance(0.5),
    isJudged: dice.chance(0.4),
    recovery: { rampMs: dice.pick([0, 10_000, 60_000]), perSecond: dice.pick([2, 100]) },
    isCalm: false,
    incident: undefined,
  };
}

function poolOf(name: string, size: number, dice: Dice): PoolPlan {
  const instances = Array.from({ length: size }, (_, index) => `${name}-${index + 1}`);
  const standbys = size > 1 && dice.chance(0.3) ? instances.slice(-1) : [];
  return {
    name,
    instances,
    strategy: dice.pick(["rendezvous", "round-robin", "least-loaded", "weighted", "primary-standby"]),
    panicPercent: dice.pick([0, 0, 50]),
    concurrency: dice.chance(0.15) ? dice.between(1, 2) : undefined,
    rules: {
      policy: dice.pick(["hold", "hold-then-move", "hold-then-move", "move"]),
      holdMs: dice.pick([5000, 30_000]),
      ambiguous: dice.pick(["park", "park", "resend"]),
      maxAttempts: 12,
      poisonMs: dice.pick([60_000, 900_000, 900_000]),
      attemptMs: undefined,
      returnAfterMs: dice.pick([undefined, 5000, 60_000]),
      standbys,
      backlog: {
        policy: dice.pick(["flush", "flush", "collapse"]),
        keep: dice.between(1, 2),
        afterMs: dice.pick([1000, 20_000]),
        maxAgeMs: dice.pick([undefined, undefined, undefined, 10_000, 120_000]),
      },
      tells: { held: dice.chance(0.5), moved: dice.chance(0.5), unanswered: dice.chance(0.3) },
    },
  };
}

/** Share of chats that become another one. */
const MOVING_CHATS = 0.15;

interface WritingBy {
  readonly dice: Dice;
  readonly isShared: boolean;
  readonly untilMs: number;
}

/** The first chat of a Telegram account may be a person's, who is one conversation whichever account they write to. */
function writingsOf(account: AccountPlan, { dice, isShared, untilMs }: WritingBy): readonly Writing[] {
  const chats = Array.from({ length: dice.between(1, 2) }, (_, index) => String(index + 1));
  return chats.flatMap((chat) => {
    const isPerson = isShared && chat === "1" && account.link === "native";
    const conversation = isPerson ? "person/alice" : `${account.id}/chat/${chat}`;
    const span = dice.pick([2000, 20_000, untilMs]);
    const written: readonly Writing[] = Array.from({ length: dice.between(1, 5) }, () => ({
      account: account.id,
      chat,
      conversation,
      atMs: dice.between(0, span),
      temper: temperOf(dice),
      freshForMs: dice.chance(0.05) ? dice.pick([5000, 60_000]) : undefined,
    })).toSorted((left, right) => left.atMs - right.atMs);
    return dice.chance(MOVING_CHATS) ? moving(account, written) : written;
  });
}

/** From its second half on the chat is another one. On Telegram the old one says so, on WhatsApp the first word in the new one. */
function moving({ channel }: AccountPlan, written: readonly Writing[]): readonly Writing[] {
  const half = Math.ceil(written.length / 2);
  const last = written[half - 1];
  if (last === undefined || last.conversation.startsWith("person/")) return written;
  const conversation = `${last.conversation}b`;
  const before = channel === "telegram" ? { ...last, movedTo: conversation } : last;
  // Now and then somebody still writes in the old one.
  const after = written
    .slice(half)
    .map((one, index) => (index === 1 ? one : { ...one, chat: `${one.chat}b`, conversation, continues: last.conversation }));
  return [...written.slice(0, half - 1), before, ...after];
}

function temperOf(dice: Dice): Temper {
  const thrown = dice.next();
  if (thrown < 0.03) return "poison";
  return thrown < 0.05 ? "unfit" : "plain";
}

/** Some seeds are calm in some respects, so that one kind of trouble is not always hidden behind another. */
function weatherOf(dice: Dice): Weather {
  const some = (...rates: readonly number[]): number => dice.pick([0, ...rates]);
  return {
    untilMs: dice.pick([20_000, 90_000, 300_000]),
    crash: some(0.01, 0.05, 0.1),
    storage: some(0.01, 0.04),
    refuse: some(0.1, 0.4),
    lose: some(0.05, 0.2),
    delay: some(0.1, 0.3),
    busy: some(0.1, 0.3),
    fail: some(0.1, 0.3),
    turnFails: some(0.1, 0.3),
    platform: some(0.1, 0.3),
    evictions: some(1, 4),
    outages: some(1, 3),
    restarts: some(1, 4),
    changes: some(1, 4),
    clockJumps: some(0.1, 0.5),
    configOutages: some(0, 0, 1, 2),
    lostAlarms: some(0, 0.01, 0.1),
    proxy: some(0, 0.1, 0.3),
  };
}
