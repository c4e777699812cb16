import { expect, it } from "vitest";
import {
  type BotState,
  bornWith,
  FIRST_GENERATION,
  FLUSH_AFTER_MS,
  flush,
  generationOf,
  type PermitEvent,
  penalize,
  permit,
  revoke,
  suppressed,
} from "../../../durable-objects/bot/machine.ts";

const fresh: BotState = bornWith(new Map(), {});
const pace = { chat: { perMinute: 60, burst: 2 }, bot: { perMinute: 1800, burst: 30 } };
const chat = { id: "777", kind: "direct" } as const;
const event: PermitEvent = {
  account: "telegram:support",
  instance: "eu-1",
  generation: FIRST_GENERATION,
  class: "send",
  chat,
  pace,
  nowMs: 1000,
};

const after = (state: BotState, count: number, bent: Partial<PermitEvent> = {}): BotState => {
  let next = state;
  for (let index = 0; index < count; index += 1) next = permit(next, { ...event, ...bent }).state;
  return next;
};

it("a current token gets its turn, with a serial of its own", () => {
  const first = permit(fresh, event);
  expect(first.reply).toEqual({ verdict: "go", waitMs: 0, serial: 1 });
  expect(permit(first.state, event).reply).toMatchObject({ serial: 2 });
});

it("revoking ends the instance's tokens, and nobody else's", () => {
  const { state, effects, reply } = revoke(fresh, "eu-1");
  expect(reply).toBe(2);
  expect(effects).toEqual([{ do: "keep-generation", instance: "eu-1", generation: 2 }]);
  expect(permit(state, event).reply).toEqual({ verdict: "revoked" });
  expect(permit(state, { ...event, generation: 2 }).reply.verdict).toBe("go");
  expect(permit(state, { ...event, instance: "us-1" }).reply.verdict).toBe("go");
});

it("generations end rather than begin again, or an old token would come back to life", () => {
  const last = bornWith(new Map([["eu-1", 0xffff]]), {});
  expect(revoke(last, "eu-1")).toMatchObject({ reply: undefined, effects: [] });
  expect(generationOf(last, "eu-1")).toBe(0xffff);
});

it("a revoked token takes nobody's turn", () => {
  const { state } = revoke(fresh, "eu-1");
  expect(permit(after(state, 10), { ...event, instance: "us-1" }).reply).toMatchObject({ waitMs: 0 });
});

it("a wait that a request cannot outlast is refused with the time to come again", () => {
  expect(permit(after(fresh, 26), event).reply).toMatchObject({ verdict: "go", waitMs: 25_000 });
  expect(permit(after(fresh, 27), event).reply).toEqual({ verdict: "later", retryAfterMs: 26_000 });
});

it("topics of a chat share its lane, a business connection has its own", () => {
  const state = after(fresh, 2, { chat: { ...chat, thread: "5" } });
  expect(permit(state, event).reply).toMatchObject({ waitMs: 1000 });
  expect(permit(state, { ...event, chat: { ...chat, connection: "b1" } }).reply).toMatchObject({ waitMs: 0 });
});

it("only what a person sees arms a flush, once; typing, edits and reading cost no row", () => {
  for (const kind of ["typing", "edit", "query", "bot-change", "poll"]) {
    expect(permit(fresh, { ...event, class: kind }).effects, kind).toEqual([]);
  }
  const first = permit(after(fresh, 1, { class: "typing" }), event);
  expect(first.effects).toEqual([{ do: "arm-flush", atMs: 1000 + FLUSH_AFTER_MS }]);
  expect(permit(first.state, event).effects).toEqual([]);
});

it("a flush writes all that was counted, once, and the next send arms the next", () => {
  const flushed = flush(after(after(fresh, 3), 2, { class: "typing" }));
  const counted = (kind: string) => `egress_calls_total{account="telegram:support",class="${kind}",verdict="go"}`;
  expect(flushed.effects).toEqual([{ do: "keep-counters", counters: { [counted("send")]: 3, [counted("typing")]: 2 } }]);
  expect(flush(flushed.state).effects).toEqual([]);
  expect(permit(flushed.state, event).effects).toHaveLength(1);
});

it("a suppressed call is counted and gives its turn to the owner", () => {
  const { state } = suppressed(after(fresh, 2), { account: event.account, instance: "us-1", chat, nowMs: 1000 });
  expect(permit(state, event).reply).toMatchObject({ waitMs: 0 });
  expect(state.counters).toMatchObject({ 'suppressed_total{account="telegram:support",instance="us-1"}': 1 });
});

it("a suppressed call is written down at once: what /metrics says of it is never behind the log", () => {
  const step = suppressed(after(fresh, 1), { account: event.account, instance: "us-1", chat, nowMs: 1000 });
  expect(step.effects).toEqual([{ do: "keep-counters", counters: step.state.counters }]);
  expect(flush(step.state).effects).toEqual([]);
  expect(suppressed(fresh, { account: event.account, instance: "us-1", chat, nowMs: 1000 }).state.flushAtMs).toBeUndefined();
});

it("a pause the platform asked for makes the chat's next calls wait", () => {
  const { state } = penalize(fresh, { account: event.account, chat, pace, retryAfterMs: 7000, nowMs: 1000 });
  expect(permit(state, event).reply).toMatchObject({ verdict: "go", waitMs: 7000 });
});

it("an edit without a topic is told where this instance spoke lately, the newest first", () => {
  const inTopic = (thread: string) => ({ chat: { ...chat, thread } });
  const state = after(after(after(fresh, 1, inTopic("5")), 1, inTopic("6")), 1, { instance: "us-1", ...inTopic("9") });
  expect(permit(state, { ...event, class: "edit" }).reply).toMatchObject({ threads: ["6", "5"] });
  expect(permit(state, { ...event, class: "edit", ...inTopic("7") }).reply).not.toHaveProperty("threads");
  expect(permit(state, { ...event, class: "edit", chat: { ...chat, id: "778" } }).reply).not.toHaveProperty("threads");
});
