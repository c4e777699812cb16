/** The shield around the two ways to an address: a stranger's flood of one must not close the other. */
import { beforeEach, expect, it } from "vitest";
import { channels } from "../../src/channels/registry.ts";
import type { Delivery } from "../../src/core/delivery.ts";
import { Secret } from "../../src/core/secret.ts";
import { createShield } from "../../src/pipeline/shield.ts";
import { greet, verify } from "../../src/pipeline/verify.ts";
import { loadForTest } from "../support/catalogue.ts";

const snapshot = loadForTest({
  accounts: {
    "whatsapp:sales": { pool: "sales", phoneNumberId: "106540352242922", secrets: { app: "APP", verify: "ASK", token: "TOKEN" } },
  },
  instances: { "eu-1": { url: "http://127.0.0.1:18789" } },
  pools: { sales: { instances: ["eu-1"], agent: "sales" } },
});
const target = { channel: "whatsapp", account: "sales", client: "192.0.2.1" };

let by: Parameters<typeof verify>[2];
beforeEach(() => {
  by = { snapshot, ports: { channels, secrets: { get: (name) => new Secret(`value of ${name}`) }, shield: createShield() } };
});

const call = (method: string, query = ""): Delivery => ({
  method,
  url: `https://edge.test/webhooks/whatsapp/sales${query}`,
  headers: new Headers(),
  body: new Uint8Array(),
  arrivedAtMs: 0,
});
const asks = (token: string) =>
  greet(call("GET", `?${new URLSearchParams({ "hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "42" })}`), target, by);

/** The reason of the last of very many refusals. */
async function flood(attempt: () => Promise<{ readonly ok: boolean; readonly problem?: { readonly kind: string } }>): Promise<string> {
  let last = "";
  for (let index = 0; index < 50; index += 1) {
    const result = await attempt();
    last = result.ok ? "verified" : (result.problem?.kind ?? "");
  }
  return last;
}

it("a flood of unsigned deliveries does not refuse the platform's first question", async () => {
  expect(await flood(() => verify(call("POST"), target, by))).toBe("shielded");
  expect(await asks("value of ASK")).toEqual({ ok: true, value: "42" });
});

it("a flood of questions does not refuse deliveries unheard", async () => {
  expect(await flood(() => asks("wrong"))).toBe("shielded");
  expect(await verify(call("POST"), target, by)).toMatchObject({ problem: { kind: "unverified" } });
});

it("a question with another token is another source", async () => {
  expect(await flood(() => asks("wrong"))).toBe("shielded");
  expect(await asks("value of ASK")).toEqual({ ok: true, value: "42" });
});
