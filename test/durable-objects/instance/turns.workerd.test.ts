/** Turns, suspicions and lost alarms of the instance object in real workerd; only its clock and its way out are sometimes played. */
import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import type { Instance } from "../../../durable-objects/instance/durable-object.ts";
import { instancesOf, showInstance } from "../../../durable-objects/instance/stub.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import type { Outcome } from "../../../src/core/outcome.ts";

const edge = env as unknown as Env;
const instances = instancesOf(edge);
const stubOf = (name: string): DurableObjectStub<Instance> => objectOf(edge, edge.INSTANCE, name);
const failed: Outcome = { kind: "failed", status: 500, detail: "http 500" };
const accepted: Outcome = { kind: "accepted", status: 200, detail: "http 200" };

const { origin } = inject("answering");
const STARTED = ["tried", "vouched", "back", "asked", "slow", "jumped", "reported", "lost", "kept", "unwatched", "refusing"];
const HUNG = "hung";

beforeAll(async () => {
  const native = { "telegram:a": { url: `${origin}/hook`, secret: "S" } };
  const facts = { native, probe: { intervalMs: 60_000, timeoutMs: 2100 }, recovery: { rampMs: 60_000, perSecond: 10 } };
  const instance = (url: string) => ({ url, ...facts });
  const names = [...STARTED, HUNG];
  const answer = await configOf(edge).push(
    JSON.stringify({
      accounts: { "telegram:a": { pool: "p", secrets: { webhook: "W", token: "T" } } },
      instances: Object.fromEntries(names.map((name) => [name, instance(`${origin}/${name === HUNG ? "silent" : "started"}`)])),
      pools: { p: { instances: names, failover: { maxFails: 2, failTimeoutMs: 60_000 } } },
    }),
  );
  if (answer.status === "rejected") throw new Error(JSON.stringify(answer));
});

const HOUR_MS = 3_600_000;

/** As its probes would find it. Its clock stands, and none of its own comes in between. */
const probedTwice = (name: string, verdict: "up" | "down") =>
  runInDurableObject(stubOf(name), async (instance: Instance, { storage }) => {
    bendClock(instance, 0);
    await storage.setAlarm(Date.now() + HOUR_MS);
    for (let count = 0; count < 2; count += 1) instance.probed({ verdict, reason: "http 500" });
  });
const alarmOf = (name: string) => runInDurableObject(stubOf(name), (_, state) => state.storage.getAlarm());

/** Calls of the object that left it from now on, by path. */
async function watched(name: string): Promise<readonly string[]> {
  const paths: string[] = [];
  await runInDurableObject(stubOf(name), (instance: Instance) => {
    const { http } = instance.ports;
    const fetched: typeof http.fetch = (url, init) => {
      paths.push(new URL(url).pathname);
      return http.fetch(url, init);
    };
    Object.assign(instance, { ports: { ...instance.ports, http: { fetch: fetched } } });
  });
  return paths;
}

describe("turns", () => {
  it("of an instance that is down: one trial, and the others wait, without a row", async () => {
    await probedTwice("tried", "down");
    const rows = () => runInDurableObject(stubOf("tried"), (instance: Instance) => instance.rowsWritten);
    const before = await rows();
    expect(await instances.turn("tried", true)).toEqual({ verdict: "go", isAbsent: true, rampUntilMs: expect.any(Number) });
    expect(await instances.turn("tried", true)).toMatchObject({ verdict: "wait", isDown: true, detail: "held back: http 500" });
    expect(await rows()).toBe(before);
  });

  it("a refusal is known without asking, of that account, for five minutes, and until one of it is let in", async () => {
    const nowMs = Date.now();
    const known = () =>
      [
        ["telegram:a", nowMs],
        ["telegram:b", nowMs],
        ["telegram:a", nowMs + 310_000],
      ].map(([account, atMs]) => instancesOf(edge).isRefusing("refusing", String(account), Number(atMs)));
    expect(known()).toEqual([false, false, false]);
    await instances.report("refusing", { kind: "refused", status: 400, detail: "http 400" }, "telegram:a");
    expect(known()).toEqual([false, false, false]);
    await instances.report("refusing", { kind: "refused", status: 401, detail: "http 401" }, "telegram:a");
    expect(known()).toEqual([true, false, false]);
    await instances.report("refusing", accepted, "telegram:a");
    expect(known()).toEqual([false, false, false]);
  });

  it("a delivery that it took makes it serve again, against its probes; a failing one ends that", async () => {
    await probedTwice("vouched", "down");
    expect((await instances.status(["vouched"]))[0]).toMatchObject({ isHealthy: false, isDoubted: true });
    await instances.report("vouched", accepted);
    expect((await instances.status(["vouched"]))[0]).toMatchObject({ isHealthy: true, share: 0.1 });
    await instances.report("vouched", failed);
    const [status] = await instances.status(["vouched"]);
    expect([status?.isHealthy, status?.isDoubted]).toEqual([false, undefined]);
  });

  it("of an instance that is back are as many as its ramp allows, also for an incarnation that comes to it then", async () => {
    await probedTwice("back", "down");
    await probedTwice("back", "up");
    await evictDurableObject(stubOf("back"));
    const [status] = await instances.status(["back"]);
    expect(status?.share).toBeLessThan(0.5);
    expect(status?.share).toBeGreaterThanOrEqual(0.1);
    const turns = await Promise.all(Array.from({ length: 40 }, () => instances.turn("back", false)));
    expect(turns.filter(({ verdict }) => verdict === "wait").length).toBeGreaterThan(20);
    expect(turns.filter(({ verdict }) => verdict === "go").length).toBeGreaterThan(0);
    expect(turns.every(({ rampUntilMs }) => rampUntilMs !== undefined)).toBe(true);
  });

  it("of an instance that refuses an account: others have theirs, its own wait also for the next incarnation, until it is let in", async () => {
    const refused: Outcome = { kind: "refused", isPermanent: false, status: 401, detail: "http 401" };
    const told = { verdict: "wait", isDown: false, detail: "held back: telegram:a is refused: http 401, check its secret" };
    await instances.report("refusing", refused, "telegram:a");
    expect(await instances.turn("refusing", true, "telegram:b")).toEqual({ verdict: "go" });
    await evictDurableObject(stubOf("refusing"));
    expect(await instances.turn("refusing", true, "telegram:a")).toMatchObject(told);
    expect((await instances.status(["refusing"]))[0]).toMatchObject({ isHealthy: true, refuses: ["telegram:a"] });
    expect((await showInstance(edge, "refusing")).reason).toBe("telegram:a is refused: http 401, check its secret");
    await instances.report("refusing", accepted, "telegram:a");
    expect(await instances.turn("refusing", true, "telegram:a")).toEqual({ verdict: "go" });
    expect((await showInstance(edge, "refusing")).reason).toBe("");
  });

  it("are asked for by older Workers too, which do not say what for", async () => {
    expect(await stubOf("asked").turn()).toEqual({ verdict: "go" });
  });

  it("an object that cannot answer lets it go: it would be no better to wait", async () => {
    const broken = { ...edge, INSTANCE: { idFromName: () => ({}), get: () => ({ turn: () => Promise.reject(new Error("overloaded")) }) } };
    const lines: unknown[] = [];
    const asked = instancesOf(broken as unknown as Env, { write: (line) => lines.push(line) });
    expect(await asked.turn("x", true)).toEqual({ verdict: "go" });
    expect(lines).toHaveLength(1);
  });
});

function bendClock(instance: Instance, aheadMs: number): void {
  const nowMs = Date.now() + aheadMs;
  Object.assign(instance, { ports: { ...instance.ports, clock: { ...instance.ports.clock, nowMs: () => nowMs } } });
}

describe("suspicion", () => {
  it("of an instance that hangs is an outage after two probes, without any alarm", { timeout: 30_000 }, async () => {
    await instances.suspect(HUNG);
    await expect.poll(async () => (await showInstance(edge, HUNG)).reason, { timeout: 25_000 }).toBe("/startupz: no answer in time");
  });

  it("of one that is only slow is one probe, however many suspect it; the next is left to the alarm, which it brings nearer", async () => {
    await runInDurableObject(stubOf("slow"), (_, state) => state.storage.setAlarm(Date.now() + HOUR_MS));
    const paths = await watched("slow");
    await Promise.all(Array.from({ length: 20 }, () => instances.suspect("slow")));
    await expect.poll(() => paths.filter((path) => path === "/started/startupz")).toHaveLength(1);
    await expect.poll(() => alarmOf("slow")).toBeLessThan(Date.now() + 60_000);
    expect(paths.filter((path) => path === "/started/startupz")).toHaveLength(1);
  });

  it("is looked into at once also after a clock that went back an hour", async () => {
    const paths = await watched("jumped");
    await runInDurableObject(stubOf("jumped"), (_, state) => state.storage.setAlarm(Date.now() + 7_200_000));
    for (const [count, aheadMs] of [3_600_000, 0].entries()) {
      await runInDurableObject(stubOf("jumped"), (instance: Instance) => bendClock(instance, aheadMs));
      // Again and again: while a probe is under way nobody begins another one, and at one time there is only one.
      const probes = async (): Promise<number> => {
        await instances.suspect("jumped");
        return paths.filter((path) => path === "/started/startupz").length;
      };
      await expect.poll(probes).toBe(count + 1);
    }
  });

  it("a delivery that failed is looked into at once", async () => {
    const paths = await watched("reported");
    await runInDurableObject(stubOf("reported"), (_, state) => state.storage.setAlarm(Date.now() + HOUR_MS));
    await instances.report("reported", failed);
    await expect.poll(() => paths).toContain("/started/startupz");
  });
});

describe("an alarm that was lost", () => {
  const later = (name: string, ms: number) =>
    runInDurableObject(stubOf(name), (instance: Instance, state) => {
      bendClock(instance, ms);
      return state.storage.deleteAlarm();
    });

  const calls: readonly (readonly [string, (name: string) => Promise<unknown>])[] = [
    ["the sweeper, who asks for its status", (name) => instances.status([name])],
    ["a conversation that asks for a turn", (name) => instances.turn(name, true)],
    ["a report", (name) => instances.report(name, accepted)],
    ["a grant", (name) => instances.granted(name)],
  ];

  it.each(calls)("is found by %s", async (_, call) => {
    await later("lost", 0);
    await evictDurableObject(stubOf("lost"));
    await instances.status(["lost"]);
    await later("lost", 60_000 + 6000);
    await call("lost");
    expect(await alarmOf("lost")).not.toBeNull();
  });

  it("is not looked for while it is to come", async () => {
    await instances.status(["kept"]);
    // It rings at once, and then is a minute away: a probe that is under way yet changes nothing of that.
    await expect.poll(() => alarmOf("kept")).toBeGreaterThan(Date.now() + 30_000);
    await later("kept", 50_000);
    await instances.status(["kept"]);
    expect(await alarmOf("kept")).toBeNull();
  });

  it("a storage that fails makes no alarm throw, and the next who asks arms it", async () => {
    await instances.status(["unwatched"]);
    await runInDurableObject(stubOf("unwatched"), async (instance: Instance, { storage }) => {
      const { setAlarm } = storage;
      storage.setAlarm = () => Promise.reject(new Error("storage is away"));
      await expect(instance.alarm()).resolves.toBeUndefined();
      storage.setAlarm = setAlarm;
      await storage.deleteAlarm();
      await instance.status();
    });
    // It is due at once, and while it runs there is none.
    await expect.poll(() => alarmOf("unwatched")).not.toBeNull();
  });
});
