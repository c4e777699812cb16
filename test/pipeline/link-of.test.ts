/** The last door before a gateway: whom the edge asks as what, and whom it does not ask. */
import { expect, it } from "vitest";
import { utf8 } from "../../src/core/bytes.ts";
import { Secret } from "../../src/core/secret.ts";
import { linkOf } from "../../src/pipeline/link-of.ts";
import { loadForTest } from "../support/catalogue.ts";
import { validDocument } from "../support/routes-document.ts";

const ACCOUNT = "whatsapp:sales";
const wa = { pool: "narrow", phoneNumberId: "1", secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" } };
const document = {
  ...validDocument,
  accounts: { ...validDocument.accounts, [ACCOUNT]: wa },
  instances: {
    ...validDocument.instances,
    open: { url: "http://127.0.0.1:1", secrets: { gateway: "OPEN_TOKEN" }, native: validDocument.instances["us-1"].native },
    trusting: { url: "http://127.0.0.1:2", forwardedFor: "203.0.113.7", native: validDocument.instances["us-1"].native },
  },
  pools: {
    ...Object.fromEntries(Object.entries(validDocument.pools).map(([name, pool]) => [name, { channels: ["telegram"], ...pool }])),
    owned: { instances: ["open"], channels: ["telegram"] },
    accepted: { instances: ["open"], channels: ["telegram"], acceptsOperatorAuthority: true },
    narrow: { instances: ["trusting"], agent: "sales-public", tiers: { complex: "sales-deep" } },
    modelled: {
      ...{ instances: ["open"], channels: ["telegram"], acceptsOperatorAuthority: true, agent: "sales-public" },
      tiers: { complex: { model: "openai/gpt-5.5" } },
    },
  },
};
const { routes } = loadForTest(document);

async function handedTo(instance: string, pool: string, tier?: "simple" | "complex") {
  const seen: Headers[] = [];
  const models: unknown[] = [];
  const outcome = await linkOf(routes, instance, ACCOUNT)?.handOver(
    {
      instance,
      pool,
      account: ACCOUNT,
      messageKey: `${ACCOUNT}/1`,
      kind: "text",
      tier,
      chat: { id: "1", kind: "direct" },
      session: `${ACCOUNT}/chat/1`,
      body: utf8(JSON.stringify({ text: "hello", media: [], messageId: "1" })),
      contentType: "application/json",
      key: "a2V5",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      deadlineMs: 5000,
    },
    {
      http: {
        fetch: async (_url, init) => {
          seen.push(new Headers(init.headers));
          models.push(((await new Response(init.body).json()) as { readonly model: unknown }).model);
          return Response.json({ choices: [{ message: { content: "hi" }, finish_reason: "stop" }] });
        },
      },
      clock: { nowMs: () => 0, sleep: () => new Promise(() => undefined) },
      secrets: { get: (name) => new Secret(`value of ${name}`) },
      polls: { offer: () => Promise.reject(new Error("nobody polls here")) },
      media: { find: () => Promise.reject(new Error("nothing is fetched here")) },
    },
  );
  return { outcome, seen, models };
}

it("asks a narrow pool as a user whose scopes are narrowed", async () => {
  const { outcome, seen } = await handedTo("trusting", "narrow");
  expect(outcome).toMatchObject({ kind: "accepted", answer: { text: "hi" } });
  expect(Object.fromEntries(seen[0] ?? [])).toMatchObject({
    "x-clawedge-user": "clawedge",
    "x-openclaw-scopes": "operator.write",
    "x-forwarded-for": "203.0.113.7",
  });
  expect(seen[0]?.has("authorization")).toBe(false);
});

it("never asks with the operator's authority where the pool did not accept it, whatever brought the message there", async () => {
  const { outcome, seen } = await handedTo("open", "owned");
  expect(outcome).toMatchObject({ kind: "refused", isPermanent: false });
  expect(seen).toEqual([]);
});

it("does where it was accepted in so many words", async () => {
  const { outcome, seen } = await handedTo("open", "accepted");
  expect(outcome).toMatchObject({ kind: "accepted" });
  expect(seen[0]?.get("authorization")).toBe("Bearer value of OPEN_TOKEN");
});

it("a pool that is gone is asked for nothing", async () => {
  expect((await handedTo("trusting", "gone")).outcome).toMatchObject({ kind: "refused" });
});

it.each([
  [undefined, "sales-public"],
  ["simple", "sales-public"],
  ["complex", "sales-deep"],
] as const)("a message of the tier %s is asked of the agent %s, in a session of that agent", async (tier, agent) => {
  const { seen, models } = await handedTo("trusting", "narrow", tier);
  expect(models).toEqual([`openclaw/${agent}`]);
  expect(seen[0]?.get("x-openclaw-session-key")).toBe(`agent:${agent}:whatsapp:direct:sales/chat/1`);
  expect(seen[0]?.has("x-openclaw-model")).toBe(false);
});

it("another model of the same agent answers in the same session", async () => {
  const [simple, complex] = [await handedTo("open", "modelled", "simple"), await handedTo("open", "modelled", "complex")];
  expect([...simple.models, ...complex.models]).toEqual(["openclaw/sales-public", "openclaw/sales-public"]);
  const said = (name: string) => [simple, complex].map(({ seen }) => seen[0]?.get(name));
  expect(said("x-openclaw-model")).toEqual([null, "openai/gpt-5.5"]);
  expect(new Set(said("x-openclaw-session-key")).size).toBe(1);
});
