/** An outage of an instance that a hundred conversations wait for, in the real bundle: what reaches it is counted, not timed. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { inLanes } from "../support/lanes.ts";
import { type LiveEdge, liveEdge, routesFor, textUpdate, until } from "../support/live-edge.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";

const CHATS = 100;
const EACH = 10;
const MESSAGES = CHATS * EACH;
/** Envoy's retry budget: of all messages, and of those that can be tried while it is broken, one in each conversation. */
const BUDGET = 1.2;
const MOST = BUDGET * MESSAGES;
const MOST_WHILE_BROKEN = BUDGET * CHATS;

let edge: LiveEdge;
let recorder: Recorder;

beforeAll(async () => {
  recorder = await startRecorder({
    name: "one",
    accounts: ["telegram:support"],
    config: { recovery: { rampMs: 10_000, perSecond: 100 } },
  });
  edge = await liveEdge(routesFor([recorder], { pool: { failover: { failTimeoutMs: 2_000, attemptMs: 5_000 } } }));
});

afterAll(async () => {
  await edge.close();
  await recorder.close();
});

it("reaches it at most 1.2 times as often as there are messages, and brings each once and in order", { timeout: 180_000 }, async () => {
  await recorder.setFault({ kind: "status", status: 500 });
  const rounds = Array.from({ length: EACH }, (_, round) => Array.from({ length: CHATS }, (_, chat) => ({ chat: chat + 1, round }))).flat();
  await inLanes(
    rounds.map(({ chat, round }) => ({ chat, id: chat * 100 + round })),
    ({ chat }) => String(chat),
    // As the platform does: what is not acknowledged comes again.
    ({ chat, id }) =>
      until(
        () => edge.post("support", textUpdate(id, chat, "hello")),
        ({ status }) => status === 200,
      ),
  );
  // It is out, and as many as there are conversations asked for their turn in vain.
  await until(
    () => edge.log().filter(({ event, detail }) => event === "message.held" && String(detail).startsWith("held back")).length,
    (heldBack) => heldBack >= CHATS,
    60_000,
  );
  // After each ejection one is let through, to see whether it is back.
  const trials = edge.log().filter(({ event }) => event === "instance.ejected").length;
  expect(recorder.knocks.length).toBeLessThanOrEqual(MOST_WHILE_BROKEN + trials);
  await recorder.setFault(undefined);
  await until(
    () => recorder.receipts.length,
    (receipts) => receipts >= MESSAGES,
    120_000,
  );
  expect(recorder.knocks.length).toBeLessThanOrEqual(MOST);
  const byChat = Map.groupBy(recorder.receipts, ({ update }) => Math.floor(update.update_id / 100));
  expect([...byChat.values()].map((receipts) => receipts.map(({ update }) => update.update_id % 100))).toEqual(
    Array.from({ length: CHATS }, () => Array.from({ length: EACH }, (_, round) => round)),
  );
  expect(edge.log().some(({ event, by }) => event === "instance.ejected" && by === "deliveries")).toBe(true);
});
