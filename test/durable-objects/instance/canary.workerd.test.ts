/** Canaries in real workerd: real hand-overs to a good and a bad instance, the instance's alarm as judge, and what becomes of the conversations. */
import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, inject, it } from "vitest";
import { routesSource } from "../../../durable-objects/config/source.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import { conversationsOf, showConversation } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import type { Instance } from "../../../durable-objects/instance/durable-object.ts";
import { canaryEvidence } from "../../../durable-objects/instance/stub.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { type Canary, groupOf } from "../../../src/core/canary.ts";
import { endOverdueCanaries } from "../../../workers/overdue-canaries.ts";
import { commitOf } from "../../support/conversation.ts";

const edge = env as unknown as Env;
const conversations = conversationsOf(edge);
const { origin } = inject("answering");
const stubOf = (name: string): DurableObjectStub<Instance> => objectOf(edge, edge.INSTANCE, name);

const PER_GROUP = 12;
const PATIENT = { timeout: 20_000 };

const GONE = "http://127.0.0.1:9";

/** `tested` answers as its path says. A conversation waits for its instance: whoever moves does it for the canary's end alone. */
function put(pool: string, tested: string): Promise<void> {
  return putWith(pool, native(`${origin}${tested}`));
}

const native = (url: string) => ({
  url: url.startsWith(GONE) ? url : `${origin}/started`,
  native: { "telegram:support": { url, secret: "LISTENER_SECRET" } },
});

async function putWith(pool: string, tested: object, second?: string, old: object = native(`${origin}/durable`)): Promise<void> {
  const shared = second === undefined ? {} : { [second]: { instances: [`${pool}-new`], failover: { policy: "hold" } } };
  const document = {
    accounts: { "telegram:support": { pool, secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } } },
    instances: { [`${pool}-old`]: old, [`${pool}-new`]: tested },
    pools: { [pool]: { instances: [`${pool}-old`], failover: { policy: "hold", maxFails: 100 } }, ...shared },
    rules: Object.keys(shared).map((name) => ({ name, when: { keywords: ["other"] }, pool: name })),
  };
  const answer = await configOf(edge).push(JSON.stringify(document));
  if (answer.status === "rejected") throw new Error(JSON.stringify(answer));
  await routesSource(edge).current("number" in answer ? answer.number : undefined);
}

async function start(pool: string, lastsMs: number): Promise<Canary> {
  const nowMs = Date.now();
  const named = { id: crypto.randomUUID(), pool, instance: `${pool}-new`, percentage: 50 };
  const canary: Canary = { ...named, startedAtMs: nowMs, untilMs: nowMs + lastsMs, phase: "running" };
  const answer = await configOf(edge).changeCanary({ kind: "canary-started", canary });
  await routesSource(edge).current("number" in answer ? answer.number : undefined);
  return canary;
}

/** As many conversations of each group. */
function drawnBy(canary: Canary) {
  const keys = Array.from({ length: 200 }, (_, index) => `telegram:support/chat/${canary.pool}-${index}`);
  const of = (group: string) => keys.filter((key) => groupOf(canary, key) === group).slice(0, PER_GROUP);
  return { own: of("canary"), rest: of("control") };
}

const sendTo = async (pool: string, keys: readonly string[], messageId: string) => {
  for (const key of keys) {
    const named = { key: `${key}/${messageId}`, messageId };
    await conversations.commit(commitOf({ ref: { key }, pool, arrivedAtMs: Date.now(), ...named }));
  }
};

const shown = (keys: readonly string[]) => Promise.all(keys.map((key) => showConversation(edge, { key }, 20)));
const placesOf = async (keys: readonly string[]) => [
  ...new Set((await shown(keys)).flatMap(({ pins }) => pins.map((pin) => pin.instance))),
];
const isDelivered = async (keys: readonly string[], count: number) =>
  (await shown(keys)).every(({ messages }) => messages.filter(({ state }) => state === "delivered").length === count);
const standing = async (pool: string) => (await configOf(edge).status()).canaries?.find((canary) => canary.pool === pool);
const handed = async (canary: Canary) => {
  const evidence = await canaryEvidence(edge, canary);
  return [evidence.canary.handed, evidence.canary.errors, evidence.control.handed, evidence.control.errors];
};

it("a canary that goes bad is rolled back by itself, and its conversations go on elsewhere, in order and with nothing lost", async () => {
  await put("bad", "/durable");
  const canary = await start("bad", 600_000);
  const { own, rest } = drawnBy(canary);
  const all = [...own, ...rest];
  await sendTo("bad", all, "1");
  await expect.poll(() => isDelivered(all, 1), PATIENT).toBe(true);
  expect([await placesOf(own), await placesOf(rest)]).toEqual([["bad-new"], ["bad-old"]]);
  await expect.poll(() => handed(canary), PATIENT).toEqual([PER_GROUP, 0, PER_GROUP, 0]);
  await runDurableObjectAlarm(stubOf("bad-new"));
  expect(await standing("bad")).toMatchObject({ phase: "running" });
  // A look of its own would end it as soon as it has seen enough.
  await runInDurableObject(stubOf("bad-new"), (_, { storage }) => storage.setAlarm(Date.now() + 3_600_000));

  await put("bad", "/status/500");
  for (const messageId of ["2", "3"]) await sendTo("bad", all, messageId);
  await expect.poll(() => handed(canary), PATIENT).toEqual([2 * PER_GROUP, PER_GROUP, 3 * PER_GROUP, 0]);
  expect(await placesOf(own)).toEqual(["bad-new"]);
  await runDurableObjectAlarm(stubOf("bad-new"));
  const ended = await standing("bad");
  expect(ended).toMatchObject({ phase: "rolled-back", verdict: expect.stringContaining("more hand-overs fail; canary 12 errors of 24") });

  await expect.poll(() => isDelivered(all, 3), PATIENT).toBe(true);
  expect(await placesOf(all)).toEqual(["bad-old"]);
  for (const { messages } of await shown(own)) {
    const inOrder = messages.toSorted((one, other) => one.seq - other.seq);
    expect(inOrder.map(({ instance }) => instance)).toEqual(["bad-new", "bad-old", "bad-old"]);
    const ends = inOrder.map(({ endedAtMs }) => endedAtMs ?? 0);
    expect(ends).toEqual(ends.toSorted((one, other) => one - other));
  }
}, 60_000);

it("a good one is promoted at its end, with what was seen before its object died", async () => {
  await put("good", "/durable");
  const canary = await start("good", 600_000);
  const { own, rest } = drawnBy(canary);
  for (const messageId of ["1", "2"]) await sendTo("good", [...own, ...rest], messageId);
  await expect.poll(() => handed(canary), PATIENT).toEqual([2 * PER_GROUP, 0, 2 * PER_GROUP, 0]);
  await runDurableObjectAlarm(stubOf("good-new"));
  await evictDurableObject(stubOf("good-new"));
  expect(await handed(canary)).toEqual([2 * PER_GROUP, 0, 2 * PER_GROUP, 0]);

  await configOf(edge).changeCanary({ kind: "canary-ended", pool: "good", phase: "rolled-back", verdict: "", atMs: 0 });
  const answer = await configOf(edge).changeCanary({ kind: "canary-started", canary: { ...canary, untilMs: Date.now() } });
  await routesSource(edge).current("number" in answer ? answer.number : undefined);
  await runDurableObjectAlarm(stubOf("good-new"));
  expect(await standing("good")).toMatchObject({ phase: "promoted", verdict: expect.stringContaining("canary 0 errors of 24") });
  expect(await placesOf(own)).toEqual(["good-new"]);
  expect((await routesSource(edge).current())?.routes.pools.get("good")?.instances).toEqual(["good-old", "good-new"]);
}, 60_000);

it("how long a first answer took is seen of both groups, and a second answer is none", async () => {
  await put("told", "/durable");
  const canary = await start("told", 600_000);
  const { own, rest } = drawnBy(canary);
  const [first = "", second = ""] = [own[0], rest[0]];
  await sendTo("told", [first, second], "1");
  await expect.poll(() => handed(canary), PATIENT).toEqual([1, 0, 1, 0]);
  await expect.poll(() => isDelivered([first, second], 1), PATIENT).toBe(true);
  const speak = (key: string, instance: string) =>
    conversations.speak({ key }, { account: "telegram:support", chat: { id: "7", kind: "direct" }, instance, class: "send" });
  for (let times = 0; times < 2; times += 1) {
    expect(await speak(first, "told-new")).toMatchObject({ verdict: "owner" });
    expect(await speak(second, "told-old")).toMatchObject({ verdict: "owner" });
  }
  const answered = async () => Object.values(await canaryEvidence(edge, canary)).map((figures) => figures.answered);
  await expect.poll(answered, PATIENT).toEqual([1, 1]);
});

it("an answer is seen though the instance has the conversation in another pool, too", async () => {
  await put("answered", "/durable");
  const canary = await start("answered", 600_000);
  const [key = ""] = drawnBy(canary).own;
  await putWith("answered", native(`${origin}/durable`), "second");
  for (const [messageId, pool] of [
    ["1", "second"],
    ["2", "answered"],
  ] as const) {
    await conversations.commit(commitOf({ ref: { key }, pool, arrivedAtMs: Date.now(), key: `${key}/${messageId}`, messageId }));
    await expect.poll(() => isDelivered([key], Number(messageId)), PATIENT).toBe(true);
  }
  const chat = { id: "7", kind: "direct" } as const;
  await conversations.speak({ key }, { account: "telegram:support", chat, instance: "answered-new", class: "send" });
  await expect.poll(async () => (await canaryEvidence(edge, canary)).canary.answered, PATIENT).toBe(1);
});

const drain = async (pool: string, isDraining: boolean, which = "new") => {
  await stubOf(`${pool}-${which}`)[isDraining ? "drain" : "undrain"]();
  const answer = await configOf(edge).setDraining(`${pool}-${which}`, isDraining, "anna", { isReturning: true });
  await routesSource(edge).current("number" in answer ? answer.number : undefined);
};
/** Looked at again and again, until `told` says so. */
const look = (pool: string, told: () => Promise<unknown>, which = "new") =>
  expect.poll(async () => {
    await runDurableObjectAlarm(stubOf(`${pool}-${which}`));
    return told();
  }, PATIENT);
const isHealthy = async (pool: string, which = "new") => (await stubOf(`${pool}-${which}`).show()).isHealthy;
const phase = async (pool: string) => (await standing(pool))?.phase;
const failure = (id: string) => ({ id, group: "canary", kind: "handed", ms: 1, isError: true }) as const;
/** The one instance that the pool lists is out, or back. */
const putOld = async (pool: string, isOut: boolean, tested: object = native(`${origin}/durable`)) => {
  await putWith(pool, tested, undefined, isOut ? native(`${GONE}/telegram-webhook`) : undefined);
  await look(pool, () => isHealthy(pool, "old"), "old").toBe(!isOut);
};

it("a restart for which its instance is drained is no ground, teaches nothing, and is no part of its time", async () => {
  await put("restarted", "/durable");
  const canary = await start("restarted", 600_000);
  const stub = stubOf("restarted-new");
  await drain("restarted", true);
  await putWith("restarted", native(`${GONE}/telegram-webhook`));
  await look("restarted", () => isHealthy("restarted")).toBe(false);
  await stub.canary(canary.id, failure(canary.id));
  await look("restarted", async () => (await stub.canary(canary.id)).drained?.ms ?? 0).toBeGreaterThan(0);
  expect([await phase("restarted"), await handed(canary)]).toEqual(["running", [0, 0, 0, 0]]);

  await drain("restarted", false);
  await runDurableObjectAlarm(stub);
  expect([await phase("restarted"), await isHealthy("restarted")]).toEqual(["running", false]);
  await stub.canary(canary.id, failure(canary.id));
  expect(await handed(canary)).toEqual([1, 1, 0, 0]);
});

it("one that says by itself that it goes away is waited for, too", async () => {
  await putWith("leaving", native(`${GONE}/telegram-webhook`));
  await stubOf("leaving-new").report({ kind: "busy", isDraining: true, detail: "draining" });
  await start("leaving", 600_000);
  await look("leaving", () => isHealthy("leaving")).toBe(false);
  await runDurableObjectAlarm(stubOf("leaving-new"));
  expect(await phase("leaving")).toBe("running");
});

it("without a drain the same is its end", async () => {
  await put("died", "/durable");
  await start("died", 600_000);
  await putWith("died", native(`${GONE}/telegram-webhook`));
  await look("died", () => isHealthy("died")).toBe(false);
  await look("died", () => phase("died")).toBe("rolled-back");
  expect(await standing("died")).toMatchObject({ verdict: expect.stringContaining("the instance is out") });
});

it("its end waits while nobody else is well, for everybody is with it, and comes once somebody is", async () => {
  await putOld("alone", true);
  const canary = await start("alone", 0);
  await stubOf("alone-new").status();
  await look("alone", async () => (await stubOf("alone-new").canary(canary.id)).drained?.ms ?? 0).toBeGreaterThan(0);
  expect(await phase("alone")).toBe("running");
  await putOld("alone", false);
  await look("alone", () => phase("alone")).toBe("rolled-back");
  expect(await standing("alone")).toMatchObject({ verdict: expect.stringContaining("inconclusive") });
});

it("so does one that failures end, when those who did better have died since", async () => {
  await put("survivor", "/durable");
  const { id } = await start("survivor", 600_000);
  await stubOf("survivor-new").status();
  for (let times = 0; times < 20; times += 1) {
    await stubOf("survivor-new").canary(id, failure(id));
    await stubOf("survivor-new").canary(id, { id, group: "control", kind: "handed", ms: 1 });
  }
  await putOld("survivor", true);
  await runDurableObjectAlarm(stubOf("survivor-new"));
  expect(await phase("survivor")).toBe("running");
  await putOld("survivor", false);
  await look("survivor", () => phase("survivor")).toBe("rolled-back");
});

it("one that blips while all others are drained stays: there is nobody to go to", async () => {
  await put("blip", "/durable");
  await start("blip", 600_000);
  await drain("blip", true, "old");
  await putWith("blip", native(`${GONE}/telegram-webhook`));
  await look("blip", () => isHealthy("blip")).toBe(false);
  await runDurableObjectAlarm(stubOf("blip-new"));
  expect(await phase("blip")).toBe("running");
  await put("blip", "/durable");
  await look("blip", () => isHealthy("blip")).toBe(true);
});

it("the sweep ends none either while nobody else is well", async () => {
  await putOld("orphan", true);
  await start("orphan", -121_000);
  await endOverdueCanaries(edge);
  expect(await phase("orphan")).toBe("running");
  await putOld("orphan", false);
  await endOverdueCanaries(edge);
  expect(await phase("orphan")).toBe("rolled-back");
});

it("what was seen of a canary that a look did not know yet is kept", async () => {
  await put("early", "/durable");
  await start("early", 600_000);
  await stubOf("early-new").status();
  await stubOf("early-new").canary("of-tomorrow", failure("of-tomorrow"));
  await runDurableObjectAlarm(stubOf("early-new"));
  await evictDurableObject(stubOf("early-new"));
  expect((await stubOf("early-new").canary("of-tomorrow")).canary.handed).toBe(1);
});

it("an instance that only polls is looked at often while a canary runs, and else is not", async () => {
  const dueInMs = () =>
    runInDurableObject(stubOf("polled-new"), async (_, state) => ((await state.storage.getAlarm()) ?? Infinity) - Date.now());
  await putWith("polled", { poll: ["telegram:support"] });
  await stubOf("polled-new").status();
  await look("polled", dueInMs).toBeGreaterThan(60_000);
  await start("polled", 600_000);
  await look("polled", dueInMs).toBeLessThanOrEqual(10_000);
});

it("what is seen of one has it looked at within ten seconds, however seldom its instance is asked", async () => {
  const dueInMs = () =>
    runInDurableObject(stubOf("seldom-new"), async (_, state) => ((await state.storage.getAlarm()) ?? Infinity) - Date.now());
  await putWith("seldom", { ...native(`${origin}/durable`), probe: { intervalMs: 300_000 } });
  await look("seldom", () => isHealthy("seldom")).toBe(true);
  await look("seldom", dueInMs).toBeGreaterThan(60_000);
  const { id } = await start("seldom", 600_000);
  for (let times = 0; times < 5; times += 1) await stubOf("seldom-new").canary(id, failure(id));
  expect(await dueInMs()).toBeLessThanOrEqual(10_000);
});

it("the sweep does not end one whose instance is drained", async () => {
  await put("away", "/durable");
  await drain("away", true);
  await start("away", -121_000);
  await endOverdueCanaries(edge);
  expect(await standing("away")).toMatchObject({ phase: "running" });
  await drain("away", false);
  await endOverdueCanaries(edge);
  expect(await standing("away")).toMatchObject({ phase: "rolled-back" });
});

it("one that nobody judged is ended by the sweep, and only then", async () => {
  await put("lost", "/durable");
  const canary = await start("lost", -60_000);
  const sweep = () => endOverdueCanaries(edge);
  await sweep();
  expect(await standing("lost")).toMatchObject({ phase: "running" });
  await configOf(edge).changeCanary({ kind: "canary-ended", pool: "lost", phase: "rolled-back", verdict: "", atMs: 0 });
  const answer = await configOf(edge).changeCanary({ kind: "canary-started", canary: { ...canary, untilMs: Date.now() - 121_000 } });
  await routesSource(edge).current("number" in answer ? answer.number : undefined);
  await sweep();
  expect(await standing("lost")).toMatchObject({ phase: "rolled-back", verdict: expect.stringContaining("inconclusive") });
});
