import { expect, it } from "vitest";
import { buildRoutes, refIn } from "../../src/config/routes.ts";
import { loadForTest } from "../support/catalogue.ts";
import { validDocument } from "../support/routes-document.ts";

const merged = {
  ...validDocument,
  accounts: { "telegram:support": { ...validDocument.accounts["telegram:support"], scope: "person", residency: "eu" } },
  identities: { alice: ["telegram:support/777"] },
};

it("an account has its parts by name, and only the channel's fields among its options", () => {
  const { routes } = loadForTest(merged);
  expect(routes.accounts.get("telegram:support")).toEqual({
    id: "telegram:support",
    channel: "telegram",
    name: "support",
    pool: "support",
    region: "weur",
    residency: "eu",
    scope: "person",
    proactive: "owner",
    secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" },
    options: { linger: 7 },
  });
});

it("a known person has one conversation, a stranger their own, a group none of either", () => {
  const { routes } = loadForTest(merged);
  const account = routes.accounts.get("telegram:support");
  if (account === undefined) throw new Error("no account");
  expect(refIn(routes, account, { id: "777", kind: "direct" })).toEqual({ residency: "eu", key: "person/alice" });
  expect(refIn(routes, account, { id: "9", kind: "direct" }, "9").key).toBe("telegram:support/sender/9");
  expect(refIn(routes, account, { id: "-5", kind: "group" }, "777").key).toBe("telegram:support/chat/-5");
});

it("what is draining travels with the document, and names of a prototype are nobody", () => {
  const routes = buildRoutes(3, loadForTest(validDocument).routes.document, { draining: ["eu-1"] });
  expect([routes.number, routes.draining.has("eu-1"), routes.draining.has("us-1")]).toEqual([3, true, false]);
  expect([routes.accounts.get("constructor"), routes.pools.get("__proto__")]).toEqual([undefined, undefined]);
});
