import { describe, expect, it } from "vitest";
import type { Quota } from "../../../src/ports/quota.ts";
import { CLOSED_RETRY_MS, guardQuota, type QuotaFailure, type QuotaPolicy } from "../../../workers/adapters/quota-guard.ts";

const RULE = { perMinute: 60, burst: 1 };

function guarded(take: Quota["take"], policy: QuotaPolicy = "open") {
  const failures: QuotaFailure[] = [];
  const onFailure = (failure: QuotaFailure) => void failures.push(failure);
  return { failures, quota: guardQuota({ take }, { backend: "test", budgetMs: 20, policy, onFailure }) };
}

const timeout = (): Error => Object.assign(new Error("gave up"), { name: "TimeoutError" });

const broken: readonly (readonly [string, Quota["take"], QuotaFailure["reason"]])[] = [
  ["rejects", () => Promise.reject(new Error("down")), "failed"],
  [
    "throws before it answers",
    () => {
      throw new Error("down");
    },
    "failed",
  ],
  ["rejects with something that is no error", () => Promise.reject("down"), "failed"],
  ["gives up by itself", () => Promise.reject(timeout()), "slow"],
  ["never answers", () => new Promise(() => {}), "slow"],
];

describe("a guarded quota", () => {
  it("passes the backend's verdicts on and reports nothing", async () => {
    for (const verdict of [{ isAllowed: true }, { isAllowed: false, retryAfterMs: 7 }] as const) {
      const { quota, failures } = guarded(async () => verdict);
      expect(await quota.take("n", RULE)).toEqual(verdict);
      expect(failures).toEqual([]);
    }
  });

  it.each(broken)("whose backend %s admits when the policy is open, and cannot say when it is closed", async (_, take, reason) => {
    const open = guarded(take, "open");
    const closed = guarded(take, "closed");
    expect(await open.quota.take("n", RULE)).toEqual({ isAllowed: true });
    expect(await closed.quota.take("n", RULE)).toEqual({ isAllowed: false, retryAfterMs: CLOSED_RETRY_MS, isUnknown: true });
    expect([...open.failures, ...closed.failures]).toMatchObject([
      { backend: "test", reason },
      { backend: "test", reason },
    ]);
  });

  it("survives a report that fails", async () => {
    const onFailure = (): never => {
      throw new Error("no log");
    };
    const quota = guardQuota(
      { take: () => Promise.reject(new Error("down")) },
      { backend: "test", budgetMs: 20, policy: "open", onFailure },
    );
    expect(await quota.take("n", RULE)).toEqual({ isAllowed: true });
  });
});
