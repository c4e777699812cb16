import { expect, it } from "vitest";
import { telegram } from "../../../src/channels/telegram/index.ts";
import { type CheckPorts, checkInstance } from "../../../src/pipeline/check/check.ts";
import { pollerLines, type SeenPoller } from "../../../src/pipeline/check/pollers.ts";
import { loadForTest } from "../../support/catalogue.ts";

const ACCOUNT = "telegram:support";
const NOW = 10_000_000;
const there: SeenPoller = { account: ACCOUNT, calledAtMs: NOW - 12_000, isWaiting: true, isSilent: false, open: 2 };

it.each<readonly [SeenPoller | undefined, string, string]>([
  [there, "ok", "last called 12 s ago, waits now, 2 not confirmed"],
  [{ ...there, isWaiting: false }, "ok", "last called 12 s ago, does not wait now, 2 not confirmed"],
  [
    { ...there, calledAtMs: NOW - 180_000, isWaiting: false, isSilent: true },
    "fail",
    "last called 180 s ago, does not wait now, 2 not confirmed",
  ],
  [{ ...there, calledAtMs: 0, isWaiting: false, isSilent: true }, "fail", "it has never called"],
  [{ ...there, account: "telegram:other" }, "unknown", "not known: the edge could not be asked about it"],
  [undefined, "unknown", "not known: the edge could not be asked about it"],
])("%j is %s", (poller, status, detail) => {
  const [line] = pollerLines([ACCOUNT], poller === undefined ? undefined : [poller], NOW);
  expect(line).toMatchObject({ check: `${ACCOUNT} poller`, status, detail });
  expect(line?.fix !== undefined).toBe(status !== "ok");
});

const ports: CheckPorts = {
  channels: new Map([["telegram", telegram]]),
  rules: { allowPrivate: true },
  secrets: { get: () => undefined },
  addresses: () => ({ webhookUrl: undefined, apiRoot: undefined }),
  spanId: "00f067aa0ba902b7",
  clock: { nowMs: () => NOW, sleep: () => new Promise(() => undefined) },
  http: {
    fetch: async (url) => {
      throw new Error(`nobody can be called, and ${url} was`);
    },
  },
};

const checked = (instance: object, pollers: readonly SeenPoller[] | undefined) => {
  const { routes } = loadForTest({
    accounts: { [ACCOUNT]: { pool: "support", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } } },
    instances: { "eu-3": { poll: [ACCOUNT] }, "eu-4": instance },
    pools: { support: { instances: ["eu-3"] } },
  });
  const request = { probesUpdate: false, takesTurns: true, accepted: 0, pollers };
  return checkInstance({ instance: "eu-4", ...request }, routes, ports);
};

it("a gateway behind NAT is judged by its calls, and nothing is sent anywhere", async () => {
  const well = await checked({ poll: [ACCOUNT] }, [there]);
  expect([well.ok, well.checks.map(({ check, status }) => [check, status])]).toEqual([
    true,
    [
      ["gateway", "unknown"],
      [`${ACCOUNT} poller`, "ok"],
    ],
  ]);
  const silent = await checked({ poll: [ACCOUNT] }, [{ ...there, calledAtMs: 0, isWaiting: false, isSilent: true }]);
  expect([silent.ok, silent.pools]).toEqual([false, []]);
});

it("an instance that takes nothing in any way says so", async () => {
  expect((await checked({}, [])).checks).toMatchObject([{ check: "accounts", status: "fail" }]);
});
