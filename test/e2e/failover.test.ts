/** Affinity and its end, on two instances: pins hold over many messages, fresh conversations avoid what is broken, used ones wait and then move. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { inLanes } from "../support/lanes.ts";
import { type AdminJson, type LiveEdge, liveEdge, routesFor, textUpdate, until } from "../support/live-edge.ts";
import { type Receipt, type Recorder, startRecorder } from "../support/recorder.ts";

const HOLD_MS = 5_000;
/** A fresh conversation has nothing to lose: it goes elsewhere within this time. */
const FRESH_WITHIN_MS = 3_000;
const CHATS = Array.from({ length: 12 }, (_, index) => 1_000 + index);

let edge: LiveEdge;
let recorders: readonly Recorder[];
let updates = 1;

beforeAll(async () => {
  recorders = await Promise.all(["one", "two"].map((name) => startRecorder({ name, accounts: ["telegram:support"] })));
  edge = await liveEdge(routesWith(["one", "two"]));
});

afterAll(async () => {
  await edge.close();
  await Promise.all(recorders.map((recorder) => recorder.close()));
});

function routesWith(instances: readonly string[]): object {
  const failover = { policy: "hold-then-move", holdMs: HOLD_MS, attemptMs: 4_000 };
  return { ...routesFor(recorders), pools: { support: { instances, strategy: "rendezvous", failover } } };
}

const receipts = (): readonly Receipt[] => recorders.flatMap((recorder) => recorder.receipts);
const recorderOf = (name: string): Recorder => recorders.find((recorder) => recorder.name === name) ?? expect.fail(name);
const otherThan = (name: string): string => (name === "one" ? "two" : "one");

/** Says something in a chat; resolves with its number when the edge has it. */
async function post(chat: number): Promise<number> {
  updates += 1;
  const id = updates;
  expect(await edge.post("support", textUpdate(id, chat, "hello"))).toMatchObject({ status: 200, body: "" });
  return id;
}

/** Says something in a chat; resolves with the instance that got it. */
const say = async (chat: number, withinMs?: number): Promise<string> => takerOf(await post(chat), withinMs);

async function takerOf(id: number, withinMs?: number): Promise<string> {
  const found = await until(
    () => receipts().filter(({ update }) => update.update_id === id),
    (all) => all.length > 0,
    withinMs,
  );
  return found[0]?.instance ?? "";
}

async function pinOf(chat: number): Promise<{ readonly instance: string; readonly epoch: number }> {
  const { status, json } = await edge.admin("GET", `/admin/conversations/${encodeURIComponent(`telegram:support/chat/${chat}`)}`);
  expect(status).toBe(200);
  return json.pins[0];
}

const instances = async (): Promise<readonly AdminJson[]> => (await edge.admin("GET", "/admin/instances")).json.instances;
const allWell = (): Promise<unknown> => until(instances, (all) => all.every((each) => each.isHealthy && !each.isDraining), 60_000);

it("conversations spread over the pool and stay where they are, message after message", async () => {
  const rounds = Array.from({ length: 8 }, () => CHATS).flat();
  const got = await inLanes(rounds, String, async (chat) => ({ chat, instance: await say(chat) }));
  const homes = Map.groupBy(got, ({ chat }) => chat);
  for (const all of homes.values()) expect(new Set(all.map(({ instance }) => instance)).size).toBe(1);
  expect(new Set(got.map(({ instance }) => instance))).toEqual(new Set(["one", "two"]));
  expect(receipts()).toHaveLength(rounds.length);
});

describe("when an instance is gone", () => {
  const chat = CHATS[0] ?? 0;
  let home: string;

  beforeAll(async () => {
    home = (await pinOf(chat)).instance;
    await recorderOf(home).setFault({ kind: "refuse" });
  });

  it("fresh conversations go to the other at once, before anybody knows", async () => {
    const fresh = Array.from({ length: 12 }, (_, index) => 2_000 + index);
    const got = await Promise.all(fresh.map((each) => say(each, FRESH_WITHIN_MS)));
    expect(new Set(got)).toEqual(new Set([otherThan(home)]));
  });

  it("a used pin holds, then moves with the next epoch, and takes what waited along in order", async () => {
    const first = updates + 1;
    const before = await pinOf(chat);
    // One after the other: of three at once nobody says which is first.
    const waiting = [await post(chat), await post(chat), await post(chat)];
    await until(edge.log, (log) => log.some(({ event, message }) => event === "message.held" && message === `u${first}`));
    expect(await pinOf(chat)).toMatchObject({ instance: home, epoch: before.epoch });
    expect(receipts().some(({ update }) => update.update_id >= first)).toBe(false);
    expect(await Promise.all(waiting.map((id) => takerOf(id)))).toEqual(Array.from({ length: 3 }, () => otherThan(home)));
    expect(
      receipts()
        .filter(({ update }) => update.update_id >= first && isIn(update, chat))
        .map(({ update }) => update.update_id),
    ).toEqual([first, first + 1, first + 2]);
    expect(await pinOf(chat)).toMatchObject({ instance: otherThan(home), epoch: before.epoch + 1 });
    const settled = edge.log().find(({ event, message }) => event === "message.settled" && message === `u${first}`);
    expect(Number(settled?.["deliveredMs"])).toBeGreaterThanOrEqual(HOLD_MS);
  });

  it("a moved conversation does not go back when its old instance returns", async () => {
    await recorderOf(home).setFault(undefined);
    await allWell();
    expect(await say(chat)).toBe(otherThan(home));
  });
});

describe("when an instance drains", () => {
  beforeEach(allWell);
  afterEach(() => edge.admin("POST", "/admin/instances/one/undrain"));

  it("new conversations avoid it from the answer on, and come again after it is taken back", async () => {
    expect(await edge.admin("POST", "/admin/instances/one/drain")).toMatchObject({ status: 200, json: { instance: "one" } });
    const avoided = await Promise.all(Array.from({ length: 12 }, (_, index) => say(3_000 + index)));
    expect(new Set(avoided)).toEqual(new Set(["two"]));
    expect(await edge.admin("POST", "/admin/instances/one/undrain")).toMatchObject({ status: 200 });
    await allWell();
    const back = await Promise.all(Array.from({ length: 12 }, (_, index) => say(3_100 + index)));
    expect(new Set(back)).toEqual(new Set(["one", "two"]));
  });

  it("it survives a kill of the edge", async () => {
    await edge.admin("POST", "/admin/instances/one/drain");
    await edge.kill();
    await edge.start();
    const avoided = await Promise.all(Array.from({ length: 8 }, (_, index) => say(3_200 + index)));
    expect(new Set(avoided)).toEqual(new Set(["two"]));
  });
});

describe("when the document takes an instance out of the pool", () => {
  it("its conversations go on at the other one, with the next epoch", async () => {
    await allWell();
    const chat = await chatAt("one");
    const { epoch } = await pinOf(chat);
    edge.writeRoutes(routesWith(["two"]));
    await until(
      async () => (await edge.admin("GET", "/admin/routes")).json,
      ({ text }) => text === JSON.stringify(routesWith(["two"])),
    );
    await until(
      () => say(chat),
      (instance) => instance === "two",
    );
    expect(await pinOf(chat)).toMatchObject({ instance: "two", epoch: epoch + 1 });
  });
});

const isIn = (update: Receipt["update"], chat: number): boolean => (update["message"] as AdminJson).chat.id === chat;

/** A used conversation that is pinned there. */
async function chatAt(instance: string): Promise<number> {
  for (let chat = 4_000; chat < 4_050; chat += 1) if ((await say(chat)) === instance) return chat;
  return expect.fail(`no conversation went to ${instance}`);
}
