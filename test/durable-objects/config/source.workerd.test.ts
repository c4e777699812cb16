import { evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AcceptedCopy, hashOf, writeAccepted } from "../../../durable-objects/config/kv.ts";
import { forget } from "../../../durable-objects/config/memory.ts";
import type { SourceDeps } from "../../../durable-objects/config/refresh.ts";
import { routesSource } from "../../../durable-objects/config/source.ts";
import { CONFIG_NAME, configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import type { LogLine } from "../../../src/core/log-line.ts";
import { badText, goodText, withoutInstance, yesterdays } from "./documents.ts";

const TTL_MS = 30_000;
const base = workerEnv as unknown as Env;
const config = configOf(base);

let nowMs = 0;
let log: LogLine[] = [];
let calls: string[] = [];
let behind: Promise<unknown>[] = [];

/** A KV that is the real one until told otherwise. */
let kv: { failing: boolean; pinned: Record<string, string> };

const counting: SourceDeps["config"] = {
  offer: (offer) => {
    calls.push("offer");
    return config.offer(offer);
  },
  current: () => {
    calls.push("current");
    return config.current();
  },
  earlier: () => {
    calls.push("earlier");
    return config.earlier();
  },
  model: (name) => {
    calls.push("model");
    return config.model(name);
  },
};
const down: SourceDeps["config"] = {
  offer: () => Promise.reject(new Error("object is down")),
  current: () => Promise.reject(new Error("object is down")),
  earlier: () => Promise.reject(new Error("object is down")),
  model: () => Promise.reject(new Error("object is down")),
};

/** An isolate of its own: memory belongs to the env it was given. */
function isolate(overrides: Partial<SourceDeps> = {}) {
  const get = async (key: string): Promise<string | null> => {
    if (kv.failing) throw new Error("KV GET failed: 503");
    return kv.pinned[key] ?? base.ROUTES.get(key);
  };
  const env = { ...base, ROUTES: { get } as unknown as KVNamespace, CONFIG_TTL_MS: String(TTL_MS) };
  const deps = {
    clock: { nowMs: () => nowMs, sleep: () => new Promise<void>(() => undefined) },
    log: { write: (line: LogLine) => void log.push(line) },
    config: counting,
    keepAlive: (work: Promise<unknown>) => void behind.push(work),
    ...overrides,
  };
  return {
    current: (atLeast?: number) => routesSource(env, deps).current(atLeast),
    /** A TTL later: what a caller gets at once, and what one gets after the refresh behind it. */
    later: async () => {
      nowMs += TTL_MS;
      const source = routesSource(env, deps);
      const atOnce = await source.current();
      await Promise.all(behind.splice(0));
      return { atOnce: numberOf(atOnce), afterwards: numberOf(await source.current()) };
    },
  };
}

const numberOf = (snapshot: Awaited<ReturnType<ReturnType<typeof isolate>["current"]>>) => snapshot?.routes.number;

const published = () =>
  vi.waitFor(
    async () => {
      const { copies } = await config.status();
      expect([copies.accepted.isWritten, copies.raw.isWritten]).toEqual([true, true]);
    },
    { timeout: 30_000, interval: 20 },
  );

const copyIn = async (): Promise<AcceptedCopy> => JSON.parse((await base.ROUTES.get("accepted")) ?? "null") as AcceptedCopy;

beforeEach(() => {
  nowMs = 1_000_000;
  log = [];
  calls = [];
  behind = [];
  kv = { failing: false, pinned: {} };
});

afterEach(async () => {
  await published();
  await reset();
});

it("without any document there is no snapshot, and a crowd asks once", async () => {
  const one = isolate();
  expect(await one.current()).toBeUndefined();
  expect(await one.current()).toBeUndefined();
  expect(calls).toEqual(["current"]);
});

it("a good raw put is accepted and served by the first isolate that sees it", async () => {
  await base.ROUTES.put("routes", goodText());
  const snapshot = await isolate().current();
  expect(snapshot?.routes.number).toBe(1);
  expect(snapshot?.routes.accounts.get("telegram:support")?.pool).toBe("support");
  expect((await config.status()).document?.source).toBe("raw");
});

it("a bad raw put leaves the document in force, is offered once, and is named after a restart", async () => {
  await config.push(goodText());
  await published();
  const one = isolate();
  expect(numberOf(await one.current())).toBe(1);
  await base.ROUTES.put("routes", badText);
  expect(await one.later()).toEqual({ atOnce: 1, afterwards: 1 });
  await one.later();
  expect(calls).toEqual(["offer"]);
  await published();
  await evictDurableObject(objectOf(base, base.CONFIG, CONFIG_NAME));
  expect((await config.status()).lastRejected).toMatchObject({
    source: "raw",
    issueCount: expect.any(Number),
    hash: await hashOf(badText),
  });
  expect((await config.status()).lastRejected?.issues[0]?.path).not.toBe("");
  expect(numberOf(await isolate().current())).toBe(1);
});

it("a raw put over a running edge takes effect within a TTL", async () => {
  await config.push(goodText("one"));
  await published();
  const one = isolate();
  await one.current();
  await base.ROUTES.put("routes", goodText("two"));
  expect(await one.later()).toEqual({ atOnce: 1, afterwards: 2 });
});

it("isolates leave the Config object alone while KV has nothing new", async () => {
  await config.push(goodText());
  await published();
  const one = isolate();
  for (let round = 0; round < 5; round += 1) await one.later();
  expect(calls).toEqual([]);
});

it("a snapshot is served from memory until its TTL is over, and compiled once", async () => {
  await config.push(goodText());
  await published();
  const one = isolate();
  const first = await one.current();
  await config.push(goodText("new"));
  await published();
  nowMs += TTL_MS - 1;
  expect(await one.current()).toBe(first);
  expect(behind).toEqual([]);
  nowMs += 1;
  expect(await one.current()).toBe(first);
  await Promise.all(behind.splice(0));
  const second = await one.current();
  expect(numberOf(second)).toBe(2);
  await one.later();
  expect(await one.current()).toBe(second);
});

it("an older accepted copy in KV takes nobody back, and no cold isolate below what a caller has seen", async () => {
  await config.push(goodText("one"));
  await published();
  const older = JSON.stringify(await copyIn());
  await config.push(goodText("two"));
  await published();
  const one = isolate();
  expect(numberOf(await one.current())).toBe(2);
  kv.pinned = { accepted: older, routes: goodText("one") };
  expect(await one.later()).toEqual({ atOnce: 2, afterwards: 2 });
  const cold = isolate();
  expect(numberOf(await cold.current())).toBe(1);
  expect(numberOf(await cold.current(2))).toBe(2);
  expect((await config.current())?.number).toBe(2);
});

it("a number that nobody has given is no snapshot", async () => {
  await config.push(goodText());
  await published();
  expect(await isolate().current(99)).toBeUndefined();
});

it("when KV is down the last good snapshot stays, and an isolate asks the Config object, once for each TTL", async () => {
  await config.push(goodText());
  await published();
  const warm = isolate();
  await warm.current();
  kv.failing = true;
  expect(await warm.later()).toEqual({ atOnce: 1, afterwards: 1 });
  expect(calls).toEqual(["current"]);
  expect(numberOf(await isolate().current())).toBe(1);
  expect(calls).toEqual(["current", "current"]);
  expect(log.map((line) => line.event)).toContain("routes.unreadable");
});

it("an isolate that cannot read KV learns of a drain all the same", async () => {
  await config.push(goodText());
  await published();
  const one = isolate();
  await one.current();
  kv.failing = true;
  await config.setDraining("eu-1", true);
  expect(await one.later()).toEqual({ atOnce: 1, afterwards: 2 });
  expect([...((await one.current())?.routes.draining ?? [])]).toEqual(["eu-1"]);
});

it("when KV and the Config object are down there is no snapshot, and both are asked again later", async () => {
  await config.push(goodText());
  await published();
  kv.failing = true;
  const cold = isolate({ config: down });
  expect(await cold.current()).toBeUndefined();
  kv.failing = false;
  nowMs += 1000;
  expect(numberOf(await cold.current())).toBe(1);
});

it.each([
  ["not JSON", "{"],
  ["of another shape", JSON.stringify({ number: "one" })],
])("an accepted copy that is %s is not believed: the Config object is asked", async (_what, text) => {
  await config.push(goodText());
  await published();
  kv.pinned = { accepted: text };
  expect(numberOf(await isolate().current())).toBe(1);
  expect(calls).toContain("current");
});

it("a document that this build cannot compile is logged once, and what was in force stays", async () => {
  await config.push(goodText());
  await published();
  const one = isolate();
  const before = await one.current();
  const newer = { ...(await copyIn()), number: 2, text: badText };
  kv.pinned = { accepted: JSON.stringify(newer) };
  expect(await one.later()).toEqual({ atOnce: 1, afterwards: 1 });
  await one.later();
  expect(await one.current()).toBe(before);
  expect(await one.current(2), "newer code elsewhere is at 2 already: here nothing newer can be had").toBe(before);
  expect(await one.current(3)).toBeUndefined();
  expect(log.filter((line) => line.event === "routes.uncompilable")).toMatchObject([
    { number: 2, inForce: 1, reason: expect.stringContaining("pools.support.instances[0]") },
  ]);
});

/** The row as another release left it: what is in force, in a text that this build would refuse. */
const acceptedByAnotherRelease = async (number: number, text: string): Promise<void> => {
  await published();
  const stub = objectOf(base, base.CONFIG, CONFIG_NAME);
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec("UPDATE documents SET text = ? WHERE number = ?", text, number);
  });
  await evictDurableObject(stub);
  kv.pinned = { accepted: JSON.stringify({ ...(await copyIn()), text }), routes: text };
};

describe("after an upgrade that no longer reads the document in force", () => {
  it.each(Object.entries(yesterdays))("with %s, everything else is served by cold isolates", async (_what, text) => {
    await config.push(goodText());
    await acceptedByAnotherRelease(1, text);
    const snapshot = await isolate().current();
    expect(numberOf(snapshot)).toBe(1);
    expect([...(snapshot?.routes.accounts.keys() ?? [])]).toEqual(["telegram:support"]);
    expect(log).toEqual([
      {
        level: "error",
        event: "routes.outdated",
        number: 1,
        setAside: "whatsapp:sales",
        reason: expect.stringMatching(/^(accounts|pools|instances)\./),
      },
    ]);
    expect(await config.status()).toMatchObject({
      number: 1,
      warnings: [{ path: "accounts.whatsapp:sales", message: "does not load in this build: nothing is received for this account" }],
      lastRejected: { source: "push", hash: await hashOf(goodText()), issueCount: expect.any(Number) },
    });
  });

  it("at all, the newest one before it that does load is served, and loudly", async () => {
    await config.push(goodText("one"));
    await config.push(goodText("two"));
    await config.push(goodText("three"));
    await config.push(goodText("four"));
    await acceptedByAnotherRelease(3, badText);
    await acceptedByAnotherRelease(4, badText);
    const cold = isolate();
    expect(numberOf(await cold.current())).toBe(2);
    expect(numberOf(await cold.current(4)), "who has seen 4 is served too").toBe(2);
    expect(log.map(({ event, number, inForce }) => ({ event, number, inForce }))).toEqual([
      { event: "routes.uncompilable", number: 4, inForce: 0 },
      { event: "routes.fell-back", number: 4, inForce: 2 },
    ]);
    const { warnings, lastRejected } = await config.status();
    expect(warnings).toEqual([
      { level: "warning", path: "", message: "this document does not load in this build, number 2 is served in its place" },
    ]);
    expect(lastRejected?.issues[0]?.path).toBe("pools.support.instances[0]");
    await config.push(goodText("five"));
    kv.pinned = {};
    await published();
    expect(await cold.later()).toEqual({ atOnce: 2, afterwards: 5 });
    expect(await config.status()).toMatchObject({ number: 5, warnings: [], lastRejected: undefined });
  });

  it("nor any before it, there is no snapshot, and the status says so", async () => {
    await config.push(goodText());
    await acceptedByAnotherRelease(1, badText);
    expect(await isolate().current()).toBeUndefined();
    expect((await config.status()).warnings[0]?.message).toContain("nothing is served");
  });

  it("a document that is offered is judged as strictly as ever", async () => {
    for (const text of Object.values(yesterdays)) expect(await config.push(text)).toMatchObject({ status: "rejected" });
    await config.push(goodText());
  });
});

it("a refresh that was cancelled with its request blocks nobody: the next begins after the lease, and in the end one is waited for", async () => {
  await config.push(goodText());
  await published();
  let isCancelled = false;
  const never = new Promise<never>(() => undefined);
  const env = {
    ...base,
    CONFIG_TTL_MS: String(TTL_MS),
    ROUTES: { get: (key: string) => (isCancelled ? never : base.ROUTES.get(key)) } as unknown as KVNamespace,
  };
  const source = routesSource(env, { clock: { nowMs: () => nowMs, sleep: () => never }, keepAlive: (work) => void behind.push(work) });
  await source.current();
  isCancelled = true;
  nowMs += TTL_MS;
  await source.current();
  await source.current();
  expect(behind).toHaveLength(1);
  nowMs += 10_000;
  await source.current();
  expect(behind).toHaveLength(2);
  isCancelled = false;
  await config.push(goodText("new"));
  await published();
  nowMs += TTL_MS;
  expect(numberOf(await source.current())).toBe(2);
});

it("a drain reaches isolates as a number of its own", async () => {
  await config.push(goodText());
  await published();
  const one = isolate();
  expect((await one.current())?.routes.draining).toEqual(new Set());
  await config.setDraining("eu-1", true);
  await published();
  expect(await one.later()).toEqual({ atOnce: 1, afterwards: 2 });
  expect((await one.current())?.routes.draining).toEqual(new Set(["eu-1"]));
});

it("a stale raw text after a push is offered by who does not know it, ignored, and not offered again within the window", async () => {
  await base.ROUTES.put("routes", goodText("old"));
  const one = isolate();
  await one.current();
  await config.push(withoutInstance("eu-2"));
  await published();
  kv.pinned = { routes: goodText("old") };
  calls = [];
  expect(await one.later()).toEqual({ atOnce: 1, afterwards: 2 });
  expect(calls).toEqual([]);
  const cold = isolate();
  nowMs = Date.now();
  expect(numberOf(await cold.current())).toBe(2);
  await cold.later();
  expect(calls).toEqual(["offer"]);
  expect((await config.current())?.text).toBe(withoutInstance("eu-2"));
});

it("a look shows a raw text that was put a moment ago", async () => {
  await config.push(goodText());
  await published();
  forget(base.ROUTES);
  const source = routesSource(base);
  expect(numberOf(await source.current())).toBe(1);
  await base.ROUTES.put("routes", badText);
  await source.look();
  expect((await config.status()).lastRejected?.source).toBe("raw");
  await base.ROUTES.put("routes", goodText("other"));
  await source.look();
  expect(numberOf(await source.current())).toBe(2);
});

it("in production's own wiring an isolate is served too", async () => {
  await config.push(goodText());
  await published();
  forget(base.ROUTES);
  expect(numberOf(await routesSource(base).current())).toBe(1);
  expect(numberOf(await routesSource(base).current(1))).toBe(1);
});

it("a cold isolate offers a refused raw text once more, because its build may be newer than the refusal", async () => {
  await config.push(goodText());
  await config.offer({ text: badText, source: "raw" });
  await published();
  await base.ROUTES.put("routes", badText);
  const cold = isolate();
  await cold.current();
  await cold.later();
  expect(calls).toEqual(["offer"]);
});

it("a copy that KV has but nobody published is taken as it is", async () => {
  await writeAccepted(base.ROUTES, {
    number: 7,
    text: goodText(),
    draining: [],
    returning: [],
    canaries: [],
    rawHash: await hashOf(goodText()),
    isRawRejected: false,
    acceptedAtMs: 1,
  });
  expect(numberOf(await isolate({ config: down }).current())).toBe(7);
});
