/** What waits when workerd is killed is sent by the next one itself: no webhook, no knock, no question of an operator's comes in between. */
import { afterEach, expect, test } from "vitest";
import { type LiveEdge, liveEdge, routesFor, textUpdate, until } from "../support/live-edge.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";

/** What is promised from the start on, for one that is well by then. */
const PROMISED_MS = 10_000;

let edge: LiveEdge | undefined;
let recorder: Recorder | undefined;

afterEach(async () => {
  await edge?.close();
  await recorder?.close();
});

test("a message whose gateway was away when workerd died is delivered within 10 s of the next start, without any traffic", async () => {
  const one = await startRecorder({ name: "one", accounts: ["telegram:support"] });
  recorder = one;
  const live = await liveEdge(routesFor([one]));
  edge = live;
  await one.setFault({ kind: "refuse" });
  expect((await live.post("support", textUpdate(1, 7, "hello"))).status).toBe(200);
  await until(
    () => live.log().some(({ event }) => event === "message.held"),
    (isHeld) => isHeld,
  );

  await live.kill();
  await one.setFault(undefined);
  expect(one.receipts).toEqual([]);
  await live.start();
  await until(
    () => one.receipts.map(({ update }) => update.update_id),
    (received) => received.length > 0,
    PROMISED_MS,
  );
  expect(one.receipts.map(({ update }) => update.update_id)).toEqual([1]);
});
