/** How planted bugs bend what goes into the conversation machine and what comes out of it. Without a bug everything passes through untouched. */
import type { Event } from "../../durable-objects/conversation/machine.ts";
import type { Effect, Pin, State, Step, Write } from "../../durable-objects/conversation/state.ts";
import type { DeliveryRules, PoolRules } from "../../src/core/delivery-rules.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import type { Bug } from "./bugs.ts";

export function bentEvent(bug: Bug | undefined, told: Event, { pins }: State): Event {
  const event = told.type === "outcome" ? { ...told, outcome: bentOutcome(bug, told.outcome) } : told;
  if (bug === "asked-again" && event.type === "wake") return withPools(event, { ambiguous: "resend" });
  return "rules" in event && bug !== undefined ? { ...event, rules: bentRules(bug, event.rules, pins) } : event;
}

function bentRules(bug: Bug, rules: DeliveryRules, pins: State["pins"]): DeliveryRules {
  if (bug === "moves-while-returning") return { ...rules, returning: [] };
  if (bug === "drained-is-used") return { ...rules, draining: [], returning: [] };
  if (bug === "restart-is-told") return rules.returning.length === 0 ? rules : { ...rules, returning: [], pools: holding(rules.pools) };
  const bend = BENDS[bug];
  return bend === undefined ? rules : { ...rules, pools: each(rules.pools, (pool, name) => ({ ...pool, ...bend(pool, pins[name]) })) };
}

const each = (pools: DeliveryRules["pools"], bend: (pool: PoolRules, name: string) => PoolRules): DeliveryRules["pools"] =>
  Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, bend(pool, name)] as const));

const holding = (pools: DeliveryRules["pools"]): DeliveryRules["pools"] => each(pools, (pool) => ({ ...pool, policy: "hold" }));

const BENDS: { readonly [Name in Bug]?: (rules: PoolRules, pin: Pin | undefined) => Partial<PoolRules> } = {
  "no-dead-letter": () => ({ maxAttempts: Infinity, poisonMs: Infinity }),
  "hold-ignored": () => ({ holdMs: 0 }),
  "hold-moves": ({ policy }) => ({ policy: policy === "hold" ? "hold-then-move" : policy }),
  "not-in-the-pool": ({ instances }, pin) => (pin === undefined ? {} : { instances: [...new Set([...instances, pin.instance])] }),
  "everything-expires": ({ backlog }) => ({ backlog: { ...backlog, maxAgeMs: 60_000 } }),
};

function bentOutcome(bug: Bug | undefined, outcome: Outcome): Outcome {
  if (bug === "eager-failover" && outcome.kind === "unknown") return { kind: "unreachable", detail: "no answer" };
  if (bug === "bad-gateway-has-nothing" && [502, 504].includes(outcome.status ?? 0)) return { ...outcome, kind: "failed" };
  if (bug === "busy-is-broken" && outcome.kind === "busy") return { ...outcome, isDraining: true };
  if (bug === "outage-is-poison" && outcome.kind === "unreachable") return { kind: "failed", detail: outcome.detail };
  return outcome;
}

const withPools = <Ruled extends Extract<Event, { readonly rules: object }>>(event: Ruled, bent: Partial<PoolRules>): Ruled => ({
  ...event,
  rules: { ...event.rules, pools: each(event.rules.pools, (pool) => ({ ...pool, ...bent })) },
});

/** What the machine believes before a step. */
export function bentBefore(bug: Bug | undefined, state: State): State {
  if (bug === "notice-every-message") return { ...state, isTold: undefined };
  if (bug !== "collapse-drops-maybe") return state;
  return { ...state, queue: state.queue.map((entry) => (entry.heldSinceMs === undefined ? entry : { ...entry, maybeAt: undefined })) };
}

export function bentWrites(bug: Bug | undefined, { writes, effects }: Step): readonly Write[] {
  if (bug === "reply-not-written") return writes.filter(({ row }) => row !== "reply");
  if (bug !== "mark-before-send") return writes;
  const marks = effects.flatMap((effect): readonly Write[] => {
    if (effect.do !== "hand-over") return [];
    const { entry, attempt } = effect;
    const { instance, epoch } = attempt;
    return [
      { row: "end", ending: { seq: entry.seq, entry, state: "delivered", outcome: "sent", instance, epoch, atMs: entry.committedAtMs } },
    ];
  });
  return [...writes, ...marks];
}

export function bentState(bug: Bug | undefined, state: State, event: Event | undefined): State {
  if (bug === "replay-reorders" && event?.type === "replay") {
    const isReplay = ({ seq }: { readonly seq: number }): boolean => seq === state.nextSeq - 1;
    const [head, ...rest] = state.queue.filter((entry) => !isReplay(entry));
    const replays = state.queue.filter(isReplay);
    if (head === undefined) return state;
    return { ...state, queue: head.attempt === undefined ? [...replays, head, ...rest] : [head, ...replays, ...rest] };
  }
  return state;
}

export function bentEffects(bug: Bug | undefined, { state, effects }: Step): readonly Effect[] {
  if (bug === "move-back-too-early")
    return effects.map((effect) => (effect.do === "choose" ? { ...effect, exclude: effect.exclude.slice(0, 1) } : effect));
  if (bug !== "parallel-sends") return effects;
  return effects.flatMap((effect): readonly Effect[] => {
    const next = state.queue[1];
    if (effect.do !== "hand-over" || next === undefined) return [effect];
    const attempt = { ...effect.attempt, id: `${next.seq}.early` };
    return [effect, { do: "hand-over", entry: { ...next, attempt }, attempt }];
  });
}
