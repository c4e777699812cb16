/** How long a drained instance may still be handed messages, by who may hand it any. */
import { describe, expect, it } from "vitest";
import { compile } from "../../../durable-objects/config/judge.ts";
import { knownAfterMs } from "../../../durable-objects/config/source.ts";
import type { Canary } from "../../../src/core/canary.ts";
import { quietAfterMs } from "../../../workers/admin/quiet.ts";
import { goodText } from "../../durable-objects/config/documents.ts";
import { env } from "./support.ts";

const canary: Canary = {
  ...{ id: "c", pool: "support", instance: "eu-2", percentage: 5, startedAtMs: 1, untilMs: 2, phase: "running" },
};

/** The attempt that `eu-2` waits for: `pools` is what the document says of them, beside a link that takes 10 s. */
function attemptOf(pools: object, canaries: readonly Canary[] = [], more: object = {}): number {
  const text = JSON.stringify({ ...JSON.parse(goodText()), pools, ...more });
  const compiled = compile({
    ...{ number: 1, text, draining: [], returning: [], isRawRejected: false, acceptedAtMs: 1 },
    canaries: [...canaries],
  });
  if (!compiled.ok) return expect.fail(compiled.problem);
  expect([compiled.value.reason, compiled.value.setAside]).toEqual([undefined, []]);
  return quietAfterMs(env, compiled.value.snapshot.routes, "eu-2") - knownAfterMs(env);
}

const pool = (instances: readonly string[], attemptMs?: number) => ({ instances, failover: { attemptMs } });

it.each<readonly [string, object, readonly Canary[], number]>([
  ["its pool's attempt", { support: pool(["eu-1", "eu-2"], 90_000) }, [], 90_000],
  ["also where that is the shorter one", { support: pool(["eu-1", "eu-2"], 1000) }, [], 1000],
  ["its link's, where its pool says nothing", { support: pool(["eu-1", "eu-2"]) }, [], 10_000],
  ["its link's, where no pool has it", { support: pool(["eu-1"], 1000) }, [], 10_000],
  ["the longest of its pools", { support: pool(["eu-1", "eu-2"]), more: pool(["eu-2"], 1000) }, [], 10_000],
  ["a pool that has it as its canary", { support: pool(["eu-1"], 90_000) }, [canary], 90_000],
  ["a pool that gave its canary back", { support: pool(["eu-1"], 90_000) }, [{ ...canary, phase: "rolled-back" }], 90_000],
  [
    "a pool that lists it, and gave it up as a canary",
    { support: pool(["eu-1", "eu-2"], 90_000) },
    [{ ...canary, phase: "rolled-back" }],
    90_000,
  ],
])("%s", (_, pools, canaries, attemptMs) => {
  expect(attemptOf(pools, canaries)).toBe(attemptMs);
});

describe("a gateway that is asked over /v1, too, in 120 s", () => {
  const good = JSON.parse(goodText());
  const whatsapp = (pool: string) => ({
    ...{ pool, phoneNumberId: "15550001", secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" } },
  });
  const documentWith = (account: string, more: object = {}) => ({
    accounts: { ...good.accounts, "whatsapp:sales": whatsapp(account) },
    instances: { ...good.instances, asked: { url: "http://127.0.0.1:18789/asked" } },
    ...more,
  });
  const front = { instances: ["eu-1", "eu-2"], agent: "front", acceptsOperatorAuthority: true };

  it.each<readonly [string, number, object, object]>([
    [
      "no account of that kind reaches its pool",
      10_000,
      { support: front, sales: { instances: ["asked"], agent: "front" } },
      documentWith("sales", { rules: [] }),
    ],
    ["one does", 120_000, { support: front }, documentWith("support")],
    ["one does by a rule", 120_000, { support: front, sales: { instances: ["asked"], agent: "front" } }, documentWith("sales")],
  ])("%s: %i ms", (_, attemptMs, pools, more) => {
    expect(attemptOf(pools, [], more)).toBe(attemptMs);
  });

  it("what it is told of a conversation that moves to it may take longer than an attempt", () => {
    const asked = { url: "http://127.0.0.1:18789/asked" };
    const support = { instances: ["eu-1", "eu-2"], agent: "front", failover: { attemptMs: 5000 } };
    const apart = { accounts: { "whatsapp:sales": whatsapp("support") }, instances: { "eu-1": asked, "eu-2": asked }, rules: [] };
    const attempts = [undefined, { key: "HANDOVER_KEY", deadlineMs: 90_000 }, { key: "HANDOVER_KEY", deadlineMs: 2000 }];
    expect(attempts.map((handover) => attemptOf({ support: { ...support, handover } }, [], apart))).toEqual([5000, 90_000, 5000]);
  });
});
