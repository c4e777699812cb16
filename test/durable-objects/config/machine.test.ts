import fc from "fast-check";
import { expect, it } from "vitest";
import { dueAtMs, isPending, STALE_READ_MS } from "../../../durable-objects/config/copies.ts";
import { step } from "../../../durable-objects/config/machine.ts";
import {
  type ConfigAnswer,
  type ConfigEvent,
  type ConfigState,
  initialState,
  type Offered,
  type Verdict,
} from "../../../durable-objects/config/state.ts";
import { statusOf } from "../../../durable-objects/config/status.ts";

const good: Verdict = { ok: true, warnings: [], instances: ["eu-1", "us-1"], pools: { support: ["eu-1"] } };
const bad: Verdict = { ok: false, issues: [{ level: "error", path: "pools.support.instances[0]", message: "no instance is called eu-9" }] };

const offer = (source: Offered["source"], hash: string, atMs: number, verdict: Verdict = good): Offered => ({
  kind: "offered",
  source,
  hash,
  verdict,
  atMs,
});
const raw = (hash: string, atMs: number, verdict?: Verdict) => offer("raw", hash, atMs, verdict);
const push = (hash: string, atMs: number, verdict?: Verdict) => offer("push", hash, atMs, verdict);
const drain = (instance: string, isDraining: boolean, atMs = 0): ConfigEvent => ({ kind: "drain-set", instance, isDraining, atMs });

interface Run {
  readonly state: ConfigState;
  readonly answers: readonly ConfigAnswer[];
  readonly kept: readonly string[];
  readonly events: readonly string[];
}

/** Events one after the other; after each, everything wanted is written to KV, unless `writes` is false. */
function run(events: readonly ConfigEvent[], writes = true): Run {
  let state = initialState;
  const answers: ConfigAnswer[] = [];
  const kept: string[] = [];
  const logged: string[] = [];
  for (const event of events) {
    const result = step(state, event);
    state = result.state;
    answers.push(result.answer);
    logged.push(...result.log.map((line) => line.event));
    if (result.keep !== undefined) kept.push(`${result.keep.number}:${result.keep.hash}`);
    if (writes && "atMs" in event) state = written(state, event.atMs);
  }
  return { state, answers, kept, events: logged };
}

function written(state: ConfigState, atMs: number): ConfigState {
  const all = (["accepted", "raw"] as const).filter((copy) => isPending(state.copies[copy]));
  return all.reduce((now, copy) => step(now, { kind: "written", copy, revision: now.copies[copy].wanted, atMs }).state, state);
}

const later = STALE_READ_MS;

it.each<{ story: string; events: readonly ConfigEvent[]; answers: readonly string[]; number: number; kept: readonly string[] }>([
  { story: "a first good document gets number 1", events: [raw("A", 0)], answers: ["accepted"], number: 1, kept: ["1:A"] },
  { story: "a bad document gets no number", events: [push("X", 0, bad)], answers: ["rejected"], number: 0, kept: [] },
  {
    story: "the same raw text again is no event",
    events: [raw("A", 0), raw("A", 1)],
    answers: ["accepted", "unchanged"],
    number: 1,
    kept: ["1:A"],
  },
  {
    story: "pushing what is in force gives no number",
    events: [push("A", 0), push("A", 1)],
    answers: ["accepted", "unchanged"],
    number: 1,
    kept: ["1:A"],
  },
  {
    story: "a bad raw text leaves the document in force",
    events: [raw("A", 0), raw("X", 1, bad)],
    answers: ["accepted", "rejected"],
    number: 1,
    kept: ["1:A"],
  },
  {
    story: "after a push the raw text it replaced is a stale read",
    events: [raw("A", 0), push("B", 1), raw("A", later)],
    answers: ["accepted", "accepted", "ignored"],
    number: 2,
    kept: ["1:A", "2:B"],
  },
  {
    story: "after the window the old raw text is a put like any other",
    events: [raw("A", 0), push("B", 1), raw("A", later + 1)],
    answers: ["accepted", "accepted", "accepted"],
    number: 3,
    kept: ["1:A", "2:B", "3:A"],
  },
  {
    story: "of three quick raw puts neither of the first two comes back",
    events: [raw("A", 0), raw("B", 1), raw("C", 2), raw("A", 3), raw("B", 4)],
    answers: ["accepted", "accepted", "accepted", "ignored", "ignored"],
    number: 3,
    kept: ["1:A", "2:B", "3:C"],
  },
  {
    story: "a push takes effect although its text was replaced a moment ago",
    events: [push("A", 0), push("B", 1), push("A", 2), raw("B", 3), raw("A", 4)],
    answers: ["accepted", "accepted", "accepted", "ignored", "unchanged"],
    number: 3,
    kept: ["1:A", "2:B", "3:A"],
  },
  {
    story: "a rollback brings a text back under a new number",
    events: [push("A", 0), push("B", 1), offer("rollback", "A", 2)],
    answers: ["accepted", "accepted", "accepted"],
    number: 3,
    kept: ["1:A", "2:B", "3:A"],
  },
  {
    story: "a drain has a number of its own and keeps the text",
    events: [push("A", 0), drain("eu-1", true), drain("eu-1", true), drain("eu-1", false)],
    answers: ["accepted", "accepted", "unchanged", "accepted"],
    number: 3,
    kept: ["1:A"],
  },
  {
    story: "only an instance of the document can be drained",
    events: [push("A", 0), drain("eu-9", true)],
    answers: ["accepted", "unknown-instance"],
    number: 1,
    kept: ["1:A"],
  },
  {
    story: "nothing can be drained before there is a document",
    events: [drain("eu-1", true)],
    answers: ["unknown-instance"],
    number: 0,
    kept: [],
  },
  {
    story: "newer code may accept the raw text that older code refused",
    events: [raw("A", 0), raw("X", 1, bad), raw("X", 2, bad), raw("X", 3, good)],
    answers: ["accepted", "rejected", "rejected", "accepted"],
    number: 2,
    kept: ["1:A", "2:X"],
  },
])("$story", ({ events, answers, number, kept }) => {
  const result = run(events);
  expect(result.answers.map((answer) => answer.status)).toEqual(answers);
  expect(result.state.number).toBe(number);
  expect(result.kept).toEqual(kept);
});

it("a rejection is remembered with path and reason, logged, counted, and hides nothing of what is in force", () => {
  const { state, events } = run([raw("A", 0), raw("X", 7, bad)]);
  expect(events).toEqual(["routes.accepted", "routes.rejected"]);
  const status = statusOf(state);
  expect(status.lastRejected).toMatchObject({ source: "raw", hash: "X", atMs: 7, issues: [{ path: "pools.support.instances[0]" }] });
  expect(status).toMatchObject({ number: 1, document: { hash: "A" }, raw: { hash: "X", isRejected: true } });
  expect(status.counters).toEqual({ 'clawedge_routes_accepted_total{source="raw"}': 1, 'clawedge_routes_rejected_total{source="raw"}': 1 });
});

it("a stale read of a refused text is not reported a second time", () => {
  const { events } = run([raw("A", 0), raw("X", 1, bad), raw("X", 2, bad), raw("X", 3, bad)]);
  expect(events.filter((event) => event === "routes.rejected")).toHaveLength(1);
});

it.each<[string, ConfigEvent]>([
  ["accepting another document", push("B", 2)],
  ["pushing the document in force again", push("A", 2)],
])("%s settles the last rejection", (_how, event) => {
  expect(run([raw("A", 0), raw("X", 1, bad), event]).state.lastRejected).toBeUndefined();
});

it("pushing the document in force over a bad raw text repairs the raw key", () => {
  const { state } = run([raw("A", 0), raw("X", 1, bad), push("A", 2)], false);
  expect(state.raw).toEqual({ hash: "A", isRejected: false });
  expect(isPending(state.copies.raw)).toBe(true);
});

it("a refused push leaves the raw key alone", () => {
  const { state } = run([raw("A", 0), push("X", 1, bad)]);
  expect(state.raw).toEqual({ hash: "A", isRejected: false });
  expect(state.lastRejected?.source).toBe("push");
});

it("only the first hundred issues are kept, and all are counted", () => {
  const issues = Array.from({ length: 250 }, (_, index) => ({ level: "error" as const, path: `rules[${index}]`, message: "no" }));
  const { state } = run([push("X", 0, { ok: false, issues })]);
  expect(state.lastRejected?.issues).toHaveLength(100);
  expect(state.lastRejected?.issueCount).toBe(250);
});

it("without any document the status says what is missing", () => {
  expect(statusOf(initialState).number).toBeUndefined();
  expect(statusOf(initialState).missing).toContain("key `routes`");
});

it("a draining instance that left the document is forgotten, also when it comes back", () => {
  const without: Verdict = { ok: true, warnings: [], instances: ["us-1"], pools: {} };
  const { state } = run([push("A", 0), drain("eu-1", true), drain("us-1", true), push("B", 1, without), push("A", 2)]);
  expect(state.draining).toEqual(["us-1"]);
});

const returning = (instance: string, atMs = 0): ConfigEvent => ({
  ...{ kind: "drain-set", instance, isDraining: true, isReturning: true, atMs },
});

it.each<{ story: string; events: readonly ConfigEvent[]; draining: readonly string[]; returning: readonly string[]; number: number }>([
  { story: "one that will be back is on both lists", events: [returning("eu-1")], draining: ["eu-1"], returning: ["eu-1"], number: 2 },
  {
    story: "said twice it is said once",
    events: [returning("eu-1"), returning("eu-1")],
    draining: ["eu-1"],
    returning: ["eu-1"],
    number: 2,
  },
  {
    story: "an operator may think better of it, either way",
    events: [drain("eu-1", true), returning("eu-1"), drain("eu-1", true)],
    ...{ draining: ["eu-1"], returning: [], number: 4 },
  },
  {
    story: "taking it back ends both, and nothing of another",
    events: [returning("eu-1"), returning("us-1"), drain("eu-1", false)],
    ...{ draining: ["us-1"], returning: ["us-1"], number: 4 },
  },
  {
    story: "nobody returns who does not drain",
    events: [{ kind: "drain-set", instance: "eu-1", isDraining: false, isReturning: true, atMs: 0 }],
    ...{ draining: [], returning: [], number: 1 },
  },
  {
    story: "it ends with the instance",
    events: [returning("eu-1"), push("B", 1, { ok: true, warnings: [], instances: ["us-1"], pools: {} }), push("A", 2)],
    ...{ draining: [], returning: [], number: 4 },
  },
])("returning drains: $story", ({ events, draining, returning: back, number }) => {
  const { state } = run([push("A", 0), ...events]);
  expect([state.draining, state.returning, state.number]).toEqual([draining, back, number]);
  expect(statusOf(state)).toMatchObject({ draining, returning: back });
});

it("the stale window begins when the replacement reached KV, not when it was decided", () => {
  const pushed = run([raw("A", 0), push("B", 1)], false).state;
  expect(step(pushed, raw("A", 10 * later)).answer.status).toBe("ignored");
  const published = written(pushed, 10 * later);
  expect(step(published, raw("A", 11 * later - 1)).answer).toEqual({ status: "ignored", againAtMs: 11 * later });
  expect(step(published, raw("A", 11 * later)).answer.status).toBe("accepted");
});

it("a raw put that comes while a push waits for KV keeps its place there", () => {
  const { state } = run([raw("A", 0), push("B", 1), raw("C", 2)], false);
  expect(state.document?.hash).toBe("C");
  expect(isPending(state.copies.raw)).toBe(false);
  expect(isPending(state.copies.accepted)).toBe(true);
});

it("a failed write comes back later and later, and an offer meanwhile makes it due again", () => {
  const accepted = run([raw("A", 0)], false).state;
  expect(dueAtMs(accepted)).toBe(0);
  const fail = (state: ConfigState) => step(state, { kind: "unwritten", copy: "accepted", detail: "503", atMs: 0, dice: 0.5 }).state;
  const once = fail(accepted);
  expect(dueAtMs(once)).toBe(1000);
  expect(dueAtMs(fail(once))).toBe(2000);
  expect(statusOf(once).copies.accepted).toMatchObject({ isWritten: false, failures: 1, lastError: "503" });
  expect(dueAtMs(step(once, raw("B", 5)).state)).toBe(5);
});

it("two writes of one key are more than a second apart", () => {
  const { state } = run([push("A", 1000)]);
  expect(dueAtMs(state)).toBeUndefined();
  expect(dueAtMs(step(state, push("B", 1500)).state)).toBe(2100);
});

it("a write that ends after a newer revision was wanted leaves that one pending", () => {
  const first = run([push("A", 0)], false).state;
  const second = step(first, push("B", 1)).state;
  const done = step(second, { kind: "written", copy: "accepted", revision: first.copies.accepted.wanted, atMs: 2 }).state;
  expect(isPending(done.copies.accepted)).toBe(true);
});

const verdictOf = (hash: string): Verdict => (hash === "X" ? bad : good);

/** Any event `gapMs` after the one before it. */
const anyEvent = fc.oneof(
  fc
    .tuple(fc.constantFrom("raw" as const, "push" as const, "rollback" as const), fc.constantFrom("A", "B", "C", "X"), fc.nat(2 * later))
    .map(([source, hash, gapMs]) => ({ gapMs, at: (atMs: number): ConfigEvent => offer(source, hash, atMs, verdictOf(hash)) })),
  fc
    .tuple(fc.constantFrom("eu-1", "us-1", "eu-9"), fc.boolean(), fc.nat(1000))
    .map(([instance, isDraining, gapMs]) => ({ gapMs, at: (atMs: number): ConfigEvent => drain(instance, isDraining, atMs) })),
);

it("whatever is offered and drained: numbers grow by one or stay, and what is in force was good", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.boolean(), (choices, writes) => {
      let state = initialState;
      let nowMs = 0;
      for (const { gapMs, at } of choices) {
        nowMs += gapMs;
        const before = state;
        const { state: after, answer } = step(before, at(nowMs));
        const isAccepted = answer.status === "accepted";
        expect(after.number).toBe(before.number + Number(isAccepted));
        expect(after.document?.hash).not.toBe("X");
        expect(!isAccepted || isPending(after.copies.accepted)).toBe(true);
        expect(after.superseded.map((entry) => entry.hash)).not.toContain(after.raw?.hash);
        state = writes ? written(after, nowMs) : after;
      }
      expect(state.superseded.length).toBeLessThanOrEqual(4);
    }),
  );
});

it("a put that no other follows is in force after the window at the latest, if it is good", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 20 }), fc.constantFrom("A", "B", "C"), (choices, last) => {
      const { state } = run(choices.map(({ at }, index) => at(index)));
      const offeredOnce = step(state, raw(last, 100)).state;
      const offeredAgain = step(offeredOnce, raw(last, 100 + later)).state;
      expect(offeredAgain.document?.hash).toBe(last);
    }),
  );
});
