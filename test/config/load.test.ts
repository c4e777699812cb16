import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ConfigIssue } from "../../src/config/issue.ts";
import { loadRoutes, MAX_DOCUMENT_BYTES, MAX_ISSUES } from "../../src/config/load.ts";
import { loadForTest, testCatalogue } from "../support/catalogue.ts";
import { directMessage, validDocument, withRules } from "../support/routes-document.ts";

const load = (text: string) => loadRoutes(text, testCatalogue);

function errorsOf(document: unknown): readonly string[] {
  const loaded = load(typeof document === "string" ? document : JSON.stringify(document));
  return loaded.ok ? [] : loaded.problem.filter((issue) => issue.level === "error").map(line);
}

function warningsOf(document: unknown): readonly string[] {
  const loaded = load(JSON.stringify(document));
  if (!loaded.ok) throw new Error(loaded.problem.map(line).join("\n"));
  return loaded.value.warnings.map(line);
}

const line = (issue: ConfigIssue): string => `${issue.path}: ${issue.message}`;

/** The smallest document the project promises to accept, character for character. */
const PROMISED = `{ "accounts": { "telegram:support": { "pool": "support", "region": "weur", "residency": "eu", "scope": "chat", "secrets": { "webhook": "TG_SECRET", "token": "TG_TOKEN" } } },
  "instances": { "eu-1": { "url": "http://127.0.0.1:18789", "region": "weur", "weight": 1, "role": "primary", "secrets": { "gateway": "EU1_TOKEN" },
      "native": { "telegram:support": { "url": "http://127.0.0.1:19789/telegram-webhook", "secret": "EU1_TG_SECRET" } } } },
  "pools": { "support": { "instances": ["eu-1"], "strategy": "rendezvous", "failover": { "policy": "hold-then-move", "holdMs": 30000 }, "channels": ["telegram", "whatsapp"] } },
  "rules": [ { "name": "refunds", "when": { "keywords": ["refund", "order"] }, "pool": "support" } ],
  "limits": { "perSender": { "perMinute": 20, "burst": 5, "onLimit": "notify" } } }`;

describe("documents that are accepted", () => {
  it("the promised one, without a word", () => {
    const loaded = load(PROMISED);
    expect(loaded.ok && loaded.value.warnings).toEqual([]);
    expect(loaded.ok && loaded.value.document).toMatchObject(JSON.parse(PROMISED));
  });

  it("the example, with warnings for channels that are not built and for nothing else", () => {
    const loaded = load(readFileSync("routes.example.jsonc", "utf8"));
    expect(loaded.ok ? loaded.value.warnings.map((issue) => issue.path) : loaded.problem).toEqual([
      "accounts.discord:community",
      "accounts.slack:staff",
    ]);
    expect(loaded.ok && loaded.value.warnings.every((issue) => issue.message.includes("not built yet"))).toBe(true);
  });

  it("comments, trailing commas and a byte order mark", () => {
    const text = `\ufeff// mine\n${JSON.stringify(validDocument).replace(/\}$/, ", /* none */ }")}`;
    expect(errorsOf(text)).toEqual([]);
  });

  it("keywords outside the basic plane and with quotes", () =>
    expect(errorsOf(withRules(rule({ keywords: ['"💸"', "𠮷野家"] })))).toEqual([]));

  it("gets the defaults of the schema and of the account's channel", () => {
    const { routes } = loadForTest(validDocument);
    expect(routes.accounts.get("telegram:support")).toMatchObject({ scope: "chat", proactive: "owner", options: { linger: 7 } });
    expect(routes.pools.get("support")).toMatchObject({ strategy: "rendezvous", failover: { policy: "hold-then-move" } });
  });
});

const rule = (when: object, more: object = {}) => ({ name: "r", when, pool: "support", ...more });
const account = validDocument.accounts["telegram:support"];
const withAccount = (more: object) => ({ ...validDocument, accounts: { "telegram:support": { ...account, ...more } } });
const withPool = (more: object) => ({
  ...validDocument,
  pools: { ...validDocument.pools, support: { ...validDocument.pools.support, ...more } },
});

describe("what a schema sees", () => {
  it.each<[string, unknown, string]>([
    ["an unknown field", { ...validDocument, polls: {} }, "polls: no such field"],
    ["an unknown field deep down", withPool({ failover: { holdMS: 1 } }), "pools.support.failover.holdMS: no such field"],
    ["an unknown field of the channel", withAccount({ polling: true }), "accounts.telegram:support.polling: no such field"],
    [
      "an unknown secret of the channel",
      withAccount({ secrets: { webhook: "A", tokn: "B" } }),
      "accounts.telegram:support.secrets.tokn: no such field",
    ],
    [
      "a value where a variable's name belongs",
      withAccount({ secrets: { webhook: "s3cr3t" } }),
      "accounts.telegram:support.secrets.webhook: the name of a Worker variable, as in TG_TOKEN",
    ],
    [
      "an account that is not channel:name",
      { ...validDocument, accounts: { support: account } },
      "accounts.support: channel:name, as in telegram:support",
    ],
    ["no account at all", { ...validDocument, accounts: {} }, "accounts: at least one account"],
    [
      "a name in upper case",
      { ...validDocument, pools: { Support: validDocument.pools.support } },
      "pools.Support: lower-case letters, digits and dashes, 63 at most",
    ],
    [
      "one wrong entry of a list",
      withRules(rule({ chat: ["direct", "groop"] })),
      'rules[0].when.chat[1]: Invalid option: expected one of "direct"|"group"|"channel"',
    ],
    [
      "a rule without a condition",
      withRules(rule({})),
      "rules[0].when: a rule without a condition would match everything: use the account's pool",
    ],
    ["a region that is none", withAccount({ region: "mars" }), "accounts.telegram:support.region:"],
    ["a residency that is none", withAccount({ residency: "weur" }), "accounts.telegram:support.residency:"],
    ["a pattern that is too long", withRules(rule({ pattern: "a".repeat(257) })), "rules[0].when.pattern:"],
    ["an empty pool", withPool({ instances: [] }), "pools.support.instances:"],
    ["something else altogether", [], ": Invalid input: expected object, received array"],
  ])("%s", (_, document, expected) => expect(errorsOf(document)[0]).toContain(expected));
});

describe("what only a reading of the whole document sees", () => {
  it.each<[string, unknown, string]>([
    ["an account's pool", withAccount({ pool: "gone" }), "accounts.telegram:support.pool: no pool is called gone"],
    [
      "an account's pool named like a property of every object",
      withAccount({ pool: "constructor" }),
      "accounts.telegram:support.pool: no pool is called constructor",
    ],
    [
      "an account's pool that is closed to it",
      withAccount({ pool: "hr" }),
      "accounts.telegram:support.pool: the pool hr is closed to the channel telegram",
    ],
    [
      "a channel nobody knows",
      { ...validDocument, accounts: { ...validDocument.accounts, "icq:a": account } },
      "accounts.icq:a: no channel is called icq",
    ],
    [
      "a pool's instance",
      withPool({ instances: ["eu-1", "constructor"] }),
      "pools.support.instances[1]: no instance is called constructor",
    ],
    ["a pool's instance twice", withPool({ instances: ["eu-1", "eu-1"] }), "pools.support.instances[1]: eu-1 is listed twice"],
    ["a pool's channel", withPool({ channels: ["telegram", "telegrm"] }), "pools.support.channels[1]: no channel is called telegrm"],
    ["a strategy", withPool({ strategy: "random" }), "pools.support.strategy: no strategy is called random: nearest, rendezvous"],
    ["a strategy's option", withPool({ strategy: { name: "rendezvous", seed: 1 } }), "pools.support.strategy.seed: no such field"],
    ["a strategy without its option", withPool({ strategy: "fixed" }), "pools.support.strategy.instance:"],
    [
      "a strategy's instance",
      withPool({ instances: ["eu-1"], strategy: { name: "fixed", instance: "us-1" } }),
      "pools.support.strategy.instance: us-1 is not an instance of this pool",
    ],
    [
      "a link that is missing",
      { ...validDocument, instances: { ...validDocument.instances, "us-1": { url: "http://127.0.0.1:1" } } },
      "instances.us-1.native: no link for telegram:support",
    ],
    ["a rule's pool", withRules(rule({ keywords: ["a"] }, { pool: "constructor" })), "rules[0].pool: no pool is called constructor"],
    ["a rule's name twice", withRules(rule({ keywords: ["a"] }), rule({ keywords: ["b"] })), "rules[1].name: another rule is called r"],
    ["a rule's name that means something", withRules(rule({ keywords: ["a"] }, { name: "default" })), "rules[0].name: default is what"],
    [
      "a rule's account",
      withRules(rule({ account: ["telegram:support", "telegram:gone"] })),
      "rules[0].when.account: no account is called telegram:gone",
    ],
    ["a rule's channel", withRules(rule({ channel: "telegrm" })), "rules[0].when.channel: no channel is called telegrm"],
    ["a pattern with a back reference", withRules(rule({ pattern: "(a)\\1" })), "rules[0].when.pattern: error parsing regexp"],
    ["a pattern that grows", withRules(rule({ pattern: "(?:a|b|ab){300}c" })), "rules[0].when.pattern: too large"],
    ["a keyword of nothing", withRules(rule({ keywords: ["a", "\u200b*"] })), "rules[0].when.keywords[1]:"],
    [
      "a person without a sender",
      { ...validDocument, identities: { alice: ["telegram:support"] } },
      "identities.alice[0]: write account/sender",
    ],
    ["a person on no account", { ...validDocument, identities: { alice: ["__proto__/1"] } }, "identities.alice[0]: write account/sender"],
    [
      "a sender who is two people",
      { ...withAccount({ scope: "person" }), identities: { alice: ["telegram:support/1"], bob: ["telegram:support/1"] } },
      "identities.bob[0]: is alice already",
    ],
    [
      "an account's quota",
      { ...validDocument, limits: { perAccount: { "telegram:gone": { perMinute: 1, burst: 1 } } } },
      "limits.perAccount.telegram:gone: no account",
    ],
    [
      "a pool's quota",
      { ...validDocument, limits: { perPool: { constructor: { perMinute: 1, burst: 1 } } } },
      "limits.perPool.constructor: no pool",
    ],
  ])("%s", (_, document, expected) => expect(errorsOf(document).join("\n")).toContain(expected));

  it("a person whose accounts differ in residency", () => {
    const native = Object.fromEntries(["telegram:support", "telegram:eu"].map((id) => [id, { url: "http://127.0.0.1:1/x", secret: "S" }]));
    const instance = { url: "http://127.0.0.1:1", native };
    const accounts = {
      "telegram:support": { ...account, scope: "person" },
      "telegram:eu": { ...account, scope: "person", residency: "eu" },
    };
    const document = { ...validDocument, accounts, instances: { "eu-1": instance, "us-1": instance } };
    expect(errorsOf(document)).toEqual([]);
    expect(errorsOf({ ...document, identities: { alice: ["telegram:support/1", "telegram:eu/1"] } })).toEqual([
      "identities.alice: its accounts differ in residency",
    ]);
  });

  it("everything at once, not one error after the other", () => {
    const document = { ...withAccount({ pool: "gone" }), rules: [rule({ pattern: "(" }), rule({ keywords: ["a"] }, { pool: "gone" })] };
    expect(errorsOf(document)).toHaveLength(4);
  });
});

describe("warnings", () => {
  it("a planned channel", () => {
    const accounts = { ...validDocument.accounts, "slack:staff": { pool: "hr", secrets: { anything: "S" } } };
    expect(warningsOf({ ...validDocument, accounts })).toEqual([
      "accounts.slack:staff: the channel slack is not built yet: nothing is received for this account",
    ]);
  });

  it("a link for an account that is not there", () => {
    const native = { ...validDocument.instances["eu-1"].native, "telegram:old": { url: "http://127.0.0.1:1/x", secret: "S" } };
    const instances = { ...validDocument.instances, "eu-1": { ...validDocument.instances["eu-1"], native } };
    expect(warningsOf({ ...validDocument, instances })).toEqual(["instances.eu-1.native.telegram:old: no account is called telegram:old"]);
  });

  it("a rule that can lead where no link leads", () => {
    const document = {
      ...validDocument,
      instances: { ...validDocument.instances, "us-1": { url: "http://127.0.0.1:1" } },
      pools: { ...validDocument.pools, support: { instances: ["eu-1"] } },
    };
    expect(warningsOf(document)).toEqual([
      "instances.us-1.native: no link for telegram:support, whose messages can reach the pool sales: it can have native or poll",
    ]);
  });

  it("an identity without effect", () => {
    expect(warningsOf({ ...validDocument, identities: { alice: ["telegram:support/1"] } })).toEqual([
      "identities.alice[0]: has no effect: the scope of its account is chat, not person",
    ]);
  });
});

describe("text that is no document", () => {
  it.each([
    ["", "the document is empty"],
    ["   \n", "the document is empty"],
    ["// only a comment", "not JSON with comments"],
    ['{\n "accounts": {,\n}', "in line 2"],
    ["{} {}", "not JSON with comments"],
    ['{"accounts": {"a" 1}}', "not JSON with comments"],
    ["[".repeat(MAX_DOCUMENT_BYTES), "nested deeper"],
    ['{"a":'.repeat(200_000), "nested deeper"],
    [`"${"x".repeat(MAX_DOCUMENT_BYTES)}"`, "larger than"],
  ])("%.20j", (text, expected) => expect(errorsOf(text).join("\n")).toContain(expected));

  it("a key written twice is an error at its place, not a silent choice", () => {
    const text = JSON.stringify(validDocument).replace('"pools":{', '"pools":{"support":{"instances":["us-1"]},');
    expect(errorsOf(text)).toEqual(["pools.support: is written twice"]);
  });

  it.each(["__proto__", "\\u005f_proto__"])("%s is a field nobody knows, and reaches no prototype", (key) => {
    const rules = '{"rules":[{"name":"evil","when":{"channel":"telegram"},"pool":"sales"}]}';
    const text = JSON.stringify(validDocument).replace(/\}$/, `,"${key}":${rules}}`);
    expect(errorsOf(text)).toEqual(["__proto__: no such field"]);
    const inside = JSON.stringify(validDocument).replace('"pools":{', `"pools":{"${key}":{"instances":["eu-1"]},`);
    expect(errorsOf(inside)).toEqual(["pools.__proto__: no such field"]);
    expect(({} as { rules?: unknown }).rules).toBeUndefined();
  });
});

describe("large documents", () => {
  it("a thousand rules with fifty keywords each load and route in reasonable time", () => {
    const rules = Array.from({ length: 1_000 }, (_, index) => ({
      name: `rule ${index}`,
      when: { keywords: Array.from({ length: 50 }, (__, word) => `w${index}x${word}`) },
      pool: "sales",
    }));
    const startedAt = performance.now();
    const { routes, router } = loadForTest(withRules(...rules));
    const found = routes.accounts.get("telegram:support");
    expect(found && router.route({ ...directMessage, text: "say W999X49!" }, found).rule).toBe("rule 999");
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it("thousands of mistakes are told in a hundred lines", () => {
    const rules = Array.from({ length: 1_000 }, (_, index) => rule({ keywords: ["a"] }, { name: `r${index}`, pool: "gone" }));
    const errors = errorsOf(withRules(...rules));
    expect(errors).toHaveLength(MAX_ISSUES);
    expect(errors.at(-1)).toBe(": and 901 more like these");
  });
});
