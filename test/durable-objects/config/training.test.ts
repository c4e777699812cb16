/** Documents with intents, as the Config object's machine decides them: which are trained, what that ends in, and what it never becomes. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { dueAtMs, isPending } from "../../../durable-objects/config/copies.ts";
import { step } from "../../../durable-objects/config/machine.ts";
import { type ConfigEvent, type ConfigState, initialState, type OfferSource, type Verdict } from "../../../durable-objects/config/state.ts";
import { statusOf } from "../../../durable-objects/config/status.ts";
import { fail, ok } from "../../../src/core/result.ts";

const good: Verdict = { ok: true, warnings: [], instances: ["eu-1"], pools: { support: ["eu-1"] } };
const untrained: Verdict = { ...good, isUntrained: true };
const bad: Verdict = { ok: false, issues: [{ level: "error", path: "pools", message: "no" }] };

const offer = (source: OfferSource, hash: string, verdict: Verdict = untrained, model?: string): ConfigEvent => ({
  ...{ kind: "offered", source, hash, verdict, model, atMs: 0 },
});
const raw = (hash: string, verdict?: Verdict) => offer("raw", hash, verdict);
const push = (hash: string, verdict?: Verdict) => offer("push", hash, verdict);
/** With its artefact, or without intents. */
const ready = (hash: string, model?: string) => offer("push", hash, good, model);
const began: ConfigEvent = { kind: "training-began", atMs: 1 };
const trained = (hash: string): ConfigEvent => ({
  ...{ kind: "training-ended", hash, outcome: ok({ verdict: good, model: `model of ${hash}` }), atMs: 2 },
});
const threw = (hash: string): ConfigEvent => ({ kind: "training-ended", hash, outcome: fail("out of memory"), atMs: 2 });
const learnedAnew: ConfigEvent = {
  ...{ kind: "offered", source: "rollback", hash: "A", verdict: untrained, restoredFrom: 1, isLearnedAnew: true, atMs: 0 },
};
const drain: ConfigEvent = { kind: "drain-set", instance: "eu-1", isDraining: true, atMs: 0 };

function run(events: readonly ConfigEvent[], from: ConfigState = initialState) {
  let state = from;
  const answers: string[] = [];
  const kept: string[] = [];
  for (const event of events) {
    const result = step(state, event);
    state = result.state;
    answers.push(result.answer.status);
    if (result.keep !== undefined) kept.push(`${result.keep.number}:${result.keep.hash}:${result.keep.model ?? "none"}`);
  }
  return { state, answers, kept, training: state.training?.hash };
}

interface Story {
  readonly story: string;
  readonly events: readonly ConfigEvent[];
  readonly answers: readonly string[];
  readonly kept: readonly string[];
  readonly training?: string;
}

it.each<Story>([
  { story: "what is untrained gets no number", events: [push("A")], answers: ["training"], kept: [], training: "A" },
  {
    story: "once trained it does",
    events: [push("A"), began, trained("A")],
    answers: ["training", "noted", "accepted"],
    kept: ["1:A:model of A"],
  },
  {
    story: "a text that comes with its artefact has one at once",
    events: [ready("A", "m")],
    ...{ answers: ["accepted"], kept: ["1:A:m"] },
  },
  {
    story: "what is in force stays meanwhile",
    events: [ready("A"), push("B"), began],
    ...{ answers: ["accepted", "training", "noted"], kept: ["1:A:none"], training: "B" },
  },
  {
    story: "the same text again goes on as it is",
    events: [raw("A"), began, raw("A"), push("A"), trained("A")],
    ...{ answers: ["training", "noted", "training", "training", "accepted"], kept: ["1:A:model of A"] },
  },
  {
    story: "a newer text takes the place of one that waits",
    events: [raw("A"), raw("B"), began, trained("B")],
    ...{ answers: ["training", "training", "noted", "accepted"], kept: ["1:B:model of B"] },
  },
  {
    story: "what was replaced while it was trained counts for nothing",
    events: [push("A"), began, push("B"), trained("A"), threw("A")],
    ...{ answers: ["training", "noted", "training", "noted", "noted"], kept: [], training: "B" },
  },
  {
    story: "one that is ready goes before one that waits, for good",
    events: [push("A"), began, ready("B", "m"), trained("A")],
    ...{ answers: ["training", "noted", "accepted", "noted"], kept: ["1:B:m"] },
  },
  {
    story: "so does what is in force, pushed again",
    events: [ready("B", "m"), push("A"), began, ready("B", "m"), trained("A")],
    ...{ answers: ["accepted", "training", "noted", "unchanged", "noted"], kept: ["1:B:m"] },
  },
  {
    story: "a refused one changes nothing about it",
    events: [push("A"), push("X", bad), began, trained("A")],
    ...{ answers: ["training", "rejected", "noted", "accepted"], kept: ["1:A:model of A"] },
  },
  {
    story: "nor does a drain",
    events: [ready("B", "m"), push("A"), drain, began, trained("A")],
    ...{ answers: ["accepted", "training", "accepted", "noted", "accepted"], kept: ["1:B:m", "3:A:model of A"] },
  },
  {
    story: "the same text with another artefact is another document",
    events: [ready("A", "m"), ready("A", "m"), ready("A", "n")],
    ...{ answers: ["accepted", "unchanged", "accepted"], kept: ["1:A:m", "2:A:n"] },
  },
  {
    story: "of two raw texts in a row the second comes into force, and neither a second time",
    events: [raw("A"), raw("B"), raw("A"), began, trained("B"), raw("A"), raw("B")],
    ...{ answers: ["training", "training", "ignored", "noted", "accepted", "ignored", "unchanged"], kept: ["1:B:model of B"] },
  },
  {
    story: "what never began again is nothing",
    events: [began, trained("A"), threw("A")],
    ...{ answers: ["noted", "noted", "noted"], kept: [] },
  },
])("$story", ({ events, answers, kept, training }) => {
  expect(run(events)).toMatchObject({ answers, kept, training });
});

it.each([
  [
    "that throws three times is refused with the reason",
    [began, threw("A"), began, threw("A"), began, threw("A")],
    "cannot be trained here: out of memory",
  ],
  [
    "that takes the object with it three times is refused too",
    [began, began, began, began],
    "cannot be trained here: it stopped 3 times on the way",
  ],
])("a training %s, and nobody's offer of the same text begins it again", (_how, events, message) => {
  const { state, answers } = run([ready("B"), raw("A"), ...events]);
  expect(answers.at(-1)).toBe("rejected");
  expect(statusOf(state)).toMatchObject({
    ...{ number: 1, document: { hash: "B" }, training: undefined, raw: { hash: "A", isRejected: true } },
    lastRejected: { hash: "A", issues: [{ level: "error", path: "intents", message }] },
  });
  expect(run([raw("A"), raw("A")], state)).toMatchObject({ answers: ["rejected", "rejected"], training: undefined });
  expect(run([push("A")], state).training, "an operator may try").toBe("A");
});

it("two that fail are not one that failed twice", () => {
  const { state } = run([push("A"), began, threw("A"), began, threw("A"), push("B"), began, threw("B")]);
  expect(statusOf(state).training).toEqual({
    sinceMs: 0,
    hash: "B",
    source: "push",
    by: undefined,
    attempts: 1,
    lastError: "out of memory",
    progress: 0,
  });
});

it("a push writes the raw key when it is trained and not before; a put is known from the start", () => {
  const before = run([raw("R", good)]).state;
  const waiting = run([push("A")], before).state;
  expect([waiting.raw?.hash, isPending(waiting.copies.raw)]).toEqual(["R", false]);
  const done = run([began, trained("A")], waiting).state;
  expect([done.raw?.hash, isPending(done.copies.raw)]).toEqual(["A", true]);
  expect(run([raw("A")], before).state.raw).toEqual({ hash: "A", isRejected: false });
});

it("what is learned anew is not the operators' word: a raw text that was refused meanwhile stays as it is", () => {
  const before = run([ready("A", "m"), { kind: "written", copy: "raw", revision: 1, atMs: 0 }, raw("R", bad)]).state;
  const { state, kept } = run([learnedAnew, began, trained("A")], before);
  expect(kept).toEqual(["2:A:model of A"]);
  expect([state.raw, isPending(state.copies.raw)]).toEqual([{ hash: "R", isRejected: true }, false]);
  const asked = run([learnedAnew, offer("rollback", "A"), began, trained("A")], before).state;
  expect([asked.raw?.hash, isPending(asked.copies.raw)], "unless one asks for it").toEqual(["A", true]);
});

const by = (event: ConfigEvent, who: string): ConfigEvent => ({ ...event, by: who }) as ConfigEvent;

it.each([
  ["a push after a raw text", [raw("A"), by(push("A"), "ann")], { source: "push", by: "ann" }],
  ["a push after a push", [by(push("A"), "bob"), by(push("A"), "ann")], { source: "push", by: "ann" }],
  [
    "a rollback after a push",
    [by(push("A"), "bob"), { ...offer("rollback", "A"), by: "ann", restoredFrom: 7 } as ConfigEvent],
    { source: "rollback", by: "ann", restoredFrom: 7 },
  ],
  ["a raw text after a push", [by(push("A"), "bob"), raw("A")], { source: "push", by: "bob" }],
])("of two who ask for one training the last operator has asked: %s", (_who, events, facts) => {
  const { state } = run([...events, began, trained("A")]);
  expect(statusOf(state).document).toMatchObject({ hash: "A", restoredFrom: undefined, ...facts });
});

const replacedLine = (events: readonly ConfigEvent[]) => {
  let state = initialState;
  const lines = events.flatMap((event) => {
    const result = step(state, event);
    state = result.state;
    return result.log.filter((line) => line.event === "routes.training-replaced");
  });
  return { lines, warnings: statusOf(state).warnings.map(({ message }) => message) };
};

it.each([
  ["a document that is ready", [ready("T", "m"), by(push("A"), "bob"), by(ready("B", "m"), "ann")], "push", "B", "ann"],
  ["what is in force, pushed again", [ready("T", "m"), by(push("A"), "bob"), began, by(ready("T", "m"), "ann")], "push", "T", "ann"],
  ["another one that is to be trained", [ready("T", "m"), by(push("A"), "bob"), raw("B")], "raw", "B", undefined],
  ["the same, once it is in force", [ready("T", "m"), by(push("A"), "bob"), raw("B"), began, trained("B")], "raw", "B", undefined],
])("a training that is given up for %s is told, in the log and in the status", (_what, events, ...over) => {
  const { lines, warnings } = replacedLine(events);
  const [newSource, newHash, newBy] = over;
  const facts = { level: "warn", source: "push", hash: "A", by: "bob", newSource, newHash, newBy };
  expect(lines).toEqual([{ event: "routes.training-replaced", ...facts }]);
  expect(warnings).toEqual([expect.stringMatching(/^a push document by bob \(A\) was given up .* \([BT]\) came/)]);
});

it.each([
  ["its own text with an artefact", [push("A"), ready("A", "m")]],
  ["a refused one", [push("A"), push("X", bad)]],
  ["another, and is of what was in force before", [ready("A", "m"), learnedAnew, began, ready("B", "m")]],
  ["nothing", [push("A"), began, trained("A"), ready("B", "m")]],
])("a training that meets %s is given up for nobody", (_what, events) => {
  expect(replacedLine(events)).toEqual({ lines: [], warnings: [] });
});

it.each([
  ["offered again", [push("A")]],
  ["followed by another document", [ready("C", "m")]],
])("it is told no more when the text that was given up is %s", (_what, events) => {
  expect(replacedLine([push("A"), ready("B", "m"), ...events]).warnings).toEqual([]);
});

it("its alarm is due at once, and after a failure a little later", () => {
  const waiting = run([push("A")]).state;
  expect(dueAtMs(waiting)).toBe(0);
  const failed = run([began, threw("A")], waiting).state;
  expect(dueAtMs(failed)).toBeGreaterThan(2);
  expect(dueAtMs(run([began, threw("A"), began, threw("A")], failed).state), "nothing is due once it is given up").toBeUndefined();
});

it("what older code accepted in the middle of it goes before it", () => {
  const waiting = run([ready("B"), push("A"), began]).state;
  const byOlder: ConfigState = {
    ...waiting,
    number: 2,
    document: { number: 2, hash: "C", source: "push", atMs: 9, warnings: [], instances: [] },
  };
  expect(run([began, trained("A")], byOlder)).toMatchObject({ kept: [], training: undefined });
});

const anyEvent = fc.constantFrom(
  ...["A", "B"].flatMap((hash) => [raw(hash), push(hash), trained(hash), threw(hash), ready(hash, `model of ${hash}`)]),
  ...[raw("X", bad), push("P", good), drain, began],
);

it("whatever comes: numbers grow by one or stay, what is in force has the model it needs, and no training lives for ever", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      let state = initialState;
      for (const event of events) {
        const { state: after, answer, keep } = step(state, event);
        expect(after.number).toBe(state.number + Number(answer.status === "accepted"));
        if (keep !== undefined) expect(keep.model).toBe(keep.hash === "P" ? undefined : `model of ${keep.hash}`);
        expect(after.training?.attempts ?? 0).toBeLessThanOrEqual(3);
        state = after;
      }
      const { training } = run([began, began, began, began], state);
      expect(training).toBeUndefined();
    }),
  );
});
