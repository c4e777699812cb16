/** How an ended message is told: one log line and the increments of the metrics. Pure; the object decides when. */
import type { LogLine } from "../../src/core/log-line.ts";
import { addDeltas, type Delta, observation, series } from "../../src/core/series.ts";
import type { TerminalState } from "../../src/core/terminal.ts";
import type { Ending } from "./state.ts";

export function settledLine(conversation: string, ending: Ending): LogLine {
  const { entry } = ending;
  return {
    level: ending.state === "dead" ? "error" : "info",
    event: "message.settled",
    account: entry.account,
    channel: channelOf(entry.account),
    conversation,
    message: entry.messageId,
    kind: entry.kind,
    pool: entry.pool,
    rule: entry.rule,
    instance: ending.instance ?? null,
    epoch: ending.epoch ?? null,
    outcome: ending.outcome,
    state: ending.state,
    attempts: entry.tries,
    ackMs: entry.committedAtMs - entry.arrivedAtMs,
    deliveredMs: ending.atMs - entry.arrivedAtMs,
    trace: entry.trace,
    traceId: entry.traceId,
    ...(entry.isReplay ? { replay: true } : {}),
    ...(entry.tier === undefined ? {} : { tier: entry.tier }),
  };
}

export function deltaOf(ending: Ending): Delta {
  const { entry } = ending;
  const account = { account: entry.account };
  const state = series("clawedge_messages_total", { ...account, state: ending.state });
  const ended = entry.isReplay ? { [series("clawedge_replays_total", { ...account, state: ending.state })]: 1 } : { [state]: 1 };
  const ack = entry.isReplay ? {} : observation("clawedge_ack_ms", account, entry.committedAtMs - entry.arrivedAtMs);
  if (ending.instance === undefined || !TOOK.has(ending.state)) return addDeltas(ended, ack);
  return addDeltas(
    ended,
    ack,
    observation("clawedge_delivered_ms", { ...account, instance: ending.instance }, ending.atMs - entry.arrivedAtMs),
    {
      [series("clawedge_outcomes_total", { instance: ending.instance, outcome: outcomeOf(ending) })]: 1,
    },
  );
}

/** The hand-over's: how its answer was sent is not the instance's doing. */
const outcomeOf = ({ state, outcome }: Ending): string => (state === "answered" ? "accepted" : outcome);

/** An instance took it; what became of an answer on its way to the person is told by the state. */
const TOOK: ReadonlySet<TerminalState> = new Set(["delivered", "answered"]);

export const channelOf = (account: string): string => account.slice(0, account.indexOf(":"));
