/** The routes document on a running edge: a good one takes effect, a bad one never does, whichever way it came, and every answer says why. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type AdminJson, type LiveEdge, liveEdge, routesFor, textUpdate, until } from "../support/live-edge.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";

let edge: LiveEdge;
let recorders: readonly Recorder[];
let updates = 100;

beforeAll(async () => {
  recorders = await Promise.all(["first", "second"].map((name) => startRecorder({ name, accounts: ["telegram:support"] })));
  edge = await liveEdge(routesTo("first"));
});

afterAll(async () => {
  await edge.close();
  await Promise.all(recorders.map((recorder) => recorder.close()));
});

/** Both instances are named; the pool holds one. */
function routesTo(instance: string): AdminJson {
  return { ...routesFor(recorders), pools: { support: { instances: [instance] } } };
}

const status = async (): Promise<AdminJson> => (await edge.admin("GET", "/admin/routes")).json;

/** Which instance a message of a fresh conversation reaches. */
async function reached(): Promise<string> {
  updates += 1;
  const id = updates;
  expect(await edge.post("support", textUpdate(id, id, "hello"))).toMatchObject({ status: 200, body: "" });
  const receipts = await until(
    () => recorders.flatMap((recorder) => recorder.receipts.filter(({ update }) => update.update_id === id)),
    (all) => all.length > 0,
  );
  return receipts[0]?.instance ?? "";
}

it("the file is in force from the start", async () => {
  expect(await reached()).toBe("first");
  expect(await status()).toMatchObject({ number: 1, document: { source: "raw" } });
});

it("an edited file takes effect without a restart", async () => {
  edge.writeRoutes(routesTo("second"));
  await until(status, ({ number }) => number === 2);
  await until(reached, (instance) => instance === "second");
});

const badDocuments: readonly (readonly [string, () => object | string, string, RegExp])[] = [
  ["no JSON at all", () => "{ accounts: ", "", /line|JSON|expected/i],
  ["a key nobody knows", () => ({ ...routesTo("first"), colour: "red" }), "colour", /colour/],
  [
    "a key nobody knows, deep inside",
    () => ({ ...routesTo("first"), pools: { support: { instances: ["first"], failover: { holdMilliseconds: 5 } } } }),
    "pools.support.failover",
    /holdMilliseconds/,
  ],
  ["an instance that is not there", () => routesTo("third"), "pools.support.instances", /third/],
];

it.each(badDocuments)("a file with %s changes nothing, and the status names place and reason", async (_what, bad, path, reason) => {
  const before = await status();
  const text = bad();
  edge.writeRoutes(text);
  const after = await until(status, ({ lastRejected }) => lastRejected !== undefined && lastRejected.hash !== before.lastRejected?.hash);
  expect(after).toMatchObject({ number: before.number, text: before.text, raw: { isRejected: true }, lastRejected: { source: "raw" } });
  const issues: readonly { readonly path: string; readonly message: string }[] = after.lastRejected.issues;
  expect(
    issues.some((issue) => issue.path.startsWith(path) && reason.test(`${issue.path}: ${issue.message}`)),
    JSON.stringify(issues),
  ).toBe(true);
  expect(await reached()).toBe("second");
});

it("after a bad file, a kill and a restart the routes are as before", async () => {
  const before = await status();
  await edge.kill();
  await edge.start();
  expect(await reached()).toBe("second");
  expect(await status()).toMatchObject({ number: before.number, text: before.text, lastRejected: { issues: before.lastRejected.issues } });
});

it("a bad file put while the edge is down changes nothing either", async () => {
  const before = await status();
  await edge.kill();
  edge.writeRoutes({ ...routesTo("first"), weather: "fine" });
  await edge.start();
  expect(await reached()).toBe("second");
  const after = await until(status, ({ lastRejected }) => lastRejected.hash !== before.lastRejected.hash);
  expect(after).toMatchObject({ number: before.number, text: before.text });
  expect(JSON.stringify(after.lastRejected.issues)).toContain("weather");
});

it("a bad push is answered with its issues and changes nothing", async () => {
  const before = await status();
  const answer = await edge.admin("POST", "/admin/routes", { ...routesTo("first"), colour: "red" });
  expect(answer).toMatchObject({ status: 422, json: { error: { code: "invalid-routes" }, issues: [{ level: "error" }] } });
  expect(JSON.stringify(answer.json.issues)).toContain("colour");
  expect(await status()).toMatchObject({ number: before.number, text: before.text });
});

it("a good push takes effect and survives a kill, although the file still holds a bad document", async () => {
  const { number } = await status();
  expect(await edge.admin("POST", "/admin/routes", routesTo("first"))).toMatchObject({ status: 200, json: { number: number + 1 } });
  await until(reached, (instance) => instance === "first");
  await edge.kill();
  await edge.start();
  expect(await reached()).toBe("first");
  expect(await status()).toMatchObject({ number: number + 1 });
});

it("a rollback brings an earlier document back under a new number", async () => {
  const { number } = await status();
  expect(await edge.admin("POST", "/admin/routes/rollback", { number: 2 })).toMatchObject({ status: 200, json: { number: number + 1 } });
  await until(reached, (instance) => instance === "second");
  const history = (await edge.admin("GET", "/admin/routes/history")).json.history;
  expect(history[0]).toMatchObject({ number: number + 1, restoredFrom: 2 });
  expect(await edge.admin("POST", "/admin/routes/rollback", { number: 999 })).toMatchObject({
    status: 404,
    json: { error: { code: "unknown-number" } },
  });
});

it("nobody without the token reads or changes routes", async () => {
  const before = await status();
  for (const headers of [[], [["authorization", "Bearer wrong"]], [["authorization", "Basic d3Jvbmc="]]] as const) {
    expect(await edge.call("GET", "/admin/routes", undefined, headers)).toMatchObject({ status: 401, body: "" });
    expect(await edge.call("POST", "/admin/routes", JSON.stringify(routesTo("first")), headers)).toMatchObject({ status: 401, body: "" });
  }
  expect(await status()).toMatchObject({ number: before.number });
});

it("an edge that never had a good document asks the platform to come back, and serves as soon as it has one", async () => {
  const fresh = await liveEdge({ accounts: {} });
  try {
    const answer = await fresh.post("support", textUpdate(1, 1, "too early"));
    expect(answer).toMatchObject({ status: 503, body: "", headers: { "retry-after": expect.stringMatching(/^[1-9]\d*$/) } });
    expect((await fresh.admin("GET", "/admin/routes")).json).toMatchObject({
      missing: expect.any(String),
      lastRejected: { source: "raw" },
    });
    fresh.writeRoutes(routesTo("first"));
    await until(
      () => fresh.post("support", textUpdate(1, 1, "now")),
      (now) => now.status === 200,
    );
    await until(
      () => recorders[0]?.receipts.filter(({ update }) => update.update_id === 1).length,
      (count) => count === 1,
    );
  } finally {
    await fresh.close();
  }
});
