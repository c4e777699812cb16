/** Whom a pool can try out, as its document says it: everybody else must be able to go on without it. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { catalogue } from "../../../durable-objects/config/catalogue.ts";
import { loadRoutes, MAX_DOCUMENT_BYTES } from "../../../src/config/load.ts";
import { buildRoutes } from "../../../src/config/routes.ts";
import type { RoutesDocument } from "../../../src/config/schema.ts";
import { canaryRefusal } from "../../../workers/admin/canary-refusal.ts";
import { validDocument } from "../../support/routes-document.ts";

function load(text: string): RoutesDocument {
  const loaded = loadRoutes(text, catalogue);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problem));
  return loaded.value.document;
}

function refusal(document: RoutesDocument, pool: string, instance: string): string | undefined {
  const listed = document.pools[pool] ?? expect.unreachable();
  return canaryRefusal(buildRoutes(1, document), pool, listed, instance);
}

const bent = (changes: object): RoutesDocument => load(JSON.stringify({ ...validDocument, ...changes }));
const { native } = validDocument.instances["us-1"];

it("the document that is shipped as an example can try its instances out", () => {
  const document = load(readFileSync("routes.example.jsonc", "utf8"));
  const asked = ["support eu-1", "support us-2", "sales us-2", "sales eu-1", "hr eu-2"];
  const refusals = asked.map((each) => refusal(document, ...(each.split(" ") as [string, string])));
  expect(refusals.slice(0, 3)).toEqual([undefined, undefined, undefined]);
  expect(refusals.slice(3)).toEqual([expect.stringContaining("operator"), expect.stringContaining("no other instance")]);
});

it.each<[string, object, RegExp]>([
  [
    "a strategy that knows it alone",
    { support: { instances: ["eu-1", "us-1"], strategy: { name: "fixed", instance: "us-1" } } },
    /strategy\.instance/,
  ],
  ["nobody else", { support: { instances: ["us-1"] } }, /no other instance/],
])("the rest must get on without it: %s", (_, pools, message) => {
  expect(refusal(bent({ pools: { ...validDocument.pools, ...pools } }), "support", "us-1")).toMatch(message);
});

it("an account that no other takes would be held", () => {
  const second = { ...validDocument.accounts["telegram:support"], pool: "hr" };
  const document = bent({
    accounts: { ...validDocument.accounts, "telegram:second": second },
    instances: { ...validDocument.instances, "us-2": { native: { ...native, "telegram:second": native["telegram:support"] } } },
    pools: { support: { instances: ["eu-1", "us-1"] }, sales: { instances: ["us-1"] }, hr: { instances: ["us-2"] } },
    rules: [{ name: "r", when: { keywords: ["refund"] }, pool: "support" }],
  });
  expect(refusal(document, "support", "us-2")).toMatch(/No other has a link for telegram:second/);
  expect(refusal(document, "support", "us-1")).toMatch(/It has no link for telegram:second/);
});

it("an account that is set aside, and what names it, is in nobody's way", () => {
  const document = bent({ rules: [{ name: "r", when: { account: "telegram:support", keywords: ["x"] }, pool: "sales" }] });
  const other = { ...validDocument.accounts["telegram:support"], scope: "chat" as const, proactive: "owner" as const };
  const left = { ...document, accounts: { "telegram:other": { ...other, pool: "hr" } } };
  expect(refusal(left, "support", "eu-1")).toBe(undefined);
});

it("a document is no longer here than it is", () => {
  const names = Array.from({ length: 3000 }, (_, index) => `i${index}`);
  const instances = Object.fromEntries(
    names.map((name) => [name, { native: { "telegram:support": { url: `https://${name}.example.com/t`, secret: "S" } } }]),
  );
  const document = bent({ instances, pools: { support: { instances: names } }, rules: [] });
  expect(JSON.stringify(document).length).toBeGreaterThan(MAX_DOCUMENT_BYTES);
  expect(refusal(document, "support", "i7")).toBe(undefined);
});
