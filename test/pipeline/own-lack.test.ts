/** What the edge cannot send for want of something of its own is the operator's to mend: it waits, and its instance is blamed for nothing. */
import { expect, it } from "vitest";
import { utf8 } from "../../src/core/bytes.ts";
import { type DeliverPorts, handOver } from "../../src/pipeline/deliver.ts";
import { loadForTest } from "../support/catalogue.ts";
import { validDocument } from "../support/routes-document.ts";

const wa = { pool: "wa", phoneNumberId: "1", secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" } };
const { routes } = loadForTest({
  ...validDocument,
  accounts: { ...validDocument.accounts, "whatsapp:sales": wa },
  instances: { ...validDocument.instances, open: { url: "http://127.0.0.1:1", secrets: { gateway: "OPEN_TOKEN" } } },
  pools: {
    ...Object.fromEntries(Object.entries(validDocument.pools).map(([name, pool]) => [name, { channels: ["telegram"], ...pool }])),
    wa: { instances: ["open"], acceptsOperatorAuthority: true },
    narrow: { instances: ["us-1"], channels: ["telegram"] },
  },
});

const ports = {
  http: { fetch: () => Promise.reject(new Error("nothing is sent")) },
  clock: { nowMs: () => 0, sleep: () => new Promise(() => undefined) },
  secrets: { get: () => undefined },
  spanId: "00f067aa0ba902b7",
} as unknown as DeliverPorts;

it.each([
  ["a listener's secret", { instance: "eu-1" }, { kind: "unreachable", detail: "the variable EU1_TG_SECRET is not set" }],
  [
    "a gateway's token",
    { instance: "open", account: "whatsapp:sales", pool: "wa" },
    { kind: "unreachable", detail: "the variable OPEN_TOKEN is not set" },
  ],
  ["a link for the account", { instance: "open" }, { kind: "unreachable", detail: "the instance has no link for this account" }],
  [
    "the pool's word that an agent may have the operator's authority",
    { instance: "open", account: "whatsapp:sales", pool: "narrow" },
    { kind: "refused", isPermanent: false, detail: expect.stringContaining("the pool does not accept") },
  ],
])("without %s", async (_, where, expected) => {
  const named = { instance: "eu-1", account: "telegram:support", pool: "support", messageKey: "k", kind: "message", session: "s" };
  const turn = { body: utf8("{}"), contentType: "application/json", deadlineMs: 1000, traceId: "0".repeat(31).concat("1") };
  const outcome = await handOver(routes, { ...named, ...turn, chat: { id: "7", kind: "direct" }, ...where }, ports);
  expect(outcome).toEqual({ ...expected, isOurs: true });
});
