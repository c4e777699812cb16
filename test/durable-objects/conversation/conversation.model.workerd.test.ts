/**
 * The conversation object against a model of what it may do, in real workerd: commands in any order, deaths between them, instances that
 * refuse, hang and fail. The model is a ledger of what was kept, who was given what, and how it ended.
 */
import { abortAllDurableObjects, env, runDurableObjectAlarm } from "cloudflare:test";
import fc from "fast-check";
import { afterAll, beforeAll, expect, inject, it, vi } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import type { ConversationView } from "../../../durable-objects/conversation/show.ts";
import { conversationsOf, replayDead, showConversation } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { textOf, utf8 } from "../../../src/core/bytes.ts";
import { type Command, command, crash, moment, persistently, type Travel, tell, travel } from "../../support/commands.ts";
import { commitOf } from "../../support/conversation.ts";

const edge = env as unknown as Env;
const { origin } = inject("answering");
const conversations = conversationsOf(edge);
const INSTANCES = ["i-1", "i-2"] as const;
const MODES = ["up", "busy", "failing", "away", "hanging", "mute"] as const;
type Mode = (typeof MODES)[number];
const STATUS: Readonly<Record<Exclude<Mode, "hanging">, number>> = { up: 200, busy: 429, failing: 500, away: 521, mute: 200 };
/** Modes in which an instance has stored what it was given. */
const STORING: ReadonlySet<Mode> = new Set(["up", "hanging", "mute"]);

interface Receipt {
  readonly key: string;
  readonly instance: string;
}

interface Model {
  /** Keys in the order in which they were kept first. */
  readonly kept: string[];
  /** Ends that were seen, by number: they are for good. */
  readonly ends: Map<number, string>;
  /** Numbers that an operator's replay made, and the key of each. */
  readonly replays: Map<number, string>;
  epoch: number;
}

interface Real {
  readonly ref: { readonly key: string };
  /** A new one each time: one that saw its object die is of no use any more. */
  readonly stub: () => DurableObjectStub<Conversation>;
  readonly receipts: Receipt[];
}

const modes: Record<string, Mode> = {};
let receipts: Receipt[] = [];
let chats = 0;
let time: Travel;

/** Instances as the edge reaches them. What an instance was given counts when it may have stored it. */
async function answer(url: string, init: RequestInit): Promise<Response> {
  const [, instance = "", path] = new URL(url).pathname.split("/");
  const mode = modes[instance] ?? "up";
  if (path !== "hook") return mode === "away" ? new Response(null, { status: 521 }) : Response.json({ ok: true, status: "started" });
  const key = textOf(new Uint8Array(await new Response(init.body as BodyInit).arrayBuffer())) ?? "";
  if (STORING.has(mode)) receipts.push({ key, instance });
  if (mode === "hanging") return new Promise(() => undefined);
  const headers: Record<string, string> = mode === "up" ? { "x-openclaw-delivery-accepted": "durable" } : {};
  return new Response(null, { status: STATUS[mode], headers });
}

beforeAll(async () => {
  const native = (name: string) => ({ "telegram:support": { url: `${origin}/${name}/hook`, secret: "LISTENER_SECRET" } });
  const document = {
    accounts: { "telegram:support": { pool: "p", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } } },
    instances: Object.fromEntries(INSTANCES.map((name) => [name, { url: `${origin}/${name}`, native: native(name) }])),
    pools: { p: { instances: INSTANCES, failover: { policy: "hold-then-move", holdMs: 20_000, ambiguous: "park", attemptMs: 5_000 } } },
  };
  expect((await configOf(edge).push(JSON.stringify(document))).status).toBe("accepted");
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => answer(String(input), init ?? {}));
  time = travel();
});

afterAll(async () => {
  vi.restoreAllMocks();
  await abortAllDurableObjects();
});

const commit = ({ ref }: Real, key: string) =>
  persistently(() => conversations.commit(commitOf({ ref, pool: "p", key, messageId: key, body: utf8(key), arrivedAtMs: Date.now() })));
const show = ({ ref }: Real): Promise<ConversationView> => persistently(() => showConversation(edge, ref, 200));
const OPEN: ReadonlySet<string> = new Set(["waiting", "replying"]);

/** What holds at every moment. */
async function holds(model: Model, real: Real): Promise<void> {
  const { messages, pins } = await show(real);
  const rows = messages.toReversed();
  expect(rows.filter(({ seq }) => !model.replays.has(seq)).map(({ message }) => message)).toEqual(model.kept);
  for (const { seq, state } of rows) {
    if (model.ends.has(seq)) expect([seq, state]).toEqual([seq, model.ends.get(seq)]);
    else if (!OPEN.has(state)) model.ends.set(seq, state);
  }
  for (const { message, state, instance } of rows)
    if (state === "delivered") expect(real.receipts).toContainEqual({ key: message, instance });
  const epoch = pins[0]?.epoch ?? 0;
  expect(epoch).toBeGreaterThanOrEqual(model.epoch);
  model.epoch = epoch;
  const firsts = [...new Set(real.receipts.map(({ key }) => key))];
  expect(firsts).toEqual(model.kept.filter((key) => firsts.includes(key)));
  const homes = Map.groupBy(real.receipts, ({ key }) => key);
  const moved = [...homes].filter(([, all]) => new Set(all.map(({ instance }) => instance)).size > 1).map(([key]) => key);
  // An operator who sends a dead letter again knows that somebody may have it.
  expect(moved.filter((key) => ![...model.replays.values()].includes(key))).toEqual([]);
}

/** Time passes, and every alarm that it brings rings. */
async function later(real: Real, ms: number): Promise<void> {
  time.aheadMs += ms;
  for (const name of INSTANCES) await persistently(() => runDurableObjectAlarm(objectOf(edge, edge.INSTANCE, name)));
  await persistently(() => runDurableObjectAlarm(real.stub()));
  await moment();
}

const of = (name: string, run: (model: Model, real: Real) => Promise<unknown>, check?: (model: Readonly<Model>) => boolean) =>
  command<Model, Real>(
    name,
    async (model, real) => {
      await run(model, real);
      await moment();
      await holds(model, real);
    },
    check,
  );

const COMMIT = fc.constant(
  of("commit", async (model, real) => {
    const key = `k${model.kept.length + 1}`;
    // A commit that was asked for again after a death may have been kept at once.
    expect(["stored", "duplicate"]).toContain((await commit(real, key)).state);
    model.kept.push(key);
  }),
);

const COMMANDS: readonly fc.Arbitrary<Command<Model, Real>>[] = [
  COMMIT,
  COMMIT,
  fc.nat(30).map((which) =>
    of(
      `commit again ${which}`,
      async (model, real) => {
        const key = model.kept[which % model.kept.length] ?? "";
        expect(await commit(real, key)).toMatchObject({ state: "duplicate" });
      },
      ({ kept }) => kept.length > 0,
    ),
  ),
  fc.tuple(fc.constantFrom(...INSTANCES), fc.constantFrom(...MODES)).map(([name, mode]) =>
    of(`${name} is ${mode}`, async () => {
      modes[name] = mode;
    }),
  ),
  fc.constantFrom(500, 4_000, 16_000, 40_000).map((ms) => of(`${ms} ms`, (_model, real) => later(real, ms))),
  fc.constantFrom(...INSTANCES).map((instance) =>
    of(`${instance} speaks`, async (_model, real) => {
      const ask = { instance, account: "telegram:support", class: "edit", chat: { id: "7", kind: "direct" } } as const;
      const { verdict } = await persistently(() => conversations.speak(real.ref, ask));
      const owner = (await show(real)).pins[0]?.instance;
      expect(verdict !== "suppressed").toBe(owner === instance);
    }),
  ),
  fc.constant(
    of("replay", async (model, real) => {
      const dead = (await show(real)).messages.find(({ state }) => state === "dead");
      if (dead === undefined || !(await persistently(() => replayDead(edge, real.ref, dead.seq)))) return;
      const newest = (await show(real)).messages[0];
      if (newest !== undefined) model.replays.set(newest.seq, newest.message);
    }),
  ),
  fc.constant(crash<Model, Real>(holds)),
  fc.constant(crash<Model, Real>(holds)),
];

it("whatever happens in whatever order: kept once, in order, ended once, at one instance", async () => {
  await tell<Model, Real>({
    seed: 20_261_121,
    commands: COMMANDS,
    begin: async () => {
      chats += 1;
      receipts = [];
      for (const name of INSTANCES) modes[name] = "up";
      const ref = { key: `telegram:support/chat/model-${chats}` };
      const real: Real = { ref, stub: () => objectOf(edge, edge.CONVERSATION, ref.key), receipts };
      return { model: { kept: [], ends: new Map(), replays: new Map(), epoch: 0 }, real };
    },
    end: async (model, real) => {
      for (const name of INSTANCES) modes[name] = "up";
      for (let turn = 0; turn < 60 && (turn === 0 || (await show(real)).waiting > 0); turn += 1) await later(real, 20_000);
      await holds(model, real);
      const { messages, waiting } = await show(real);
      expect([waiting, messages.filter(({ state }) => !["delivered", "dead"].includes(state))]).toEqual([0, []]);
      for (const { state, outcome } of messages) if (state === "dead") expect(outcome).toMatch(/^(ambiguous|poison)/);
    },
  });
}, 240_000);
