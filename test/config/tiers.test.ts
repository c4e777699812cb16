/** What a document may say of tiers and answer caches, and whom it makes the edge ask. */
import { expect, it } from "vitest";
import { loadRoutes } from "../../src/config/load.ts";
import { agentsOf, askedIn, hasApartTiers } from "../../src/config/tiers.ts";
import { loadForTest, testCatalogue } from "../support/catalogue.ts";
import { validDocument } from "../support/routes-document.ts";

const document = (pool: object, chat: object = {}) => ({
  ...validDocument,
  accounts: {
    ...validDocument.accounts,
    "whatsapp:sales": { pool: "sales", phoneNumberId: "1", secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" } },
  },
  instances: { ...validDocument.instances, "us-1": { ...validDocument.instances["us-1"], chat } },
  pools: { ...validDocument.pools, sales: { instances: ["us-1"], agent: "sales-public", ...pool } },
});

function said(value: object): readonly string[] {
  const loaded = loadRoutes(JSON.stringify(value), testCatalogue);
  return (loaded.ok ? loaded.value.warnings : loaded.problem).map(({ level, path, message }) => `${level} ${path}: ${message}`);
}

function poolOf(pool: object, chat: object = {}) {
  const found = loadForTest(document(pool, chat)).routes.pools.get("sales");
  if (found === undefined) throw new Error("the document lost its pool");
  return found;
}

const ADMIN = { scopes: ["operator.admin"] };
const MODEL = { tiers: { complex: { model: "openai/gpt-5.5" } } };
const AT = "error pools.sales.tiers";
const CACHE = "warning pools.sales.answerCache";

/** In so many intents, and one with a single example more. */
function examples(count: number, intents = 10) {
  const texts = Array.from({ length: count - 1 }, (_, index) => `sentence ${index}`);
  const groups = Map.groupBy(texts, (_, index) => `intent-${index % intents}`);
  const named = [...groups].map(([name, some]) => [name, { examples: some }]);
  const rules = [{ name: "one", when: { intent: "other", channel: "whatsapp" }, pool: "sales" }];
  return { intents: { ...Object.fromEntries(named), other: { examples: ["another"] } }, rules };
}

it.each<readonly [string, object, readonly string[]]>([
  ["an agent for each", document({ tiers: { simple: "fast", complex: "deep" } }), []],
  ["one alone", document({ tiers: { complex: { agent: "deep" } } }), []],
  ["a model, where that is accepted", document({ ...MODEL, acceptsOperatorAuthority: true }, ADMIN), []],
  [
    "a pool without an agent",
    document({ agent: undefined, acceptsOperatorAuthority: true, tiers: { complex: "deep" } }),
    [`${AT}: needs an agent in the pool, for the tier that names none`],
  ],
  [
    "a model, where it is not",
    document(MODEL),
    [`${AT}.complex.model: a model is chosen by operators alone: name an agent, or set acceptsOperatorAuthority`],
  ],
  [
    "a model, by a caller who is narrowed all the same",
    document({ ...MODEL, acceptsOperatorAuthority: true }),
    [`${AT}.complex.model: us-1 does not let the edge choose a model: it has no operator.admin there`],
  ],
  ["an answer cache", document({ answerCache: {} }), []],
  ["one for other words too", { ...document({ answerCache: { similar: {} } }), ...examples(299) }, []],
  [
    "one for other words too, with too few examples to measure how like is like enough",
    { ...document({ answerCache: { similar: {} } }), ...examples(298) },
    [`${CACHE}.similar: needs 299 examples in the document, and has 298: nothing but the same words is answered`],
  ],
  [
    "a higher ceiling, and examples that are all of one intent and so count up to fifty",
    { ...document({ answerCache: { similar: { falseHits: 0.05 } } }), ...examples(300, 1) },
    [`${CACHE}.similar: needs 59 examples in the document, and has 51: nothing but the same words is answered`],
  ],
  [
    "a pool of gateways that are sent the platform's own updates",
    {
      ...validDocument,
      pools: { ...validDocument.pools, support: { ...validDocument.pools.support, answerCache: {}, tiers: {}, agent: "a" } },
    },
    ["tiers", "answerCache"].map((field) => `warning pools.support.${field}: no agent is asked here over /v1: nothing comes of it`),
  ],
])("%s", (_what, value, expected) => expect(said(value)).toEqual(expected));

it.each([
  { maxAgeMs: 7 * 86_400_000 + 1 },
  { maxEntries: 0 },
  { version: "" },
  { similar: { falseHits: 1 } },
  { similar: { falseHits: 0 } },
])("an answer cache is not %j", (answerCache) => {
  expect(said(document({ answerCache }))[0]).toMatch(/^error pools\.sales\.answerCache\./);
});

it("is an hour and a thousand answers when nothing is said", () =>
  expect(poolOf({ answerCache: {} }).answerCache).toEqual({ maxAgeMs: 3_600_000, maxEntries: 1000 }));

it("takes one question in a hundred for another at most when nothing is said", () =>
  expect(poolOf({ answerCache: { similar: {} } }).answerCache?.similar).toEqual({ falseHits: 0.01 }));

it("a message of no tier is the pool's agent's, as is a tier that names none", () => {
  const pool = poolOf({ tiers: { complex: "deep" } });
  expect([askedIn(pool, undefined), askedIn(pool, "simple"), askedIn(pool, "complex")].map(({ agent }) => agent)).toEqual([
    "sales-public",
    "sales-public",
    "deep",
  ]);
  expect(agentsOf(pool)).toEqual(["sales-public", "deep"]);
});

it("two models of one agent keep one session, two agents have one each", () => {
  expect(hasApartTiers(poolOf({ tiers: { complex: "deep" } }))).toBe(true);
  const byModel = poolOf({ ...MODEL, acceptsOperatorAuthority: true }, ADMIN);
  expect([hasApartTiers(byModel), askedIn(byModel, "complex")]).toEqual([false, { agent: "sales-public", model: "openai/gpt-5.5" }]);
});
