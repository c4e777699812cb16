/** Canaries as Config decides them: one for each pool, ended once, and forgotten when the document says the same. */
import { describe, expect, it } from "vitest";
import { step } from "../../../durable-objects/config/machine.ts";
import { type ConfigEvent, type ConfigState, initialState, type Members, type Offered } from "../../../durable-objects/config/state.ts";
import type { Canary } from "../../../src/core/canary.ts";

function offer(hash: string, pools: Members, instances: readonly string[] = ["eu-1", "eu-2", "eu-3"]): Offered {
  return { kind: "offered", source: "push", hash, verdict: { ok: true, warnings: [], instances, pools }, atMs: 0 };
}

const canary = (facts: Partial<Canary> = {}): Canary => ({
  ...{ id: "one", pool: "support", instance: "eu-3", percentage: 5, startedAtMs: 10, untilMs: 1000, phase: "running" },
  ...facts,
});
const start = (facts: Partial<Canary> = {}): ConfigEvent => ({ kind: "canary-started", canary: canary(facts), by: "anna" });
const end = (phase: "promoted" | "rolled-back", id?: string): ConfigEvent => ({
  ...{ kind: "canary-ended", pool: "support", phase, verdict: "3 errors", atMs: 500 },
  id,
});
const clear: ConfigEvent = { kind: "canary-cleared", pool: "support", atMs: 600 };
const first = offer("A", { support: ["eu-1"], sales: ["eu-2"] });

function run(...events: readonly ConfigEvent[]) {
  let state: ConfigState = initialState;
  const answers: string[] = [];
  const logged: string[] = [];
  for (const event of [first, ...events]) {
    const result = step(state, event);
    ({ state } = result);
    answers.push(result.answer.status);
    logged.push(...result.log.map((line) => line.event).filter((name) => name.startsWith("canary.")));
  }
  return { state, phases: state.canaries.map(({ pool, phase }) => `${pool} ${phase}`), answer: answers.at(-1), logged };
}

it.each<[string, readonly ConfigEvent[], string, readonly string[]]>([
  ["a start", [start()], "accepted", ["support running"]],
  ["an instance that no document has", [start({ instance: "eu-9" })], "unknown-instance", []],
  ["a pool that the newest document does not have", [offer("B", { sales: ["eu-2"] }), start()], "unknown-pool", []],
  ["a second one while the first runs", [start(), start({ id: "two" })], "canary-stands", ["support running"]],
  ["another pool's", [start(), start({ id: "two", pool: "sales" })], "accepted", ["support running", "sales running"]],
  ["its judge's end", [start(), end("promoted", "one")], "accepted", ["support promoted"]],
  ["an end told twice", [start(), end("promoted", "one"), end("rolled-back", "one")], "unchanged", ["support promoted"]],
  ["the end of an older one", [start({ id: "two" }), end("promoted", "one")], "no-canary", ["support running"]],
  ["an end where nothing runs", [end("promoted")], "no-canary", []],
  ["an operator's rollback of a promoted one", [start(), end("promoted"), end("rolled-back")], "accepted", ["support rolled-back"]],
  ["no promotion of what was rolled back", [start(), end("rolled-back"), end("promoted")], "unchanged", ["support rolled-back"]],
  ["a start after a rollback", [start(), end("rolled-back"), start({ id: "two" })], "accepted", ["support running"]],
  ["a start over a promoted one", [start(), end("promoted"), start({ id: "two" })], "canary-stands", ["support promoted"]],
  ["a start over a promoted one that is listed", [start({ instance: "eu-1" }), end("promoted"), start()], "accepted", ["support running"]],
  [
    "another one's start over a rolled-back one that is listed",
    [start({ instance: "eu-1" }), end("rolled-back"), start()],
    "canary-stands",
    ["support rolled-back"],
  ],
  [
    "another one's start over a rolled-back one that is not",
    [start(), end("rolled-back"), start({ instance: "eu-2" })],
    "accepted",
    ["support running"],
  ],
  [
    "its own start over a rolled-back one that is listed",
    [start({ instance: "eu-1" }), end("rolled-back"), start({ instance: "eu-1" })],
    "accepted",
    ["support running"],
  ],
  ["clearing what runs", [start(), clear], "canary-stands", ["support running"]],
  ["clearing what ended", [start(), end("rolled-back"), clear], "accepted", []],
  ["clearing nothing", [clear], "no-canary", []],
])("%s", (_, events, answer, phases) => {
  const ran = run(...events);
  expect([ran.answer, ran.phases]).toEqual([answer, phases]);
});

it("every change has a number, goes to KV, and is told with its evidence", () => {
  const { state, logged } = run(start(), end("rolled-back", "one"), clear);
  expect([state.number, state.copies.accepted.wanted, logged]).toEqual([4, 4, ["canary.started", "canary.ended", "canary.cleared"]]);
  const ended = step(run(start()).state, end("rolled-back", "one"));
  expect(ended.state.canaries).toEqual([{ ...canary(), phase: "rolled-back", verdict: "3 errors", endedAtMs: 500 }]);
  expect(ended.log).toMatchObject([{ level: "warn", event: "canary.ended", pool: "support", instance: "eu-3", verdict: "3 errors" }]);
});

describe("the next document", () => {
  const listed = offer("B", { support: ["eu-1", "eu-3"], sales: ["eu-2"] });

  it.each<[string, readonly ConfigEvent[], readonly string[]]>([
    ["forgets a promoted one that it lists", [end("promoted"), listed], []],
    ["keeps a promoted one that it does not list", [end("promoted"), offer("B", { support: ["eu-2"] })], ["support promoted"]],
    ["keeps a rolled-back one out, though it lists it", [end("rolled-back"), listed], ["support rolled-back"]],
    ["lets one run on", [listed], ["support running"]],
    ["ends one whose pool it does not have", [offer("B", { sales: ["eu-2"] })], []],
    ["ends one whose instance it does not have", [offer("B", { support: ["eu-1"] }, ["eu-1", "eu-2"])], []],
  ])("%s", (_, events, phases) => {
    expect(run(start(), ...events).phases).toEqual(phases);
  });

  it("a promoted one that was listed all along is a member by its document alone", () => {
    const dropped = offer("B", { support: ["eu-2"] });
    expect(run(start({ instance: "eu-1" }), end("promoted"), dropped).phases).toEqual([]);
    expect(run(start(), end("promoted"), listed, offer("C", { support: ["eu-1"] })).phases).toEqual([]);
  });

  it("says so when it forgets one that has ended", () => {
    const told = ["canary.started", "canary.ended", "canary.cleared"];
    expect(run(start(), end("promoted"), listed).logged).toEqual(told);
    expect(run(start(), end("rolled-back"), offer("B", { sales: ["eu-2"] })).logged).toEqual(told);
    expect(run(start(), end("rolled-back"), start({ instance: "eu-2" })).logged).toEqual([...told, "canary.started"]);
  });

  it("says so when it ends one that runs", () => {
    expect(run(start(), offer("B", { sales: ["eu-2"] })).logged).toEqual(["canary.started", "canary.ended"]);
  });
});
