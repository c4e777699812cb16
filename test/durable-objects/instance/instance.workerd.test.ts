/** The instance object in real workerd, with a real configuration and a real server to probe. */
import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, inject, it } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import type { Instance } from "../../../durable-objects/instance/durable-object.ts";
import type { InstanceDetails } from "../../../durable-objects/instance/status.ts";
import { drainInstance, instancesOf, showInstance, undrainInstance } from "../../../durable-objects/instance/stub.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import type { LogLine } from "../../../src/core/log-line.ts";
import type { Outcome } from "../../../src/core/outcome.ts";

const edge = env as unknown as Env;
const instances = instancesOf(edge);
const stubOf = (name: string): DurableObjectStub<Instance> => objectOf(edge, edge.INSTANCE, name);
const failed: Outcome = { kind: "failed", status: 500, detail: "http 500" };

const { origin, refused } = inject("answering");
/** No object of one test is asked in another: names are the tests' own. */
const NAMES: Readonly<Record<string, string>> = {
  calm: `${origin}/started`,
  dead: refused,
  failing: `${origin}/started`,
  leaving: `${origin}/leaving`,
  drained: `${origin}/started`,
  granted: `${origin}/started`,
  leaver: `${origin}/started`,
  sleeper: `${origin}/started`,
  budget: `${origin}/started`,
  unlucky: `${origin}/started`,
  returner: `${origin}/started`,
  half: `${origin}/started`,
  behind: `${origin}/started`,
};
const documentWith = (names: readonly string[]): string =>
  JSON.stringify({
    accounts: { "telegram:a": { pool: "p", secrets: { webhook: "W", token: "T" } } },
    instances: Object.fromEntries(
      names.map((name) => [
        name,
        {
          url: NAMES[name],
          probe: { intervalMs: 60_000, timeoutMs: 2000 },
          native: { "telegram:a": { url: `${origin}/hook`, secret: "S" } },
        },
      ]),
    ),
    pools: { p: { instances: names, failover: { maxFails: 2, failTimeoutMs: 60_000 } } },
  });

async function put(names: readonly string[]): Promise<void> {
  const answer = await configOf(edge).push(documentWith(names));
  if (answer.status === "rejected") throw new Error(JSON.stringify(answer));
}

/** Asked for while the object's own alarm rings, an alarm does nothing: who expects something of it asks again. */
async function showAfterAlarm(name: string): Promise<InstanceDetails> {
  await runDurableObjectAlarm(stubOf(name));
  return showInstance(edge, name);
}

beforeEach(() => put(Object.keys(NAMES)));

it("an instance nobody asked about yet is healthy, and asking starts its probes", async () => {
  expect(await instances.status(["calm"])).toEqual([
    { name: "calm", isHealthy: true, isDraining: false, pinsLately: 0, pinsTotal: 0, lastPinAtMs: 0 },
  ]);
  await runDurableObjectAlarm(stubOf("calm"));
  await expect
    .poll(async () => (await showInstance(edge, "calm")).lastProbe)
    .toMatchObject({ verdict: "up", isReady: true, version: "2026.9.6" });
});

it("statuses come in the order asked", async () => {
  expect((await instances.status(["granted", "calm", "drained"])).map((status) => status.name)).toEqual(["granted", "calm", "drained"]);
});

it("an instance that does not answer probes is unhealthy after two of them", async () => {
  await instances.status(["dead"]);
  await expect.poll(() => showAfterAlarm("dead")).toMatchObject({ isHealthy: false, reason: "/startupz: connection refused" });
});

it("an instance with good probes and failing deliveries is ejected by its pool's settings", async () => {
  await instances.report("failing", failed);
  expect((await instances.status(["failing"]))[0]?.isHealthy).toBe(true);
  await instances.report("failing", failed);
  await expect.poll(async () => (await showAfterAlarm("failing")).lastProbe?.verdict).toBe("up");
  expect(await showInstance(edge, "failing")).toMatchObject({
    isHealthy: false,
    reason: "2 failed deliveries, the last: http 500",
    ejectionsInARow: 1,
  });
});

it("an instance that says it drains gets nobody new, and is not called broken", async () => {
  await instances.status(["leaving"]);
  await runDurableObjectAlarm(stubOf("leaving"));
  await expect.poll(async () => (await instances.status(["leaving"]))[0]).toMatchObject({ isHealthy: true, isDraining: true });
});

describe("what must survive the object's eviction", () => {
  it("a drain, until it is undone", async () => {
    expect(await drainInstance(edge, "drained")).toMatchObject({ isDraining: true });
    await evictDurableObject(stubOf("drained"));
    expect((await instances.status(["drained"]))[0]?.isDraining).toBe(true);
    expect(await undrainInstance(edge, "drained")).toMatchObject({ isDraining: false });
    await evictDurableObject(stubOf("drained"));
    expect((await instances.status(["drained"]))[0]?.isDraining).toBe(false);
  });

  it("the conversations it was given", async () => {
    await Promise.all([1, 2, 3].map(() => instances.granted("granted")));
    await evictDurableObject(stubOf("granted"));
    expect((await instances.status(["granted"]))[0]).toMatchObject({ pinsLately: 3, pinsTotal: 3 });
  });
});

it("an alarm that wakes an evicted object probes and arms the next one", async () => {
  await instances.status(["sleeper"]);
  await expect.poll(async () => (await showAfterAlarm("sleeper")).lastProbe?.verdict).toBe("up");
  await runInDurableObject(stubOf("sleeper"), (_, state) => state.storage.setAlarm(Date.now() + 200));
  await evictDurableObject(stubOf("sleeper"));
  await expect
    .poll(() => runInDurableObject(stubOf("sleeper"), (_, state) => state.storage.getAlarm()))
    .toBeGreaterThan(Date.now() + 30_000);
  await expect.poll(async () => (await showInstance(edge, "sleeper")).lastProbe).toMatchObject({ verdict: "up" });
});

it("probing ends when the instance leaves the document, and begins again when somebody asks after its return", async () => {
  await instances.status(["leaver"]);
  await expect.poll(async () => (await showAfterAlarm("leaver")).lastProbe?.verdict).toBe("up");
  await put(Object.keys(NAMES).filter((name) => name !== "leaver"));
  await expect
    .poll(async () => {
      await runDurableObjectAlarm(stubOf("leaver"));
      return runInDurableObject(stubOf("leaver"), (_, state) => state.storage.getAlarm());
    })
    .toBeNull();
  await put(Object.keys(NAMES));
  await expect
    .poll(async () => {
      await instances.status(["leaver"]);
      return (await runInDurableObject(stubOf("leaver"), (_, state) => state.storage.getAlarm())) ?? 0;
    })
    .toBeGreaterThan(Date.now() + 30_000);
});

it("an alarm that could not be armed is armed by the next who asks", async () => {
  await runInDurableObject(stubOf("unlucky"), async (instance: Instance, { storage }) => {
    const setAlarm = storage.setAlarm;
    storage.setAlarm = () => Promise.reject(new Error("storage is away"));
    await expect(instance.status()).rejects.toThrow("storage is away");
    storage.setAlarm = setAlarm;
    await instance.status();
  });
  // It is due at once, and while it runs there is none.
  await expect.poll(() => runInDurableObject(stubOf("unlucky"), (_, { storage }) => storage.getAlarm())).not.toBeNull();
});

it("a drain ends with the instance's place in the document: one that returns is a new one", async () => {
  await drainInstance(edge, "returner");
  await put(Object.keys(NAMES).filter((name) => name !== "returner"));
  // Without an alarm it may only be ringing: it has left when its drain is gone, too.
  await expect
    .poll(async () => {
      await runDurableObjectAlarm(stubOf("returner"));
      return runInDurableObject(stubOf("returner"), async ({ health }: Instance, { storage }) => [
        await storage.getAlarm(),
        health.drainingSinceMs,
      ]);
    })
    .toEqual([null, undefined]);
  await put(Object.keys(NAMES));
  expect((await instances.status(["returner"]))[0]?.isDraining).toBe(false);
});

describe("a drain of which the document it sees knows nothing", () => {
  const drain = async (name: string) => {
    await drainInstance(edge, name);
    await configOf(edge).setDraining(name, true);
  };
  const ahead = (name: string, ms: number) =>
    runInDurableObject(stubOf(name), (instance: Instance) => {
      const { clock } = instance.ports;
      Object.assign(instance, { ports: { ...instance.ports, clock: { ...clock, nowMs: () => clock.nowMs() + ms } } });
    });
  const isDraining = async (name: string) => (await showAfterAlarm(name)).isDraining;

  it("ends once everybody would know of it: its instance left and came back before it looked", async () => {
    await drain("half");
    await put(Object.keys(NAMES).filter((name) => name !== "half"));
    await put(Object.keys(NAMES));
    expect([await isDraining("half"), (await configOf(edge).status()).draining.includes("half")]).toEqual([true, false]);
    await ahead("half", 10_100);
    await expect.poll(() => isDraining("half")).toBe(false);
  });

  it("goes on when only its copy of the document is an old one", async () => {
    const before = await configOf(edge).current();
    await runInDurableObject(stubOf("behind"), async (instance: Instance) => {
      const old = await instance.ports.routes.current(before?.number);
      Object.assign(instance, { ports: { ...instance.ports, routes: { current: async () => old } } });
    });
    await drain("behind");
    await ahead("behind", 10_100);
    for (let round = 0; round < 3; round += 1) expect(await isDraining("behind")).toBe(true);
    await undrainInstance(edge, "behind");
    await configOf(edge).setDraining("behind", false);
  });
});

it("good probes write no row but their alarm", async () => {
  await instances.status(["budget"]);
  await expect.poll(async () => (await showAfterAlarm("budget")).lastProbe?.verdict).toBe("up");
  const rowOf = () => runInDurableObject(stubOf("budget"), (_, state) => state.storage.sql.exec("SELECT json FROM state").one()["json"]);
  const before = await rowOf();
  const lines: LogLine[] = [];
  await runInDurableObject(stubOf("budget"), (instance: Instance) => {
    Object.assign(instance, { ports: { ...instance.ports, log: { write: (line: LogLine) => lines.push(line) } } });
  });
  for (let round = 0; round < 3; round += 1) await runDurableObjectAlarm(stubOf("budget"));
  expect([await rowOf(), lines]).toEqual([before, []]);
});

it("an object that cannot answer is an unhealthy instance, not an error", async () => {
  const broken = { ...edge, INSTANCE: { idFromName: () => ({}), get: () => ({ status: () => Promise.reject(new Error("overloaded")) }) } };
  const lines: LogLine[] = [];
  const asked = instancesOf(broken as unknown as Env, { write: (line) => lines.push(line) });
  expect(await asked.status(["x"])).toEqual([
    { name: "x", isHealthy: false, isDraining: false, pinsLately: 0, pinsTotal: 0, lastPinAtMs: 0 },
  ]);
  expect(lines).toEqual([{ level: "warn", event: "instance.unheard", instance: "x", reason: "Error: overloaded" }]);
});
