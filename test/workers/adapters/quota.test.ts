import { describe, expect, it } from "vitest";
import { chooseQuota } from "../../../workers/adapters/quota.ts";
import type { QuotaFailure } from "../../../workers/adapters/quota-guard.ts";

type QuotaEnv = Parameters<typeof chooseQuota>[0];

/** A namespace that fails loudly: what is asked of the shards shows as a failure of the embedded backend. */
const SHARD = {
  idFromName: () => {
    throw new Error("the shards were asked");
  },
} as unknown as QuotaEnv["SHARD"];

async function failureOf(variables: Partial<QuotaEnv>): Promise<QuotaFailure | undefined> {
  const failures: QuotaFailure[] = [];
  const quota = chooseQuota(
    { SHARD, JURISDICTIONS: "off", ...variables },
    { policy: "open", onFailure: (failure) => failures.push(failure) },
  );
  expect(await quota.take("n", { perMinute: 1, burst: 1 })).toEqual({ isAllowed: true });
  return failures[0];
}

const UPSTASH = { UPSTASH_REDIS_REST_URL: "http://127.0.0.1:9", UPSTASH_REDIS_REST_TOKEN: "t" };

describe("the quota backend", () => {
  it("is the shards when Upstash is not configured", async () => {
    expect(await failureOf({})).toMatchObject({ backend: "embedded", detail: "Error: the shards were asked" });
    expect(await failureOf({ UPSTASH_REDIS_REST_URL: "", UPSTASH_REDIS_REST_TOKEN: "" })).toMatchObject({ backend: "embedded" });
  });

  it("is Upstash when it is configured", async () => {
    expect(await failureOf(UPSTASH)).toMatchObject({ backend: "upstash" });
  });

  it.each([
    ["UPSTASH_REDIS_REST_TOKEN", { ...UPSTASH, UPSTASH_REDIS_REST_TOKEN: "" }],
    ["UPSTASH_REDIS_REST_URL", { ...UPSTASH, UPSTASH_REDIS_REST_URL: "" }],
  ])("says that %s is missing when the other is set, instead of counting elsewhere", async (missing, variables) => {
    expect(await failureOf(variables)).toMatchObject({ backend: "upstash", reason: "failed", detail: `Error: ${missing} is not set` });
  });
});
