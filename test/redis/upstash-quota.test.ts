import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { platformHttp, systemClock } from "../../durable-objects/runtime.ts";
import { Secret } from "../../src/core/secret.ts";
import type { Quota } from "../../src/ports/quota.ts";
import { UPSTASH_BUDGET_MS } from "../../workers/adapters/quota.ts";
import { CLOSED_RETRY_MS, guardQuota, type QuotaFailure, type QuotaPolicy } from "../../workers/adapters/quota-guard.ts";
import { upstashQuota } from "../../workers/adapters/upstash-quota.ts";
import { keepsTheQuotaPromises } from "../contract/quota.ts";
import { freePort, type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { type Fault, startUpstashRest, type UpstashRest } from "../support/upstash-rest.ts";

const RULE = { perMinute: 1, burst: 3 };
/** The machine that runs the tests may be busy; the promise is 150 ms and not a second. */
const SLACK_MS = 400;
/** Exactness is tried with fifty takes at once, which may wait for each other. */
const PATIENT_MS = 10_000;

let server: RedisServer;
let rest: UpstashRest;
let names = 0;
const freshName = (): string => {
  names += 1;
  return `fault/${names}`;
};

beforeAll(async () => {
  server = await startRedisServer();
  rest = await startUpstashRest(server.url);
});

afterEach(() => rest.setFault({}));

afterAll(async () => {
  await rest?.close();
  await server?.stop();
});

interface Subject {
  readonly url?: string;
  readonly token?: string;
  readonly budgetMs?: number;
  readonly policy?: QuotaPolicy;
  readonly onFailure?: (failure: QuotaFailure) => void;
}

function subject({
  url = rest.url,
  token = rest.token,
  budgetMs = UPSTASH_BUDGET_MS,
  policy = "open",
  onFailure = () => {},
}: Subject = {}): Quota {
  const quota = upstashQuota({ url, token: new Secret(token), http: platformHttp, timeoutMs: budgetMs }, systemClock);
  return guardQuota(quota, { backend: "upstash", budgetMs, policy, onFailure });
}

keepsTheQuotaPromises({
  name: "Upstash",
  create: () =>
    subject({
      budgetMs: PATIENT_MS,
      policy: "closed",
      onFailure: ({ detail }) => {
        throw new Error(detail);
      },
    }),
});

/** Both policies, each timed, with what was reported. */
async function ask(options: Subject) {
  const failures: QuotaFailure[] = [];
  const startedAtMs = performance.now();
  const [open, closed] = await Promise.all(
    (["open", "closed"] as const).map((policy) =>
      subject({ ...options, policy, onFailure: (failure) => failures.push(failure) }).take(freshName(), RULE),
    ),
  );
  return { open, closed, failures, tookMs: performance.now() - startedAtMs };
}

const BY_POLICY = { open: { isAllowed: true }, closed: { isAllowed: false, retryAfterMs: CLOSED_RETRY_MS, isUnknown: true } };

const faults: readonly (readonly [string, Fault, QuotaFailure["reason"]])[] = [
  ["answers 500", { status: 500 }, "failed"],
  ["answers 503 with a page", { status: 503, body: "<html>down</html>" }, "failed"],
  ["answers 429", { status: 429 }, "failed"],
  ["answers text", { body: "hello" }, "failed"],
  ["answers nothing", { body: "" }, "failed"],
  ["answers null", { body: "null" }, "failed"],
  ["answers another shape", { body: '{"result":[1]}' }, "failed"],
  ["answers words for numbers", { body: '{"result":["a","b","c"]}' }, "failed"],
  ["answers without end", { body: `{"result":"${"x".repeat(200_000)}"}` }, "failed"],
  ["refuses every command", { status: 400, body: '{"error":"ERR max daily request limit exceeded"}' }, "failed"],
  ["knows no script, ever", { status: 400, body: '{"error":"NOSCRIPT"}' }, "failed"],
  ["redirects", { status: 307, headers: { location: "/elsewhere" }, body: "" }, "failed"],
  ["hangs up", { isDropping: true }, "failed"],
  ["takes a second", { latencyMs: 1_000 }, "slow"],
];

describe("an Upstash that", () => {
  it.each(faults)("%s leaves the verdict to the policy, in time, and is reported once per question", async (_, fault, reason) => {
    rest.setFault(fault);
    const { failures, tookMs, ...verdicts } = await ask({});
    expect(verdicts).toEqual(BY_POLICY);
    expect(tookMs).toBeLessThan(UPSTASH_BUDGET_MS + SLACK_MS);
    expect(failures.map((failure) => failure.reason)).toEqual([reason, reason]);
  });

  it("is down leaves it to the policy", async () => {
    const { failures, tookMs, ...verdicts } = await ask({ url: `http://127.0.0.1:${await freePort()}` });
    expect(verdicts).toEqual(BY_POLICY);
    expect(tookMs).toBeLessThan(UPSTASH_BUDGET_MS + SLACK_MS);
    expect(failures.map(({ reason }) => reason)).toEqual(["failed", "failed"]);
  });

  it.each(["not a url", "", "ftp://127.0.0.1"])("is misspelt as %j leaves it to the policy", async (url) => {
    const { failures, tookMs: _, ...verdicts } = await ask({ url });
    expect(verdicts).toEqual(BY_POLICY);
    expect(failures).toHaveLength(2);
  });

  it("does not know the token leaves it to the policy and keeps the token out of the report", async () => {
    const { failures, tookMs: _, ...verdicts } = await ask({ token: "very-secret" });
    expect(verdicts).toEqual(BY_POLICY);
    expect(JSON.stringify(failures)).not.toContain("very-secret");
    expect(failures[0]?.detail).toContain("401");
  });

  it("is back again decides again", async () => {
    const quota = subject({ policy: "closed", budgetMs: PATIENT_MS });
    rest.setFault({ status: 500 });
    expect((await quota.take("back", RULE)).isAllowed).toBe(false);
    rest.setFault({});
    expect((await quota.take("back", RULE)).isAllowed).toBe(true);
  });
});

describe("the cost of Upstash", () => {
  it("is one command for a take, and none while the name is known to be blocked", async () => {
    const quota = subject({ budgetMs: PATIENT_MS });
    const name = freshName();
    const rule = { perMinute: 1, burst: 1 };
    await quota.take(name, rule);
    await quota.take(freshName(), rule);
    rest.takeCommands();
    await quota.take(freshName(), rule);
    expect(rest.takeCommands()).toEqual(["EVALSHA"]);
    await quota.take(name, rule);
    rest.takeCommands();
    expect(await quota.take(name, rule)).toMatchObject({ isAllowed: false });
    expect(rest.takeCommands()).toEqual([]);
  });
});
