import { abortAllDurableObjects, evictDurableObject, reset, runInDurableObject } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import type { Config } from "../../../durable-objects/config/durable-object.ts";
import { CONFIG_NAME, configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { badText, goodText, withoutInstance } from "./documents.ts";

const env = workerEnv as unknown as Env;
const config = configOf(env);
const stub = () => objectOf<Config>(env, env.CONFIG, CONFIG_NAME);
const raw = (text: string) => config.offer({ text, source: "raw" });

const published = () =>
  vi.waitFor(
    async () => {
      const { copies } = await config.status();
      expect([copies.accepted.isWritten, copies.raw.isWritten]).toEqual([true, true]);
    },
    { timeout: 30_000, interval: 20 },
  );
const inKv = async () => JSON.parse((await env.ROUTES.get("accepted")) ?? "null");

afterEach(async () => {
  await published();
  await reset();
});

it("without any document there is nothing in force, and the status says what is missing", async () => {
  expect(await config.current()).toBeUndefined();
  expect((await config.status()).missing).toContain("key `routes`");
});

it("a pushed document is in force at once, and both KV keys follow", async () => {
  expect(await config.push(goodText(), "anna")).toMatchObject({ status: "accepted", number: 1 });
  expect(await config.current()).toMatchObject({ number: 1, text: goodText() });
  await published();
  expect(await inKv()).toMatchObject({ number: 1, text: goodText(), draining: [], isRawRejected: false });
  expect(await env.ROUTES.get("routes")).toBe(goodText());
  expect(await config.status()).toMatchObject({ number: 1, document: { number: 1, source: "push", by: "anna" }, warnings: [] });
});

it("a raw text is accepted without writing the raw key", async () => {
  expect(await raw(goodText())).toMatchObject({ status: "accepted", number: 1 });
  await published();
  expect(await env.ROUTES.get("routes")).toBeNull();
  expect((await inKv()).rawHash).toMatch(/^[\w-]{43}$/);
});

it.each([
  ["an eviction", () => evictDurableObject(stub())],
  ["an abort", () => abortAllDurableObjects()],
])("after a bad raw text and %s the document is as before, and the status names path and reason", async (_how, restart) => {
  await raw(goodText());
  expect((await raw(badText)).status).toBe("rejected");
  await published();
  await restart();
  expect(await config.current()).toMatchObject({ number: 1, text: goodText(), isRawRejected: true });
  expect((await config.status()).lastRejected).toMatchObject({
    source: "raw",
    issues: expect.arrayContaining([{ level: "error", path: "pools.support.instances[0]", message: "no instance is called eu-9" }]),
  });
});

it.each([
  ["not JSON", "{ nonsense", "line 1"],
  ["too large", `"${"x".repeat(1024 * 1024)}"`, "larger than"],
  ["too large in bytes only", `"${"€".repeat(512 * 1024)}"`, "larger than"],
  ["nested without end", "[".repeat(500_000), ""],
  ["empty", "", ""],
])("a text that is %s is refused, not a crash", async (_what, text, reason) => {
  await config.push(goodText());
  const answer = await config.push(text);
  expect(answer.status).toBe("rejected");
  expect((await config.status()).lastRejected?.issues[0]?.message).toContain(reason);
  expect((await config.current())?.number).toBe(1);
});

it("a rollback gets a new number, also to a number that only a drain had", async () => {
  await config.push(goodText("one"));
  await config.setDraining("eu-1", true);
  await config.push(goodText("three"));
  expect(await config.rollback(2, "anna")).toMatchObject({ status: "accepted", number: 4 });
  expect(await config.current()).toMatchObject({ number: 4, text: goodText("one"), draining: ["eu-1"] });
  const history = await config.history();
  expect(history.map(({ number, source, restoredFrom }) => [number, source, restoredFrom])).toEqual([
    [4, "rollback", 2],
    [3, "push", undefined],
    [1, "push", undefined],
  ]);
  expect(await config.rollback(9)).toEqual({ status: "unknown-number", kept: [4, 3, 1] });
  await published();
  expect(await env.ROUTES.get("routes")).toBe(goodText("one"));
});

it("the last fifty documents are kept", async () => {
  for (let index = 1; index <= 53; index += 1) await config.push(goodText(`word-${index}`));
  const history = await config.history();
  expect(history.map((facts) => facts.number)).toEqual(Array.from({ length: 50 }, (_, index) => 53 - index));
  expect((await config.rollback(3)).status).toBe("unknown-number");
});

it("a stale read of the raw text that a push replaced changes nothing", async () => {
  await raw(goodText("old"));
  await config.push(goodText("new"));
  expect((await raw(goodText("old"))).status).toBe("ignored");
  expect((await config.current())?.text).toBe(goodText("new"));
});

it("a drain survives a restart, and ends with the instance", async () => {
  await config.push(goodText());
  expect(await config.setDraining("eu-2", true, "anna", { isReturning: true })).toMatchObject({ status: "accepted", number: 2 });
  await evictDurableObject(stub());
  expect(await config.current()).toMatchObject({ number: 2, draining: ["eu-2"], returning: ["eu-2"] });
  expect((await config.setDraining("eu-9", true)).status).toBe("unknown-instance");
  await config.push(withoutInstance("eu-2"));
  await config.push(goodText());
  expect((await config.current())?.draining).toEqual([]);
});

it("offers that race get a number each, and KV ends with the last", async () => {
  const words = ["a", "b", "c", "d", "e"];
  const answers = await Promise.all(words.map((word) => config.push(goodText(word))));
  const numbers = answers.map((answer) => ("number" in answer ? answer.number : 0));
  expect([...numbers].sort()).toEqual([1, 2, 3, 4, 5]);
  await published();
  expect(await inKv()).toMatchObject({ number: 5, text: (await config.current())?.text });
});

it("a lost alarm is set again by the next start", async () => {
  await config.push(goodText());
  await published();
  await config.push(goodText("second"));
  await runInDurableObject(stub(), (_instance, state) => state.storage.deleteAlarm());
  await evictDurableObject(stub());
  await published();
  expect((await inKv()).number).toBe(2);
});

it("an alarm throws nothing, even where it cannot be armed", async () => {
  await config.push(goodText());
  await runInDurableObject(stub(), async (instance: Config, { storage }) => {
    const { setAlarm } = storage;
    storage.setAlarm = () => Promise.reject(new Error("storage is away"));
    await expect(instance.alarm()).resolves.toBeUndefined();
    storage.setAlarm = setAlarm;
  });
  await config.push(goodText("second"));
  await published();
  expect((await inKv()).number).toBe(2);
});

it("a write that KV refuses is shown in the status and repeated until it works", async () => {
  await runInDurableObject(stub(), async (instance: Config) => {
    const put = vi.spyOn((instance as unknown as { env: Env }).env.ROUTES, "put").mockRejectedValue(new Error("KV PUT failed: 503"));
    await instance.offer({ text: goodText(), source: "push" });
    await expect.poll(() => instance.status().copies.accepted).toMatchObject({ isWritten: false, lastError: "Error: KV PUT failed: 503" });
    put.mockRestore();
  });
  await published();
  expect((await inKv()).number).toBe(1);
});
