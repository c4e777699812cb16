import { Ratelimit } from "@upstash/ratelimit";
import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { startUpstashRest, type UpstashRest } from "../support/upstash-rest.ts";

let server: RedisServer;
let rest: UpstashRest;
let redis: Redis;

beforeAll(async () => {
  server = await startRedisServer();
  rest = await startUpstashRest(server.url);
  redis = new Redis({ url: rest.url, token: rest.token, retry: false, enableTelemetry: false });
});

afterAll(async () => {
  await rest?.close();
  await server?.stop();
});

const post = (path: string, body: unknown, headers: Record<string, string> = { authorization: `Bearer ${rest.token}` }) =>
  fetch(rest.url + path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), headers, redirect: "manual" });

describe("the Upstash front, with Upstash's own clients", () => {
  it.each(["plain", "grüße 🎉", "OK", "abcd", "", "12"])("gives the text %j back", async (text) => {
    await redis.set("text", { text });
    expect(await redis.get("text")).toEqual({ text });
  });

  it("encodes texts for clients that ask for it, and not for others", async () => {
    const plain = new Redis({ url: rest.url, token: rest.token, retry: false, responseEncoding: false, enableTelemetry: false });
    await redis.set("looks-encoded", "abcd");
    expect([await redis.get("looks-encoded"), await plain.get("looks-encoded")]).toEqual(["abcd", "abcd"]);
  });

  it("answers hashes, lists, nothing and conditions as the client expects", async () => {
    await redis.hset("hash", { name: "v", count: 2 });
    expect(await redis.hgetall("hash")).toEqual({ name: "v", count: 2 });
    await redis.zadd("scores", { score: 1.5, member: "m" });
    expect(await redis.zrange("scores", 0, -1, { withScores: true })).toEqual(["m", 1.5]);
    expect(await redis.get("none")).toBeNull();
    expect([await redis.set("once", 1, { nx: true }), await redis.set("once", 1, { nx: true })]).toEqual(["OK", null]);
  });

  it("runs pipelines and transactions", async () => {
    const pipeline = redis.pipeline().incr("counter").hget("hash", "name");
    expect(await pipeline.exec()).toEqual([1, "v"]);
    expect(await redis.multi().set("t", "1").incr("t").exec()).toEqual(["OK", 2]);
  });

  it("knows a loaded script by the client's hash, and says when it does not", async () => {
    const script = "#!lua flags=allow-key-locking\nreturn redis.call('incr', KEYS[1])";
    const hash = await redis.scriptLoad(script);
    expect(await redis.evalsha(hash, ["scripted"], [])).toBe(1);
    expect(await redis.eval(script, ["scripted"], [])).toBe(2);
    expect(await redis.scriptExists(hash)).toEqual([1]);
    await expect(redis.evalsha("0".repeat(40), [], [])).rejects.toThrow("NOSCRIPT");
  });

  it.each([
    ["fixed window", Ratelimit.fixedWindow(2, "60 s")],
    ["sliding window", Ratelimit.slidingWindow(2, "60 s")],
    ["token bucket", Ratelimit.tokenBucket(1, "60 s", 2)],
  ])("runs the limiter's %s, by hash after the first time", async (prefix, limiter) => {
    const limit = new Ratelimit({ redis, limiter, prefix, ephemeralCache: false });
    rest.takeCommands();
    const successes = [await limit.limit("u"), await limit.limit("u"), await limit.limit("u")].map(({ success }) => success);
    expect(successes).toEqual([true, true, false]);
    expect(rest.takeCommands()).toEqual(["EVALSHA", "EVAL", "EVALSHA", "EVALSHA"]);
  });
});

describe("the Upstash front, by hand", () => {
  it("takes commands in the path, with the token there too", async () => {
    expect(await (await post("/set/path/value?EX=5", "")).json()).toEqual({ result: "OK" });
    const response = await fetch(`${rest.url}/get/path?_token=${rest.token}`, { redirect: "manual" });
    expect(await response.json()).toEqual({ result: "value" });
  });

  it.each(["/", "/pipeline", "/multi-exec", "/get/x"])("refuses %s without the token", async (path) => {
    expect((await post(path, ["PING"], {})).status).toBe(401);
    expect((await post(path, ["PING"], { authorization: "Bearer wrong" })).status).toBe(401);
  });

  it.each([["not json"], [[]], [["SUBSCRIBE", "x"]], [["NOSUCH"]], [["INCR"]]])("refuses %j as a bad command", async (body) => {
    const response = await post("/", body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringContaining("ERR") });
  });

  it("keeps the errors of a pipeline in their places", async () => {
    const response = await post("/pipeline", [
      ["SET", "word", "x"],
      ["INCR", "word"],
      ["GET", "word"],
    ]);
    expect(await response.json()).toEqual([{ result: "OK" }, { error: expect.stringContaining("not an integer") }, { result: "x" }]);
  });
});
