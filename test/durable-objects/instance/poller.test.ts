/** When a poller counts as silent, and how few rows its calls cost. */
import { describe, expect, it } from "vitest";
import { called, newPoller, silenceOf, silentForMs, wakened } from "../../../durable-objects/instance/poller.ts";
import { silenceIn } from "../../../durable-objects/instance/silence.ts";
import { loadForTest } from "../../support/catalogue.ts";

const fresh = newPoller("telegram:a");
const at = (nowMs: number, kinds?: readonly string[]) => called(fresh, { nowMs, kinds }).poller;

it("one that never called is silent; one that called is not, for two minutes", () => {
  expect(silentForMs(fresh, 1_000_000)).toBe(1_000_000);
  expect(silentForMs(at(1_000_000), 1_119_999)).toBeUndefined();
  expect(silentForMs(at(1_000_000), 1_120_000)).toBe(120_000);
  expect([silenceOf(fresh, 9), silenceOf(at(1_000_000), 1_130_500)]).toEqual(["ever", "for 130 s"]);
});

it("an hour of calls every half minute is written down once a minute", () => {
  let poller = fresh;
  let rows = 0;
  for (let nowMs = 1_000_000; nowMs < 4_600_000; nowMs += 30_000) {
    const next = called(poller, { nowMs });
    poller = next.poller;
    rows += next.isNews ? 1 : 0;
  }
  expect(rows).toBe(60);
});

it("other kinds are written down at once, the same ones are not", () => {
  const first = at(1_000_000, ["message"]);
  expect(called(first, { nowMs: 1_000_001, kinds: ["message"] }).isNews).toBe(false);
  expect(called(first, { nowMs: 1_000_001, kinds: [] })).toMatchObject({ isNews: true, poller: { kinds: [] } });
  expect(called(first, { nowMs: 1_000_001 }).poller.kinds).toEqual(["message"]);
});

it("after a restart the last call may be a minute younger than what was written, and never in the future", () => {
  const written = at(1_000_000);
  expect(wakened(written, 2_000_000).calledAtMs).toBe(1_060_000);
  expect(wakened(written, 1_010_000).calledAtMs).toBe(1_010_000);
  expect(wakened(fresh, 1_010_000).calledAtMs).toBe(0);
});

describe("silence of an instance", () => {
  const secrets = { webhook: "W", token: "T" };
  const routesOf = (instance: object) =>
    loadForTest({
      accounts: { "telegram:a": { pool: "p", secrets }, "telegram:b": { pool: "p", secrets } },
      instances: { one: { poll: ["telegram:a", "telegram:b"], ...instance } },
      pools: { p: { instances: ["one"] } },
    }).routes;
  const poller = (account: string, isSilent: boolean, calledAtMs = 5) => ({ account, isSilent, calledAtMs, isWaiting: false, open: 0 });
  const both = [poller("telegram:a", true, 5), poller("telegram:b", true, 9)];

  it("is that of all its pollers", () => {
    expect(silenceIn(routesOf({}), "one", both)).toEqual({ accounts: ["telegram:a", "telegram:b"], calledAtMs: 9 });
    expect(silenceIn(routesOf({}), "one", [poller("telegram:a", true), poller("telegram:b", false)])).toBeUndefined();
  });

  it("is none of one that polls for nothing", () => {
    expect(silenceIn(routesOf({}), "one", [])).toBeUndefined();
  });

  it("is an outage although its gateway answers, unless an account reaches it another way", () => {
    const url = "https://gateway.test";
    expect(silenceIn(routesOf({ url }), "one", both)).toBeDefined();
    const native = { "telegram:b": { url: "https://gateway.test/hook", secret: "S" } };
    expect(silenceIn(routesOf({ url, native, poll: ["telegram:a"] }), "one", both.slice(0, 1))).toBeUndefined();
  });
});
