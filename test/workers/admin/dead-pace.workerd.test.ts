/** Dead letters are sent again at a pace: an instance that is just back on its feet gets no flood. The waits are counted, not timed. */
import { reset } from "cloudflare:test";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { forget } from "../../../durable-objects/config/memory.ts";
import { systemClock } from "../../../durable-objects/runtime.ts";
import { shardsOf } from "../../../durable-objects/shard/stub.ts";
import { deadId } from "../../../src/core/dead-id.ts";
import { goodText } from "../../durable-objects/config/documents.ts";
import { admin, env } from "./support.ts";

const ACCOUNT = "telegram:support";
const ref = { residency: "eu", key: `${ACCOUNT}/chat/777` } as const;

beforeEach(async () => {
  expect((await admin("POST", "/admin/routes", goodText())).status).toBe(200);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
  forget(env.ROUTES);
});

it.each([
  [0.5, 2_000],
  [10, 100],
])("%d a second: %d ms before each but the first, and nobody waits after the last", async (perSecond, waitMs) => {
  for (const seq of [1, 2, 3]) {
    const facts = { id: deadId(ref, seq), account: ACCOUNT, conversation: ref.key, messageId: `${seq}`, pool: "support", reason: "r" };
    await shardsOf(env).addDead(ref, { ...facts, atMs: Date.now() - 10_000 + seq });
  }
  const waits: number[] = [];
  const sleeping = vi.spyOn(systemClock, "sleep").mockImplementation(async (ms) => void waits.push(ms));
  const { body } = await admin("POST", "/admin/dead/replay", { perSecond });
  sleeping.mockRestore();
  expect(body.results).toHaveLength(3);
  expect(waits.filter((ms) => ms === waitMs)).toEqual([waitMs, waitMs]);
});
