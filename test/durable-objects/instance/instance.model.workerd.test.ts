/**
 * The instance object's outbox against a model of what it may do, in real workerd: offers, questions whose answers get lost, drains, time,
 * and deaths between all of it. The model is the poller itself: what it has stored, under which id, and what it asks for next.
 */
import { abortAllDurableObjects, env, runDurableObjectAlarm } from "cloudflare:test";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { pollersOf } from "../../../durable-objects/instance/poll-stub.ts";
import { drainInstance, pollsOf, showInstance, undrainInstance } from "../../../durable-objects/instance/stub.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import { type Command, command, crash, moment, persistently, type Travel, tell, travel } from "../../support/commands.ts";

const edge = env as unknown as Env;
const polls = pollsOf(edge);
const pollers = pollersOf(edge);
const ACCOUNT = "telegram:support";
const RUNS = 50;
const NAMES = Array.from({ length: 8 * RUNS }, (_, index) => `m-${index}`);

interface Model {
  /** In the order of their first offer; undefined while one is open. */
  readonly offers: Map<string, Outcome | undefined>;
  /** What every id ever named, and what the poller has stored. */
  readonly ids: Map<number, string>;
  readonly given: Set<string>;
  readonly stored: string[];
  offset: number;
  isDraining: boolean;
}

interface Real {
  readonly name: string;
}

let time: Travel;
let serial = 0;

beforeAll(async () => {
  const document = {
    accounts: { [ACCOUNT]: { pool: "p", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } } },
    instances: Object.fromEntries(NAMES.map((name) => [name, { poll: [ACCOUNT] }])),
    pools: { p: { instances: NAMES } },
  };
  expect((await configOf(edge).push(JSON.stringify(document))).status).toBe("accepted");
  time = travel();
});

afterAll(async () => {
  vi.restoreAllMocks();
  await abortAllDurableObjects();
});

const stub = ({ name }: Real) => objectOf(edge, edge.INSTANCE, name);
const show = ({ name }: Real) => persistently(() => showInstance(edge, name));

/** What it says of an offer is true at the moment it says it. */
function judge(model: Model, key: string, outcome: Outcome): void {
  model.offers.set(key, outcome);
  if (outcome.kind === "accepted") expect(model.stored).toContain(key);
  if ((outcome.kind === "busy" || outcome.kind === "unreachable") && outcome.mayHave !== true) expect(model.given).not.toContain(key);
}

/** The test goes on meanwhile; what it breaks is found by whoever looks at `broken`. */
const broken: unknown[] = [];

function offer(model: Model, { name }: Real, key: string, deadlineMs: number): void {
  model.offers.set(key, undefined);
  const body = utf8(JSON.stringify({ update_id: 999_000, message: { text: key } }));
  polls
    .offer(name, { account: ACCOUNT, key, kind: "message", deadlineMs, body })
    .then((outcome) => judge(model, key, outcome))
    .catch((error: unknown) => broken.push(error));
}

/** One question; an answer that got lost says nothing to the poller, and counts as given all the same. */
async function ask(model: Model, { name }: Real, bent: { readonly limit?: number; readonly isLost?: boolean } = {}): Promise<void> {
  // A poller that asks the same again at once is made to wait.
  time.aheadMs += 3_001;
  const asked = { account: ACCOUNT, generation: 1, offset: model.offset, limit: bent.limit ?? 100, waitMs: 0 };
  const verdict = await persistently(() => pollers.ask(name, asked));
  expect(verdict.verdict).toBe("answer");
  const { result } = JSON.parse(verdict.verdict === "answer" ? verdict.body : "") as {
    result: { update_id: number; message: { text: string } }[];
  };
  const ids = result.map(({ update_id }) => update_id);
  expect(ids).toEqual(ids.toSorted((left, right) => left - right));
  expect(ids.length).toBeLessThanOrEqual(asked.limit);
  for (const { update_id, message } of result) {
    expect(update_id).toBeGreaterThanOrEqual(model.offset);
    expect(model.ids.get(update_id) ?? message.text).toBe(message.text);
    model.ids.set(update_id, message.text);
    model.given.add(message.text);
  }
  if (bent.isLost === true) return;
  model.stored.push(...result.map(({ message }) => message.text));
  model.offset = Math.max(model.offset, ...ids.map((id) => id + 1));
}

/** What holds at every moment. */
async function holds(model: Model, real: Real): Promise<void> {
  expect(broken).toEqual([]);
  expect(model.stored).toEqual([...new Set(model.stored)]);
  expect((await show(real)).isDraining).toBe(model.isDraining);
}

const of = (name: string, run: (model: Model, real: Real) => unknown) =>
  command<Model, Real>(name, async (model, real) => {
    await run(model, real);
    await moment();
    await holds(model, real);
  });

const settledKeys = ({ offers }: Model): readonly string[] => [...offers].flatMap(([key, outcome]) => (outcome === undefined ? [] : [key]));

const OFFER = fc
  .constantFrom(40, 20_000, 20_000)
  .map((deadlineMs) => of(`offer for ${deadlineMs} ms`, (model, real) => offer(model, real, `k${model.offers.size + 1}`, deadlineMs)));

const COMMANDS: readonly fc.Arbitrary<Command<Model, Real>>[] = [
  OFFER,
  OFFER,
  fc.nat(20).map((which) =>
    of(`offer again ${which}`, (model, real) => {
      const keys = settledKeys(model);
      const key = keys[which % Math.max(1, keys.length)];
      if (key !== undefined) offer(model, real, key, 20_000);
    }),
  ),
  fc.constantFrom(1, 2, 100).map((limit) => of(`ask for ${limit}`, (model, real) => ask(model, real, { limit }))),
  fc.constant(of("ask, and the answer is lost", (model, real) => ask(model, real, { isLost: true }))),
  fc.constantFrom(5_000, 130_000).map((ms) =>
    of(`${ms} ms`, async (_model, real) => {
      time.aheadMs += ms;
      await persistently(() => runDurableObjectAlarm(stub(real)));
    }),
  ),
  fc.boolean().map((isDraining) =>
    of(isDraining ? "drain" : "undrain", async (model, real) => {
      await persistently(() => (isDraining ? drainInstance : undrainInstance)(edge, real.name));
      await persistently(() => configOf(edge).setDraining(real.name, isDraining));
      model.isDraining = isDraining;
    }),
  ),
  fc.constant(crash<Model, Real>(holds)),
  fc.constant(crash<Model, Real>(holds)),
];

it("whatever happens in whatever order: an id names one update, confirmed is stored, stored is stored once", async () => {
  await tell<Model, Real>({
    seed: 20_261_121,
    runs: RUNS,
    commands: COMMANDS,
    begin: async () => {
      broken.length = 0;
      const real = { name: NAMES[serial] ?? "m-0" };
      serial += 1;
      const model: Model = { offers: new Map(), ids: new Map(), given: new Set(), stored: [], offset: 0, isDraining: false };
      await ask(model, real);
      return { model, real };
    },
    end: async (model, real) => {
      for (let turn = 0; turn < 40; turn += 1) {
        await ask(model, real);
        await moment();
        const open = settledKeys(model).filter((key) => model.offers.get(key)?.kind !== "accepted");
        if (open.length === 0 && settledKeys(model).length === model.offers.size) break;
        for (const key of open) offer(model, real, key, 20_000);
        await moment(5);
      }
      await holds(model, real);
      expect([...model.offers].filter(([, outcome]) => outcome?.kind !== "accepted")).toEqual([]);
      expect(model.stored.toSorted()).toEqual([...model.offers.keys()].toSorted());
    },
  });
}, 240_000);
