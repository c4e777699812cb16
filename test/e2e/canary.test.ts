/**
 * A canary on the real bundle, by the real command line: it takes its share of people, goes bad, is rolled back by itself while people
 * write, and everything they wrote arrives once and in order.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "../../scripts/cli/main.ts";
import { ADMIN_TOKEN, type LiveEdge, liveEdge, routesFor, textUpdate, until } from "../support/live-edge.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";

const CHATS = Array.from({ length: 60 }, (_, index) => 5_000 + index);

let edge: LiveEdge;
let recorders: readonly [Recorder, Recorder];
let updates = 0;

beforeAll(async () => {
  const named = (name: string) => startRecorder({ name, accounts: ["telegram:support"] });
  recorders = [await named("old"), await named("new")];
  // Whoever is pinned stays: only the canary's end moves anybody.
  edge = await liveEdge(routesFor(recorders, { pool: { instances: ["old"], failover: { policy: "hold" } } }));
});

afterAll(async () => {
  await edge.close();
  await Promise.all(recorders.map((recorder) => recorder.close()));
});

async function clawedge(...args: readonly string[]) {
  const said: string[] = [];
  const code = await run([...args, "--edge", edge.url], {
    out: (text) => void said.push(text),
    err: () => undefined,
    env: { CLAWEDGE_ADMIN_TOKEN: ADMIN_TOKEN },
    directory: "/nonexistent",
    nowMs: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 500))),
  });
  return { code, out: said.join("") };
}

/** One message of everybody. */
async function everybodyWrites(): Promise<void> {
  for (const chat of CHATS) {
    updates += 1;
    expect(await edge.post("support", textUpdate(updates, chat, "hello"))).toMatchObject({ status: 200 });
  }
}

const chatsAt = ({ receipts }: Recorder) => new Set(receipts.map(({ update }) => (update["message"] as { chat: { id: number } }).chat.id));
const received = () => recorders.flatMap(({ receipts }) => receipts);

it("takes its share, goes bad, and is rolled back with the evidence; nothing is lost, doubled or out of order", async () => {
  const [old, tested] = recorders;
  const canary = clawedge(..."canary start support --instance new --percentage 40 --duration 10m --watch --json".split(" "));
  await until(
    async () => (await edge.admin("GET", "/admin/canaries")).json.canaries,
    (all) => all.length === 1,
  );
  for (let round = 0; round < 2; round += 1) await everybodyWrites();
  await until(received, (all) => all.length === 2 * CHATS.length);
  const drawn = chatsAt(tested);
  expect(drawn.size).toBeGreaterThan(10);
  expect([...chatsAt(old)].filter((chat) => drawn.has(chat))).toEqual([]);

  await tested.setFault({ kind: "status", status: 500 });
  await everybodyWrites();
  const ended = await canary;
  expect([ended.code, JSON.parse(ended.out)]).toMatchObject([
    1,
    {
      phase: "rolled-back",
      verdict: expect.stringMatching(/the instance is out: .* failed deliveries.*; canary .* errors of .*; rest 0 errors of /),
    },
  ]);
  await everybodyWrites();
  await until(received, (all) => all.length === updates);

  const ids = (of: Recorder) => of.receipts.map(({ update }) => update.update_id);
  expect(new Set([...ids(old), ...ids(tested)]).size).toBe(updates);
  expect(tested.receipts.length).toBe(2 * drawn.size);
  for (const chat of CHATS) {
    const own = old.receipts.filter(({ update }) => (update["message"] as { chat: { id: number } }).chat.id === chat);
    const order = own.map(({ update }) => update.update_id);
    expect(order).toEqual(order.toSorted((one, other) => one - other));
  }
  expect(edge.log().filter(({ event }) => event === "canary.ended")).toMatchObject([{ pool: "support", instance: "new" }]);
  expect((await clawedge("canary", "show", "support")).out).toContain("state    rolled-back");
}, 120_000);

it("a promoted one serves on without being listed", async () => {
  const [, tested] = recorders;
  await tested.setFault(undefined);
  expect((await clawedge("canary", "clear", "support")).code).toBe(0);
  expect((await clawedge("canary", "start", "support", "--instance", "new")).code).toBe(0);
  expect((await clawedge("canary", "promote", "support")).out).toBe("the canary of support is promoted\n");
  const before = tested.receipts.length;
  await until(
    async () => {
      updates += 1;
      await edge.post("support", textUpdate(updates, 90_000 + updates, "hello"));
      return tested.receipts.length;
    },
    (count) => count > before,
  );
});
