/** Dead letters sent again by the hundred: oldest first, none forgotten, and those of a residency that no account names any more too. */
import { reset } from "cloudflare:test";
import { afterEach, beforeEach, expect, it } from "vitest";
import { forget } from "../../../durable-objects/config/memory.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import { dueDead, shardsOf, sweepShards } from "../../../durable-objects/shard/stub.ts";
import { type ConversationRef, refName } from "../../../src/core/conversation-ref.ts";
import { deadId } from "../../../src/core/dead-id.ts";
import { readMetrics } from "../../../workers/ops/metrics.ts";
import { sweep } from "../../../workers/sweep.ts";
import { goodText } from "../../durable-objects/config/documents.ts";
import { admin, env } from "./support.ts";

const ACCOUNT = "telegram:support";
const ref: ConversationRef = { residency: "eu", key: `${ACCOUNT}/chat/777` };

beforeEach(async () => {
  expect((await admin("POST", "/admin/routes", goodText())).status).toBe(200);
});
afterEach(async () => {
  await reset();
  forget(env.ROUTES);
});

async function die(from: number, to: number, atMs: (seq: number) => number): Promise<void> {
  const dying = Array.from({ length: to - from + 1 }, async (_, index) => {
    const seq = from + index;
    const facts = { id: deadId(ref, seq), account: ACCOUNT, conversation: ref.key, messageId: String(seq), pool: "support", reason: "r" };
    await shardsOf(env).addDead(ref, { ...facts, atMs: atMs(seq) });
  });
  await Promise.all(dying);
}

const replay = async (body: object) => (await admin("POST", "/admin/dead/replay", { perSecond: 50, ...body })).body;
const idsOf = ({ results }: { readonly results: readonly { readonly id: string }[] }) => results.map(({ id }) => id);

it("of more than a page the oldest goes first, and all that are left are counted", async () => {
  const nowMs = Date.now() - 100_000;
  await die(1, 510, (seq) => nowMs + seq);
  const first = await replay({ limit: 2 });
  expect(idsOf(first)).toEqual([deadId(ref, 1), deadId(ref, 2)]);
  expect(first.remaining).toBe(508);
});

it("those that died before are found behind any number that died since", async () => {
  const nowMs = Date.now() - 100_000;
  await die(1, 3, () => nowMs);
  await die(4, 510, (seq) => nowMs + seq);
  const batch = await replay({ limit: 100, beforeMs: nowMs });
  expect(idsOf(batch)).toEqual([1, 2, 3].map((seq) => deadId(ref, seq)));
  expect(batch.remaining).toBe(0);
});

it("those that died in one moment go in the order in which they were written", async () => {
  const nowMs = Date.now() - 1000;
  await die(8, 12, () => nowMs);
  expect(idsOf(await replay({}))).toEqual([8, 9, 10, 11, 12].map((seq) => deadId(ref, seq)));
});

it("a shard of an older version gives its newest, and they are put into order all the same", async () => {
  const letter = (seq: number) => ({ id: deadId(ref, seq), atMs: seq });
  const shard = { listDead: async () => [letter(3), letter(2), letter(1)], removeDead: async () => undefined };
  const none = { ...shard, listDead: async () => [] };
  const SHARD = { idFromName: (name: string) => name, get: (name: string) => (name === "|shard-0" ? shard : none) };
  const due = await dueDead({ ...env, SHARD } as unknown as typeof env, [], { limit: 1, untilMs: 2 });
  expect([due.letters.map(({ id }) => id), due.count]).toEqual([[deadId(ref, 1)], 2]);
});

it("a residency that no account names any more is still swept, listed, sent again and counted", async () => {
  await die(1, 1, () => Date.now());
  await shardsOf(env).setPending(ref, true);
  await shardsOf(env).flush(ref, { serial: 1, delta: { clawedge_messages_total: 7 }, atMs: Date.now() });
  const without = goodText().replace(/"residency":\s*"eu",?/g, "");
  expect((await admin("POST", "/admin/routes", without)).status).toBe(200);
  await expect.poll(async () => (await admin("GET", "/admin/routes")).body.number).toBe(2);
  const { number, residencies } = (await configOf(env).current())!;
  expect([number, residencies]).toEqual([2, ["eu"]]);
  const listed = async () => (await admin("GET", "/admin/dead")).body.dead.length;
  await expect.poll(listed).toBe(1);
  expect(await readMetrics(env)).toMatchObject({ clawedge_messages_total: 7, clawedge_dead_letters: 1 });
  await sweep({ ...env, PUBLIC_URL: undefined } as unknown as typeof env);
  expect((await sweepShards(env, ["eu"], { perShard: 9, total: 9, withinMs: 5000 })).map(refName), "taken off: nothing is pending").toEqual(
    [],
  );
  expect(await replay({})).toMatchObject({ gone: 1, remaining: 0 });
});
