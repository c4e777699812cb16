/** Limits through HTTP, from the answer to the log: exact whatever arrives at once, and the same after a kill. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LiveEdge, type LogEntry, liveEdge, routesFor, textUpdate, until } from "../support/live-edge.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";

const BURST = 7;
const SENDER = 4_711;

let edge: LiveEdge;
let recorder: Recorder;

beforeAll(async () => {
  recorder = await startRecorder({ name: "eu-1", accounts: ["telegram:support"] });
  // So slow a refill that no run of this test sees a token come back.
  edge = await liveEdge({ ...routesFor([recorder]), limits: { perSender: { perMinute: 0.001, burst: BURST } } });
});

afterAll(async () => {
  await edge.close();
  await recorder.close();
});

const settledIn = (conversation: string): readonly LogEntry[] =>
  edge.log().filter((line) => line.event === "message.settled" && line["again"] !== true && line["conversation"] === conversation);
const count = (lines: readonly LogEntry[], state: string): number => lines.filter((line) => line["state"] === state).length;

async function flood(chat: number, ids: readonly [first: number, count: number], from = chat): Promise<readonly number[]> {
  const updates = Array.from({ length: ids[1] }, (_, index) => textUpdate(ids[0] + index, chat, `${index}`, from));
  const answers = await Promise.all(updates.map((update) => edge.post("support", update)));
  expect(new Set(answers.map(({ status, body }) => `${status}${body}`))).toEqual(new Set(["200"]));
  return recorder.receipts.map(({ update }) => update.update_id);
}

describe("a sender's limit", () => {
  const KEY = `telegram:support/chat/${SENDER}`;

  it("lets exactly the bucket through when 200 messages come at once; the rest end as limited", async () => {
    await flood(SENDER, [1, 200]);
    const lines = await until(
      () => settledIn(KEY),
      (all) => all.length >= 200,
    );
    expect([lines.length, count(lines, "delivered"), count(lines, "limited")]).toEqual([200, BURST, 200 - BURST]);
    expect(recorder.receipts).toHaveLength(BURST);
  });

  it("counts no repeat, and a repeat gets nothing through", async () => {
    await flood(SENDER, [1, 200]);
    await until(edge.log, (log) => log.filter(({ event }) => event === "message.duplicate").length >= 200);
    expect(settledIn(KEY)).toHaveLength(200);
    expect(recorder.receipts).toHaveLength(BURST);
  });

  it("holds over a kill", async () => {
    await edge.kill();
    await edge.start();
    await flood(SENDER, [1_000, 20]);
    const lines = await until(
      () => settledIn(KEY),
      (all) => all.length >= 220,
    );
    expect([count(lines, "delivered"), count(lines, "limited")]).toEqual([BURST, 213]);
  });

  it("keeps the members of a group apart", async () => {
    const key = "telegram:support/chat/-1001";
    await Promise.all([flood(-1_001, [2_000, 20], 31), flood(-1_001, [3_000, 20], 32), flood(-1_001, [4_000, BURST], 33)]);
    const lines = await until(
      () => settledIn(key),
      (all) => all.length >= 40 + BURST,
    );
    expect([count(lines, "delivered"), count(lines, "limited")]).toEqual([3 * BURST, 40 - 2 * BURST]);
    const delivered = recorder.receipts.filter(({ update }) => update.update_id >= 4_000).length;
    expect(delivered).toBe(BURST);
  });
});
