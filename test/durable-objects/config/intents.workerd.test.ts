/** Documents with intents and the Config object: trained in its alarm or pushed with an artefact, kept, published, and brought back with it. */
import { abortAllDurableObjects, evictDurableObject, reset, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import type { Config } from "../../../durable-objects/config/durable-object.ts";
import { nameOf } from "../../../durable-objects/config/intents.ts";
import { setIn } from "../../../durable-objects/config/judge.ts";
import { CONFIG_NAME, configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { systemClock } from "../../../durable-objects/runtime.ts";
import { openArtefact } from "../../../src/classify/intents/artefact.ts";
import { train, trainInSteps } from "../../../src/classify/intents/train.ts";
import { badText, goodText, intentsText, manyIntentsText, wideIntentsText } from "./documents.ts";

const env = workerEnv as unknown as Env;
const config = configOf(env);
const stub = () => objectOf<Config>(env, env.CONFIG, CONFIG_NAME);
const raw = (text: string) => config.offer({ text, source: "raw" });
const artefactOf = (text: string): Uint8Array => train(setIn(text));

/** For a text that is not trained here: of the same intents, learned from little. */
function artefactFor(text: string): Uint8Array {
  const names = Object.keys(JSON.parse(text).intents);
  return train({ intents: names.map((name) => ({ name, examples: [name] })), outOfScope: [], outOfScopeShare: 0.1 });
}

const PATIENCE = { timeout: 30_000, interval: 20 };
const settled = () =>
  vi.waitFor(async () => {
    const { copies, training } = await config.status();
    expect([copies.accepted.isWritten, copies.raw.isWritten, training]).toEqual([true, true, undefined]);
  }, PATIENCE);
const inKv = async () => JSON.parse((await env.ROUTES.get("accepted")) ?? "null");
const modelInKv = async (name: string) => {
  const bytes = await env.ROUTES.get(`model:${name}`, "arrayBuffer");
  return bytes === null ? undefined : nameOf(new Uint8Array(bytes));
};
const keptNames = () =>
  runInDurableObject(stub(), (_, { storage }) =>
    storage.sql
      .exec<{ name: string }>("SELECT name FROM artefacts ORDER BY name")
      .toArray()
      .map(({ name }) => name),
  );

afterEach(async () => {
  await settled();
  await reset();
});

it("a raw text with intents is trained behind its offer, and published as one with its model", async () => {
  expect(await raw(intentsText())).toMatchObject({ status: "training", sinceMs: expect.any(Number) });
  await settled();
  const name = await nameOf(artefactOf(intentsText()));
  expect(await config.current()).toMatchObject({ number: 1, text: intentsText(), model: name });
  expect(await inKv()).toMatchObject({ number: 1, text: intentsText(), model: name });
  expect(await modelInKv(name)).toBe(name);
  expect(await config.status()).toMatchObject({ number: 1, document: { source: "raw", model: name }, training: undefined });
});

it("until it is trained the document before is in force, and the status says since when", async () => {
  await config.push(goodText());
  const seen: unknown[] = [];
  await runInDurableObject(stub(), (instance: Config) => {
    instance.train = function* (set, options) {
      seen.push([instance.current()?.number, instance.status().training]);
      const artefact = yield* trainInSteps(set, options);
      seen.push([instance.current()?.number, instance.status().training]);
      return artefact;
    };
  });
  const answer = await config.push(intentsText(), "anna");
  await settled();
  const { sinceMs } = answer as { readonly sinceMs: number };
  const training = { sinceMs, source: "push", by: "anna", attempts: 1 };
  expect(seen).toMatchObject([
    [1, { ...training, progress: 0 }],
    [1, { ...training, progress: 1 }],
  ]);
  expect(await config.status()).toMatchObject({ number: 2, document: { source: "push", by: "anna" } });
  expect(await env.ROUTES.get("routes")).toBe(intentsText());
});

it("a document pushed with its artefact is in force at once", async () => {
  const artefact = artefactOf(intentsText());
  expect(await config.push(intentsText(), "anna", artefact)).toMatchObject({ status: "accepted", number: 1 });
  const name = await nameOf(artefact);
  expect(await config.current()).toMatchObject({ number: 1, model: name });
  const served = await config.model(name);
  expect(served && openArtefact(served).ok).toBe(true);
  await settled();
  expect(await modelInKv(name)).toBe(name);
});

const ofThree = (): string => {
  const document = JSON.parse(intentsText());
  return JSON.stringify({ ...document, intents: { ...document.intents, greeting: { examples: ["hello there", "good morning"] } } });
};

it.each([
  ["truncated", () => artefactOf(intentsText()).slice(0, 400), "truncated"],
  ["damaged", () => artefactOf(intentsText()).map((byte, at) => (at === 200 ? byte ^ 1 : byte)), "checksum"],
  ["of another version", () => artefactOf(intentsText()).map((byte, at) => (at === 4 ? 99 : byte)), "version"],
  ["empty", () => new Uint8Array(), "truncated"],
  ["something else", () => new Uint8Array(4000).fill(7), "not an artefact"],
  ["of other intents", () => artefactOf(ofThree()), "another document"],
])("an artefact that is %s is refused, and the document before stays", async (_what, artefact, reason) => {
  await config.push(intentsText(), "anna", artefactOf(intentsText()));
  const before = await config.current();
  const answer = await config.push(intentsText("cash"), "anna", artefact());
  expect(answer).toMatchObject({
    status: "rejected",
    issues: [{ level: "error", path: "intents", message: expect.stringContaining(reason) }],
  });
  expect(await config.current()).toEqual(before);
});

it("an artefact for a document without intents is refused", async () => {
  expect(await config.push(goodText(), "anna", artefactOf(intentsText()))).toMatchObject({ status: "rejected" });
});

it.each([
  ["more examples than that", manyIntentsText()],
  ["longer ones than that", intentsText("money", { examples: Array.from({ length: 1000 }, (_, index) => `${index} ${"x".repeat(300)}`) })],
  ["more intents than it can tell apart in time", wideIntentsText(200)],
  ["long descriptions of its intents", wideIntentsText(199, "d".repeat(1000))],
  [
    "examples and descriptions that are too many together",
    wideIntentsText(199, "d").replace('["about matter 0"', `[${'"x",'.repeat(1401)}"about matter 0"`),
  ],
  ["examples in a file", intentsText("money", { examplesFile: "refund.txt" })],
])("a text with %s is refused with what to do, unless its artefact comes with it", async (_what, text) => {
  expect(await raw(text)).toMatchObject({
    status: "rejected",
    issues: [{ path: expect.stringMatching(/^intents/), message: expect.stringContaining("push it with clawedge routes push") }],
  });
  expect(await config.push(text, "anna", artefactFor(text))).toMatchObject({ status: "accepted", number: 1 });
  await settled();
  expect(await raw(text), "what is in force needs no artefact a second time").toMatchObject({ status: "unchanged" });
});

it("of two raw texts in a row the second comes into force", async () => {
  expect(await raw(intentsText("one"))).toMatchObject({ status: "training" });
  expect(await raw(intentsText("two"))).toMatchObject({ status: "training" });
  await settled();
  expect(await config.current()).toMatchObject({ number: 1, text: intentsText("two") });
  expect((await config.history()).map(({ number }) => number)).toEqual([1]);
});

/** Trains as ever, but for as long as it is told to; notes which text each step was for. */
async function slowly(isOver: () => boolean): Promise<string[]> {
  const steps: string[] = [];
  await runInDurableObject(stub(), (instance: Config) => {
    instance.train = function* (set, options) {
      while (!isOver()) {
        steps.push(set.intents[0]?.examples[0] ?? "");
        yield;
      }
      return yield* trainInSteps(set, options);
    };
  });
  return steps;
}

it("while it trains the object answers, and what is decided meanwhile stands", async () => {
  let isOver = false;
  await config.push(goodText());
  const steps = await slowly(() => isOver);
  await config.push(intentsText());
  await vi.waitFor(() => expect(steps).not.toEqual([]), PATIENCE);
  expect(await config.setDraining("eu-1", true)).toMatchObject({ status: "accepted", number: 2 });
  expect(await config.current()).toMatchObject({ number: 2, text: goodText() });
  isOver = true;
  await settled();
  expect(await config.current()).toMatchObject({ number: 3, text: intentsText(), draining: ["eu-1"] });
});

it("what is decided while it trains is published while it trains", async () => {
  let isOver = false;
  await config.push(goodText());
  await settled();
  const steps = await slowly(() => isOver);
  await config.push(intentsText());
  await vi.waitFor(() => expect(steps).not.toEqual([]), PATIENCE);
  await config.setDraining("eu-1", true);
  await config.setDraining("eu-2", true);
  await vi
    .waitFor(async () => expect(await inKv()).toMatchObject({ number: 3, draining: ["eu-1", "eu-2"] }), PATIENCE)
    .finally(() => {
      isOver = true;
    });
  await settled();
  expect(await inKv()).toMatchObject({ number: 4, text: intentsText(), draining: ["eu-1", "eu-2"] });
});

it("a newer text ends the training of an older one, and begins when that has ended", async () => {
  let isOver = false;
  const steps = await slowly(() => isOver);
  await raw(intentsText("one"));
  await vi.waitFor(() => expect(steps).not.toEqual([]), PATIENCE);
  await config.push(intentsText("two"), "anna");
  await vi.waitFor(() => expect(steps).toContain("I want my two back"), PATIENCE);
  isOver = true;
  await settled();
  const second = steps.indexOf("I want my two back");
  expect(new Set(steps.slice(second))).toEqual(new Set(["I want my two back"]));
  expect(await config.current()).toMatchObject({ number: 1, text: intentsText("two") });
});

it("a document that is ready ends the training of one that is not", async () => {
  const steps = await slowly(() => false);
  await raw(intentsText());
  await vi.waitFor(() => expect(steps).not.toEqual([]), PATIENCE);
  expect(await config.push(goodText())).toMatchObject({ status: "accepted", number: 1 });
  await settled();
  const { length } = steps;
  await config.push(goodText("another"));
  await settled();
  expect(steps).toHaveLength(length);
  expect(await config.current()).toMatchObject({ number: 2, text: goodText("another") });
});

it("a rollback brings the model back with the text, also where the same text had another", async () => {
  const file = intentsText("money", { examplesFile: "refund.txt" });
  const [first, second] = [artefactOf(intentsText()), artefactOf(intentsText("cash"))];
  await config.push(file, "anna", first);
  await config.push(file, "anna", second);
  await config.push(goodText());
  expect(await config.rollback(1)).toMatchObject({ status: "accepted", number: 4 });
  expect(await config.current()).toMatchObject({ number: 4, text: file, model: await nameOf(first) });
  expect((await config.history()).map(({ model }) => model)).toEqual(
    await Promise.all([first, undefined, second, first].map((each) => each && nameOf(each))),
  );
  await settled();
  expect(await inKv()).toMatchObject({ number: 4, model: await nameOf(first) });
});

it("what was trained once is not trained again", async () => {
  await raw(intentsText());
  await settled();
  await config.push(goodText());
  expect(await config.push(intentsText())).toMatchObject({ status: "accepted", number: 3 });
});

it.each([
  ["an eviction", () => evictDurableObject(stub())],
  ["an abort", () => abortAllDurableObjects()],
])("a training outlives %s", async (_how, die) => {
  await raw(intentsText());
  await die();
  await settled();
  expect(await config.current()).toMatchObject({ number: 1, text: intentsText(), model: expect.any(String) });
});

/** As an object leaves it that died while it trained this text, for the so-manieth time. The next one trains as ever. */
const diedTraining = async (text: string, attempts: number): Promise<void> => {
  await runInDurableObject(stub(), (instance: Config) => {
    // biome-ignore lint/correctness/useYield: it gets nowhere
    instance.train = function* () {
      throw new Error("not now");
    };
  });
  await raw(text);
  await vi.waitFor(async () => expect((await config.status()).training?.attempts).toBeGreaterThanOrEqual(1), PATIENCE);
  await runInDurableObject(stub(), (_, { storage }) => {
    const changed = "json_set(json_remove(json, '$.training.lastError'), '$.training.attempts', ?)";
    storage.sql.exec(`UPDATE state SET json = ${changed}`, attempts);
    return storage.deleteAlarm();
  });
  await evictDurableObject(stub());
};

it("one that took the object with it is tried again, three times at most", async () => {
  await config.push(goodText());
  await diedTraining(intentsText(), 2);
  await settled();
  expect(await config.current()).toMatchObject({ number: 2, text: intentsText() });
  await diedTraining(intentsText("cash"), 3);
  await settled();
  expect(await config.current()).toMatchObject({ number: 2, text: intentsText(), isRawRejected: true });
  expect((await config.status()).lastRejected?.issues[0]?.message).toBe("cannot be trained here: it stopped 3 times on the way");
});

it.each([
  [
    "that throws",
    () => {
      throw new Error("no memory");
    },
    "no memory",
  ],
  ["that gives nonsense", () => new Uint8Array(), "truncated"],
])("a trainer %s is asked three times, and then the text is refused with the reason", async (_what, broken, reason) => {
  await config.push(goodText());
  let runs = 0;
  await runInDurableObject(stub(), (instance: Config) => {
    instance.train = function* () {
      runs += 1;
      yield;
      return broken();
    };
  });
  await raw(intentsText());
  await settled();
  const message = expect.stringMatching(`^cannot be trained here: .*${reason}$`);
  expect(await config.status()).toMatchObject({ number: 1, lastRejected: { source: "raw", issues: [{ path: "intents", message }] } });
  expect(await raw(intentsText())).toMatchObject({ status: "rejected" });
  expect(runs).toBe(3);
});

it("artefacts go, from KV too, with the last kept document that has them", async () => {
  const [old, current] = [artefactOf(intentsText("old")), artefactOf(intentsText())];
  await config.push(intentsText("old"), "anna", old);
  await settled();
  await config.push(intentsText(), "anna", current);
  await settled();
  expect(await keptNames()).toEqual((await Promise.all([old, current].map(nameOf))).toSorted());
  for (let index = 0; index < 48; index += 1) await config.push(goodText(`word-${index}`));
  await config.rollback(2);
  await vi.waitFor(async () => expect(await keptNames()).toEqual([await nameOf(current)]), PATIENCE);
  expect(await modelInKv(await nameOf(old))).toBeUndefined();
  expect(await modelInKv(await nameOf(current))).toBe(await nameOf(current));
});

/** Two artefacts were accepted; every kept document that had the first is gone, as after many more. */
async function firstIsUnnamed(): Promise<{ readonly old: string; readonly artefact: Uint8Array }> {
  const artefact = artefactOf(intentsText("old"));
  await config.push(intentsText("old"), "anna", artefact);
  await settled();
  await config.push(intentsText(), "anna", artefactOf(intentsText()));
  await settled();
  await runInDurableObject(stub(), (_, { storage }) => void storage.sql.exec("DELETE FROM documents WHERE number = 1"));
  return { old: await nameOf(artefact), artefact };
}

it("one that KV does not delete is deleted by the next alarm, which nobody needs to ask for", async () => {
  const { old } = await firstIsUnnamed();
  await runInDurableObject(stub(), async (instance: Config, { storage }) => {
    const { ROUTES } = (instance as unknown as { env: Env }).env;
    const refused = vi.spyOn(ROUTES, "delete").mockRejectedValueOnce(new Error("KV DELETE failed: 503"));
    await instance.alarm();
    expect(refused).toHaveBeenCalledTimes(1);
    expect(await storage.getAlarm()).not.toBeNull();
    await instance.offer({ text: intentsText(), source: "push" });
    expect(await storage.getAlarm(), "whatever is offered meanwhile").not.toBeNull();
    refused.mockRestore();
  });
  expect(await modelInKv(old)).toBe(old);
  await runDurableObjectAlarm(stub());
  expect([await modelInKv(old), (await keptNames()).includes(old)]).toEqual([undefined, false]);
});

it("what is put again while its delete is under way is put after it", async () => {
  const { old, artefact } = await firstIsUnnamed();
  const order: string[] = [];
  await runInDurableObject(stub(), async (instance: Config) => {
    const { ROUTES } = (instance as unknown as { env: Env }).env;
    const [remove, put] = [ROUTES.delete.bind(ROUTES), ROUTES.put.bind(ROUTES)];
    const { promise: late, resolve } = Promise.withResolvers<void>();
    vi.spyOn(ROUTES, "delete").mockImplementationOnce(async (key: string | string[]) => {
      await late;
      await remove(key as string);
      order.push("deleted");
    });
    vi.spyOn(ROUTES, "put").mockImplementation(async (key: string, value: unknown) => {
      if (key === `model:${old}`) order.push("put");
      await put(key, value as string);
    });
    const clock = vi.spyOn(systemClock, "sleep").mockImplementation(async () => undefined);
    await instance.alarm();
    clock.mockRestore();
    await instance.offer({ text: intentsText("old"), source: "push", artefact });
    const again = vi.waitFor(async () => {
      await instance.alarm();
      expect(instance.status().copies.accepted.isWritten).toBe(true);
    }, PATIENCE);
    await scheduler.wait(1500);
    resolve();
    await again;
    vi.restoreAllMocks();
  });
  await settled();
  expect(new Set(order)).toEqual(new Set(["deleted", "put"]));
  expect(order[0]).toBe("deleted");
  expect(await modelInKv(old)).toBe(old);
});

it("an artefact of several rows comes back whole", async () => {
  const large = crypto.getRandomValues(new Uint8Array(65_536));
  const bytes = new Uint8Array(4_000_000).map((_, at) => large[at % large.length] ?? 0);
  await runInDurableObject(stub(), async (instance: Config, { storage }) => {
    const { Artefacts } = await import("../../../durable-objects/config/artefacts.ts");
    new Artefacts(storage.sql).keep("large", bytes);
    expect(await nameOf(instance.model("large") ?? new Uint8Array())).toBe(await nameOf(bytes));
  });
});

it("a model that KV refuses keeps the copy that names it back, until it works", async () => {
  const artefact = artefactOf(intentsText());
  await runInDurableObject(stub(), async (instance: Config) => {
    const { ROUTES } = (instance as unknown as { env: Env }).env;
    const write = ROUTES.put.bind(ROUTES);
    const put = vi
      .spyOn(ROUTES, "put")
      .mockImplementation((key: string, value: unknown) =>
        key.startsWith("model:") ? Promise.reject(new Error("KV PUT failed: 413")) : write(key, value as string),
      );
    await instance.offer({ text: intentsText(), source: "push", artefact });
    await expect.poll(() => instance.status().copies.accepted).toMatchObject({ isWritten: false, lastError: "Error: KV PUT failed: 413" });
    expect(await ROUTES.get("accepted")).toBeNull();
    put.mockRestore();
  });
  await settled();
  expect(await inKv()).toMatchObject({ number: 1, model: await nameOf(artefact) });
});

/** As a release with another version of artefacts left it: the same document, under a name that fits what it learned. */
async function learnedByAnotherRelease(): Promise<void> {
  await settled();
  const artefact = artefactOf(intentsText()).map((byte, at) => (at === 4 ? 99 : byte));
  const name = await nameOf(artefact);
  await runInDurableObject(stub(), (_, { storage }) => {
    storage.sql.exec("DELETE FROM artefact_parts");
    storage.sql.exec("INSERT INTO artefact_parts (name, part, bytes) VALUES (?, 0, ?)", name, artefact.buffer as ArrayBuffer);
    storage.sql.exec("UPDATE artefacts SET name = ?", name);
    storage.sql.exec("UPDATE documents SET model = ?", name);
    storage.sql.exec("UPDATE state SET json = json_set(json, '$.document.model', ?)", name);
  });
  await evictDurableObject(stub());
}

it("a model that this build cannot open is learned anew from the document, under a number of its own", async () => {
  await config.push(intentsText(), "anna", artefactOf(intentsText()));
  await learnedByAnotherRelease();
  await config.status();
  await settled();
  expect(await config.current()).toMatchObject({ number: 2, text: intentsText(), model: await nameOf(artefactOf(intentsText())) });
  expect(await config.status()).toMatchObject({ document: { restoredFrom: 1 }, warnings: [] });
  await evictDurableObject(stub());
  expect((await config.current())?.number, "and once").toBe(2);
});

it("a raw text that was refused outlives that: nobody asked for what is learned anew", async () => {
  await config.push(intentsText(), "anna", artefactOf(intentsText()));
  await settled();
  await env.ROUTES.put("routes", badText);
  expect(await raw(badText)).toMatchObject({ status: "rejected" });
  await learnedByAnotherRelease();
  await config.status();
  await settled();
  expect(await config.current()).toMatchObject({ number: 2, text: intentsText(), isRawRejected: true });
  expect(await env.ROUTES.get("routes")).toBe(badText);
});

it("where the examples stand in files the status says to push it again, and the document stays", async () => {
  const text = intentsText("money", { examplesFile: "refund.txt" });
  await config.push(text, "anna", artefactOf(intentsText()));
  await learnedByAnotherRelease();
  expect(await config.status()).toMatchObject({
    number: 1,
    warnings: expect.arrayContaining([expect.objectContaining({ path: "intents", message: expect.stringContaining("push it again") })]),
    lastRejected: { issues: [{ path: "intents", message: expect.stringContaining("version 99") }] },
  });
  expect(await config.current()).toMatchObject({ number: 1, text });
});

it("one that could not be learned anew is not tried with every start", async () => {
  await config.push(intentsText(), "anna", artefactOf(intentsText()));
  const { hash } = (await config.status()).document ?? {};
  const lastRejected = { source: "rollback", hash, issues: [], issueCount: 1, atMs: 1, isUntrainable: true };
  await settled();
  await runInDurableObject(stub(), (_, { storage }) => {
    storage.sql.exec("UPDATE state SET json = json_set(json, '$.lastRejected', json(?))", JSON.stringify(lastRejected));
  });
  await learnedByAnotherRelease();
  expect(await config.status()).toMatchObject({ number: 1, training: undefined });
});
