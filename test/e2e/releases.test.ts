/**
 * Every release that was recorded opens in this build: what it had accepted is delivered, what it had ended stays ended. And while a deploy
 * spreads, a Worker of one of them works with objects of the other.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ensureBundle } from "../../scripts/edge/build.ts";
import type { Edge } from "../../scripts/edge/run.ts";
import { admin, type Cast, CHATS, DEAD_CHAT, type Facts, listOf, POLLER, poll, startCast, write } from "../../scripts/releases/cast.ts";
import { openState, openWorker, releaseNames } from "../../scripts/releases/fixture.ts";
import { until } from "../support/live-edge.ts";

const HOUR_MS = 3_600_000;

let dir: string;
let cast: Cast;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "clawedge-release-"));
  cast = await startCast(dir);
});

afterEach(async () => {
  await cast.stop();
  rmSync(dir, { recursive: true, force: true });
});

const receivedBy = (): readonly (readonly [name: string, instance: string])[] =>
  cast.natives.flatMap(({ receipts }) => receipts.map(({ name, instance }) => [name, instance] as const)).toSorted();

const seconds = (owners: Facts["owners"]) => CHATS.map((chat) => [`native:second#${chat}`, owners[chat]]);

const stateOf = async (edge: Edge, conversation: string, message: string): Promise<unknown> => {
  const view = await admin(edge, "GET", `conversations/${encodeURIComponent(conversation)}`);
  return listOf(view, "messages").find((each) => (each as Record<string, unknown>)["message"] === message);
};

async function mustGoOn(edge: Edge, { owners, pollToken, openUpdate }: Facts): Promise<void> {
  await until(receivedBy, (received) => received.length >= CHATS.length);
  expect(receivedBy(), "what waited comes once, to the instance that has the conversation").toEqual(seconds(owners));

  for (const chat of CHATS) expect(await write(edge, "native", { chat, id: chat * 10, name: `native:first#${chat}` })).toBe(200);
  for (const chat of CHATS) expect(await write(edge, "native", { chat, id: chat * 10 + 2, name: `native:third#${chat}` })).toBe(200);
  await until(receivedBy, (received) => received.length >= 2 * CHATS.length);
  const thirds = CHATS.map((chat) => [`native:third#${chat}`, owners[chat]]);
  expect(receivedBy(), "what was delivered before is known, what is new goes where the rest went").toEqual([...seconds(owners), ...thirds]);

  const [letter] = listOf(await admin(edge, "GET", "dead"), "dead") as readonly { readonly id: string }[];
  await admin(edge, "POST", `dead/${encodeURIComponent(letter?.id ?? "")}/replay`, {});
  await until(receivedBy, (received) => received.some(([name]) => name === `native:dead#${DEAD_CHAT}`));

  await until(
    () => cast.graph.sent().map(({ text }) => text),
    (texts) => texts.includes("answer to second"),
  );

  const again = await until(
    () => poll(edge, pollToken),
    (updates) => updates.length > 0,
  );
  expect(
    again.map(({ update_id }) => update_id),
    "an update that was given keeps its id",
  ).toEqual([openUpdate]);
  await poll(edge, pollToken, openUpdate + 1);
  await until(
    () => stateOf(edge, "telegram:polled/chat/601", "u6011"),
    (message) => (message as { readonly state?: string })?.state === "delivered",
  );
}

/** One message by each link, to its end. */
async function mustWork(edge: Edge, round: number): Promise<void> {
  const name = `native:round#${round}`;
  expect(await write(edge, "native", { chat: 700 + round, id: 7_000 + round, name })).toBe(200);
  await until(receivedBy, (received) => received.some(([received]) => received === name));
  const text = `round ${round}`;
  await cast.graph.say({ from: "15550009", id: `wamid.round${round}`, text });
  await until(
    () => cast.graph.sent().map(({ text }) => text),
    (texts) => texts.includes(`answer to ${text}`),
  );
  const { token } = await admin(edge, "POST", "tokens", { account: "telegram:polled", instance: POLLER });
  expect(await write(edge, "polled", { chat: 800, id: 8_000 + round, name: `polled:round#${round}` })).toBe(200);
  const [given] = await until(
    () => poll(edge, String(token)),
    (updates) => updates.length > 0,
  );
  await poll(edge, String(token), (given?.update_id ?? 0) + 1);
  await until(
    () => stateOf(edge, "telegram:polled/chat/800", `u${8_000 + round}`),
    (message) => (message as { readonly state?: string })?.state === "delivered",
  );
}

describe.each(releaseNames())("release %s", (release) => {
  test.each([0, 2 * HOUR_MS])("its storage opens in this build, left %i ms ago", async (agoMs) => {
    const facts = openState<Facts>(release, join(dir, "state"), agoMs);
    await mustGoOn(await cast.start(await ensureBundle()), facts);
  });

  test("its Worker works with objects of this build, this build's with its objects, and a rollback finds everything", async () => {
    const old = openWorker(release, join(dir, "old"));
    const now = await ensureBundle();
    const stages = [[old], [now, old], [old, now], [now], [old]] as const;
    for (const [round, [objects, front]] of stages.entries()) {
      const edge = await cast.start(objects, front);
      await mustWork(edge, round);
      await edge.kill();
    }
  });
});

test("there is a release to open", () => expect(releaseNames()).not.toEqual([]));
