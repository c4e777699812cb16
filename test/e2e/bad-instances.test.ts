/** Instances that answer nonsense, redirects, an endless body, or nothing: the message is held and comes through once they behave. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../scripts/fakes/instance-fault.ts";
import { type LiveEdge, liveEdge, SECRET, textUpdate, until } from "../support/live-edge.ts";
import { INSTANCE_SECRET, type Recorder, startRecorder } from "../support/recorder.ts";

/** What the edge says of a message that such an instance did not take. */
const FAULTS: Readonly<Partial<Record<Fault["kind"], RegExp>>> = {
  garbage: /marker/,
  redirect: /redirect/,
  endless: /marker/,
  hang: /timeout/,
  mute: /timeout/,
  unmarked: /marker/,
  reset: /lost/,
  refuse: /refused/,
  status: /500/,
};
const KINDS = Object.keys(FAULTS) as readonly Fault["kind"][];
/** These took the message before they misbehaved: the same instance is asked again, and nobody else. */
const TAKES_IT: readonly Fault["kind"][] = ["mute", "unmarked"];
const accountOf = (kind: string): string => `telegram:${kind}`;

let edge: LiveEdge;
let recorders: ReadonlyMap<string, Recorder>;
let elsewhere: Recorder;

const recorderOf = (kind: string): Recorder => recorders.get(kind) ?? expect.fail(`no instance ${kind}`);
const idsAt = (kind: string): readonly number[] => recorderOf(kind).receipts.map(({ update }) => update.update_id);

/** One account, pool and instance for each fault, so that all can misbehave at once. */
function routes(): object {
  const failover = { policy: "hold", attemptMs: 2_000, maxAttempts: 100 };
  return {
    accounts: Object.fromEntries(
      KINDS.map((kind) => [accountOf(kind), { pool: kind, secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } }]),
    ),
    instances: Object.fromEntries(KINDS.map((kind) => [kind, recorderOf(kind).config])),
    pools: Object.fromEntries(KINDS.map((kind) => [kind, { instances: [kind], failover }])),
  };
}

beforeAll(async () => {
  elsewhere = await startRecorder({ name: "elsewhere", accounts: [] });
  const started = KINDS.map(async (kind) => [kind, await startRecorder({ name: kind, accounts: [accountOf(kind)] })] as const);
  recorders = new Map(await Promise.all(started));
  edge = await liveEdge(routes());
  await Promise.all(KINDS.map((kind) => edge.post(kind, textUpdate(1, 7, "while all is well"))));
  for (const kind of KINDS)
    await until(
      () => idsAt(kind).length,
      (count) => count === 1,
    );
  for (const kind of KINDS) await recorderOf(kind).setFault({ kind, location: `${elsewhere.url}/stolen` });
  const texts = [2, 3].flatMap((id) => KINDS.map((kind) => ({ kind, id })));
  for (const { kind, id } of texts) expect(await edge.post(kind, textUpdate(id, 7, "held"))).toMatchObject({ status: 200, body: "" });
});

afterAll(async () => {
  await edge.close();
  await Promise.all([elsewhere, ...recorders.values()].map((recorder) => recorder.close()));
});

const linesOf = (name: string, kind: string) => edge.log().filter(({ event, account }) => event === name && account === accountOf(kind));
const held = (kind: string) => linesOf("message.held", kind);
const settled = (kind: string) => linesOf("message.settled", kind);

describe("while instances are broken", () => {
  it.each(KINDS)("%s: the message waits at the head of its conversation", async (kind) => {
    const lines = await until(
      () => held(kind),
      (all) => all.length >= 2,
    );
    expect(new Set(lines.map(({ message }) => message))).toEqual(new Set(["u2"]));
    expect(lines[0]?.["detail"]).toMatch(FAULTS[kind] ?? /never/);
    if (!TAKES_IT.includes(kind)) expect(idsAt(kind)).toEqual([1]);
  });
});

describe("once instances behave", () => {
  beforeAll(async () => {
    for (const recorder of recorders.values()) await recorder.setFault(undefined);
  });

  it.each(KINDS)("%s: it comes through, and what waited behind it", async (kind) => {
    await until(
      () => idsAt(kind).filter((id) => id === 3).length,
      (count) => count === 1,
      60_000,
    );
    expect([...new Set(idsAt(kind))]).toEqual([1, 2, 3]);
    if (!TAKES_IT.includes(kind)) expect(idsAt(kind)).toEqual([1, 2, 3]);
    const lines = await until(
      () => settled(kind),
      (all) => all.length === 3,
    );
    expect(lines.map(({ message, state }) => `${message} ${state}`)).toEqual(["u1 delivered", "u2 delivered", "u3 delivered"]);
  });
});

it("a redirect is not followed, and no secret goes anywhere but to its instance", () => {
  expect(recorderOf("redirect").knocks.length).toBeGreaterThan(2);
  expect(elsewhere.knocks).toEqual([]);
  for (const kind of KINDS) {
    const sent = recorderOf(kind).knocks.map(({ headers }) => headers["x-telegram-bot-api-secret-token"]);
    expect(new Set(sent)).toEqual(new Set([INSTANCE_SECRET]));
  }
  expect(JSON.stringify(edge.log())).not.toContain(INSTANCE_SECRET);
  expect(JSON.stringify([...recorders.values()].map(({ knocks }) => knocks))).not.toContain(SECRET);
});
