/** Isolates and models: a document and the model of its intents are in force together or not at all, and neither costs what was free. */
import { reset } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nameOf } from "../../../durable-objects/config/intents.ts";
import { setIn } from "../../../durable-objects/config/judge.ts";
import type { SourceDeps } from "../../../durable-objects/config/refresh.ts";
import { routesSource } from "../../../durable-objects/config/source.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { train } from "../../../src/classify/intents/train.ts";
import type { LogLine } from "../../../src/core/log-line.ts";
import type { Snapshot } from "../../../src/pipeline/snapshot.ts";
import { goodText, intentsText } from "./documents.ts";

const TTL_MS = 30_000;
const base = workerEnv as unknown as Env;
const config = configOf(base);
const artefactOf = (text: string): Uint8Array => train(setIn(text));
const pushed = (text: string) => config.push(text, "anna", artefactOf(text));

let nowMs = 0;
let log: LogLine[] = [];
let asked: string[] = [];
let read: string[] = [];
/** What KV holds instead of what was put there; null for nothing. */
let pinned: Record<string, Uint8Array | string | null> = {};

function noted<T>(what: string, answer: T): T {
  asked.push(what);
  return answer;
}

const counting: SourceDeps["config"] = {
  offer: (offer) => noted("offer", config.offer(offer)),
  current: () => noted("current", config.current()),
  earlier: () => noted("earlier", config.earlier()),
  model: (name) => noted("model", config.model(name)),
};
const gone = () => Promise.reject(new Error("object is down"));
const down: SourceDeps["config"] = { offer: gone, current: gone, earlier: gone, model: gone };
/** As an object of an older version, or one that lost it. */
const without: SourceDeps["config"] = { ...counting, model: async () => undefined };

const pinnedAt = (key: string) => Object.entries(pinned).find(([start]) => key.startsWith(start))?.[1];

async function get(key: string, options: { readonly type: "text" | "arrayBuffer" }): Promise<unknown> {
  read.push(key.split(":", 1)[0] ?? "");
  const value = pinnedAt(key);
  if (value === undefined) return options.type === "text" ? base.ROUTES.get(key, "text") : base.ROUTES.get(key, "arrayBuffer");
  return typeof value === "object" && value !== null ? value.slice().buffer : value;
}

function isolate() {
  const env = { ...base, ROUTES: { get } as unknown as KVNamespace, CONFIG_TTL_MS: String(TTL_MS) };
  const behind: Promise<unknown>[] = [];
  const deps = {
    clock: { nowMs: () => nowMs, sleep: () => new Promise<void>(() => undefined) },
    log: { write: (line: LogLine) => void log.push(line) },
    keepAlive: (work: Promise<unknown>) => void behind.push(work),
  };
  return {
    current: async (from = counting) => (await routesSource(env, { ...deps, config: from }).current()) as Snapshot,
    /** A TTL later, after the refresh behind whoever comes first. */
    later: async (from = counting): Promise<Snapshot> => {
      nowMs += TTL_MS;
      const source = routesSource(env, { ...deps, config: from });
      await source.current();
      await Promise.all(behind.splice(0));
      return (await source.current()) as Snapshot;
    },
  };
}

/** The number in force, and whether the router's model knows a refund. */
const inForce = (snapshot: Snapshot | undefined) =>
  snapshot && [snapshot.routes.number, snapshot.intents?.classify("please refund my order").best];

const published = () =>
  vi.waitFor(
    async () => {
      const { copies } = await config.status();
      expect([copies.accepted.isWritten, copies.raw.isWritten]).toEqual([true, true]);
    },
    { timeout: 30_000, interval: 20 },
  );
const uncompilable = () => log.filter(({ event }) => event === "routes.uncompilable");

beforeEach(() => {
  nowMs = 1_000_000;
  [log, asked, read, pinned] = [[], [], [], {}];
});

afterEach(async () => {
  await published();
  await reset();
});

it("a document with its model is served, by warm and cold isolates, and the Config object is not asked", async () => {
  await config.push(goodText());
  await published();
  const warm = isolate();
  expect(inForce(await warm.current())).toEqual([1, undefined]);
  await pushed(intentsText());
  await published();
  expect(inForce(await warm.later())).toEqual([2, "refund"]);
  expect(inForce(await isolate().current())).toEqual([2, "refund"]);
  expect(asked).toEqual([]);
});

it("a message costs no read and no request; a look reads two keys, and a model is read once as long as it is the same", async () => {
  await pushed(intentsText());
  await published();
  const one = isolate();
  await one.current();
  expect(read.toSorted()).toEqual(["accepted", "model", "routes"]);
  read = [];
  for (let message = 0; message < 20; message += 1) (await one.current()).intents?.classify("please refund my order");
  expect([read, asked]).toEqual([[], []]);
  await one.later();
  expect(read.toSorted()).toEqual(["accepted", "routes"]);
  await config.setDraining("eu-1", true);
  await published();
  read = [];
  expect(inForce(await one.later())).toEqual([2, "refund"]);
  expect(read.toSorted(), "a drain has a number of its own, and the same model").toEqual(["accepted", "routes"]);
  expect(asked).toEqual([]);
});

it("a document without intents costs what it did: two reads for a cold isolate, and no request", async () => {
  await config.push(goodText());
  await published();
  await isolate().current();
  expect(read.toSorted()).toEqual(["accepted", "routes"]);
  expect(asked).toEqual([]);
});

it("while the model is nowhere to be had the old document stays, and the new one is taken once it is there", async () => {
  await config.push(goodText());
  await published();
  const one = isolate();
  await one.current();
  await pushed(intentsText());
  await published();
  pinned = { "model:": null };
  expect(inForce(await one.later(without))).toEqual([1, undefined]);
  expect(inForce(await one.later(without))).toEqual([1, undefined]);
  expect(uncompilable(), "once for each number").toMatchObject([
    { number: 2, inForce: 1, reason: expect.stringContaining("cannot be had") },
  ]);
  pinned = {};
  expect(inForce(await one.later(without))).toEqual([2, "refund"]);
});

it("a model that KV does not have yet comes from the Config object", async () => {
  await pushed(intentsText());
  await published();
  pinned = { "model:": null };
  expect(inForce(await isolate().current())).toEqual([1, "refund"]);
  expect(asked).toEqual(["model"]);
});

const bent: readonly [string, (artefact: Uint8Array) => Uint8Array][] = [
  ["truncated", (artefact) => artefact.slice(0, 400)],
  ["empty", () => new Uint8Array()],
  ["of another document", () => artefactOf(intentsText("cash"))],
  ["with one bit turned", (artefact) => artefact.map((byte, at) => (at === 100 ? byte ^ 1 : byte))],
];

describe.each(bent)("a model in KV that is %s", (_what, bend) => {
  it("is not what its name says: the old document stays, in cold isolates none is served", async () => {
    await config.push(goodText());
    await published();
    const one = isolate();
    await one.current();
    await pushed(intentsText());
    await published();
    pinned = { "model:": bend(artefactOf(intentsText())) };
    expect(inForce(await one.later(without))).toEqual([1, undefined]);
    expect(inForce(await isolate().current(without))).toBeUndefined();
    expect(uncompilable()[0]).toMatchObject({ number: 2, inForce: 1 });
  });

  it("is replaced by the Config object's", async () => {
    await pushed(intentsText());
    await published();
    pinned = { "model:": bend(artefactOf(intentsText())) };
    expect(inForce(await isolate().current())).toEqual([1, "refund"]);
  });
});

/** Published under its own hash, as a build with another version of artefacts would. */
async function ofAnotherVersion(): Promise<void> {
  const artefact = artefactOf(intentsText()).map((byte, at) => (at === 4 ? 99 : byte));
  const accepted = JSON.parse((await base.ROUTES.get("accepted")) ?? "null");
  pinned = { accepted: JSON.stringify({ ...accepted, model: await nameOf(artefact) }), "model:": artefact };
}

/** What an operator sees: the number, what the model makes of a refund, and who is drained. */
const inForceAndDrained = (snapshot: Snapshot | undefined) => snapshot && [...(inForce(snapshot) ?? []), ...snapshot.routes.draining];
const outdated = () => log.filter(({ event }) => event === "routes.outdated");

describe("a model of another version", () => {
  it("leaves a new document without one, loudly, in warm isolates and in cold ones", async () => {
    await config.push(goodText());
    await published();
    const one = isolate();
    await one.current();
    await pushed(intentsText());
    await published();
    await ofAnotherVersion();
    for (const snapshot of [await one.later(), await isolate().current(down)]) {
      expect(inForce(snapshot)).toEqual([2, undefined]);
      expect([...snapshot.routes.accounts.keys()]).toEqual(["telegram:support"]);
    }
    expect(outdated()).toMatchObject(Array(2).fill({ number: 2, setAside: "intents", reason: expect.stringContaining("version 99") }));
  });

  it("holds up no drain where there is no model", async () => {
    await pushed(intentsText());
    await published();
    await ofAnotherVersion();
    const cold = isolate();
    expect(inForceAndDrained(await cold.current(down))).toEqual([1, undefined]);
    await config.setDraining("eu-1", true);
    await published();
    await ofAnotherVersion();
    expect(inForceAndDrained(await cold.later(down))).toEqual([2, undefined, "eu-1"]);
  });

  it("holds up no drain of the same text, which keeps the model it has; said once, and read once", async () => {
    await pushed(intentsText());
    await published();
    const warm = isolate();
    expect(inForceAndDrained(await warm.current(down))).toEqual([1, "refund"]);
    await config.setDraining("eu-1", true);
    await published();
    await ofAnotherVersion();
    expect(inForceAndDrained(await warm.later(down))).toEqual([2, "refund", "eu-1"]);
    read = [];
    await config.setDraining("eu-2", true);
    await published();
    await ofAnotherVersion();
    expect(inForceAndDrained(await warm.later(down))).toEqual([3, "refund", "eu-1", "eu-2"]);
    expect(read.toSorted()).toEqual(["accepted", "routes"]);
    expect(outdated()).toMatchObject([{ number: 2, setAside: "", reason: expect.stringContaining("version 99") }]);
  });
});

it("a copy that older code wrote again, without the name of the model, is completed by the Config object", async () => {
  await pushed(intentsText());
  await config.setDraining("eu-1", true);
  await published();
  const { model: _gone, ...older } = JSON.parse((await base.ROUTES.get("accepted")) ?? "null");
  pinned = { accepted: JSON.stringify(older) };
  expect(inForce(await isolate().current())).toEqual([2, "refund"]);
});

it("a copy of the first release, which knew no models, is served as ever", async () => {
  await config.push(goodText());
  await published();
  const { number, text, draining, acceptedAtMs } = JSON.parse((await base.ROUTES.get("accepted")) ?? "null");
  pinned = { accepted: JSON.stringify({ number, text, draining, acceptedAtMs, isRawRejected: false }) };
  expect(inForce(await isolate().current(down))).toEqual([1, undefined]);
  expect(read.toSorted()).toEqual(["accepted", "routes"]);
});

it("many requests of a cold isolate at once open the model once", async () => {
  await pushed(intentsText());
  await published();
  const one = isolate();
  const snapshots = await Promise.all(Array.from({ length: 20 }, () => one.current()));
  expect(new Set(snapshots.map(({ intents }) => intents)).size).toBe(1);
});

it("two raw texts in a row: an isolate goes from the old document to the last one", async () => {
  await base.ROUTES.put("routes", goodText());
  const one = isolate();
  expect(inForce(await one.current())).toEqual([1, undefined]);
  await base.ROUTES.put("routes", intentsText("one"));
  await one.later();
  await base.ROUTES.put("routes", intentsText("two"));
  await one.later();
  await vi.waitFor(
    async () => {
      expect((await config.status()).training).toBeUndefined();
      const snapshot = await one.later();
      expect(snapshot.routes.document.intents["refund"]?.examples[0]).toBe("I want my two back");
      expect(snapshot.intents?.names).toEqual(["refund", "pricing"]);
    },
    { timeout: 30_000, interval: 100 },
  );
});
