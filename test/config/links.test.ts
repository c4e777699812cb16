/** What a document may say of links: who polls, who is asked, and with how much authority. */
import { expect, it } from "vitest";
import { loadRoutes } from "../../src/config/load.ts";
import { testCatalogue } from "../support/catalogue.ts";
import { validDocument } from "../support/routes-document.ts";

const wa = { pool: "sales", phoneNumberId: "1", secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" } };
const document = {
  ...validDocument,
  accounts: { ...validDocument.accounts, "whatsapp:sales": wa },
  pools: { ...validDocument.pools, sales: { instances: ["us-1"], agent: "sales-public" } },
};
const withInstance = (name: string, bent: object, base: object = document) => ({
  ...base,
  instances: { ...validDocument.instances, [name]: { ...validDocument.instances["us-1"], ...bent } },
});
const withPool = (bent: object, base: object = document) => ({
  ...base,
  pools: { ...document.pools, sales: { ...document.pools.sales, ...bent } },
});

function said(value: object): readonly string[] {
  const loaded = loadRoutes(JSON.stringify(value), testCatalogue);
  return (loaded.ok ? loaded.value.warnings : loaded.problem).map(({ level, path, message }) => `${level} ${path}: ${message}`);
}

const NARROW = "use trusted-proxy, or set acceptsOperatorAuthority there";

it.each<readonly [string, object, readonly string[]]>([
  ["a pool that is asked names its agent, its gateways trust a narrowed proxy", document, []],
  [
    "a pool without an agent",
    withPool({ agent: undefined }),
    [
      "error pools.sales.agent: name the agent that answers here, one without exec, file and gateway tools, or set acceptsOperatorAuthority",
    ],
  ],
  ["a pool without an agent that says what it accepts", withPool({ agent: undefined, acceptsOperatorAuthority: true }), []],
  [
    "a gateway with a token",
    withInstance("us-1", { secrets: { gateway: "US1_TOKEN" } }),
    [`error instances.us-1.chat.auth: a gateway's token gives everybody who writes to the pool sales the operator's authority: ${NARROW}`],
  ],
  [
    "a gateway with a token, accepted",
    withPool({ acceptsOperatorAuthority: true }, withInstance("us-1", { secrets: { gateway: "US1_TOKEN" } })),
    [],
  ],
  [
    "scopes that are not narrow",
    withInstance("us-1", { chat: { scopes: ["operator.admin"] } }),
    ["error instances.us-1.chat.scopes: more than operator.write for the pool sales: narrow it, or set acceptsOperatorAuthority there"],
  ],
  [
    "token without a token",
    withInstance("eu-1", { chat: { auth: "token" } }),
    ["error instances.eu-1.secrets.gateway: chat.auth is token: name the variable that holds the gateway's token"],
  ],
  [
    "an instance that cannot be asked",
    withInstance("us-1", { url: undefined }),
    ["error instances.us-1.chat: no link for whatsapp:sales, whose messages can reach the pool sales: it can have chat"],
  ],
  ["an instance that only polls has no address", withInstance("eu-1", { url: undefined, native: {}, poll: ["telegram:support"] }), []],
  [
    "an account taken two ways",
    withInstance("eu-1", { poll: ["telegram:support"] }),
    ["error instances.eu-1.poll[0]: telegram:support is under native too: an instance takes an account one way"],
  ],
  [
    "an account polled for twice",
    withInstance("eu-1", { native: {}, poll: ["telegram:support", "telegram:support"] }),
    ["error instances.eu-1.poll[1]: telegram:support is listed twice"],
  ],
  [
    "a channel that nobody can poll for",
    withInstance("eu-1", { poll: ["whatsapp:sales"] }),
    ["error instances.eu-1.poll[0]: messages of whatsapp cannot be polled for"],
  ],
  [
    "polling for an account that is not there",
    withInstance("eu-1", { poll: ["telegram:old"] }),
    ["warning instances.eu-1.poll[0]: no account is called telegram:old"],
  ],
  [
    "two accounts at one address",
    { ...document, accounts: { ...document.accounts, "whatsapp:again": wa, "whatsapp:other": { ...wa, phoneNumberId: "2" } } },
    ["error accounts.whatsapp:again: whatsapp:sales has the same address, 1: what is sent there could belong to either"],
  ],
  [
    "two accounts of two apps, each at an address of its own",
    {
      ...document,
      accounts: { ...document.accounts, "whatsapp:other": { ...wa, phoneNumberId: "2", secrets: { ...wa.secrets, app: "APP_2" } } },
    },
    [],
  ],
])("%s", (_what, value, expected) => expect(said(value)).toEqual(expected));

const handover = { key: "HANDOVER_KEY" };
const told = (bent: object = {}) => withPool({ handover, channels: ["whatsapp"], ...bent });
const NO_PROOF = "error pools.sales.handover: needs an agent without tools: name it in the pool, without acceptsOperatorAuthority";

it.each<readonly [string, object, readonly string[]]>([
  ["where agents without tools are asked", told(), []],
  ["where no agent is named", told({ agent: undefined, acceptsOperatorAuthority: true }), [NO_PROOF]],
  ["where the agent may have tools", told({ acceptsOperatorAuthority: true }), [NO_PROOF]],
  [
    "where gateways are not asked",
    withPool({ handover }),
    [
      "error pools.sales.handover: messages of telegram:support go to gateways whose turns have tools: only those asked over /v1 can do without",
    ],
  ],
])("a handover %s", (_what, value, expected) => expect(said(value)).toEqual(expected));

it("a header the edge sets itself cannot be set by the document", () => {
  for (const name of ["host", "x-openclaw-scopes", "x-forwarded-for", "content-type"]) {
    expect(said(withInstance("us-1", { chat: { headers: { [name]: "X" } } }))[0]).toContain("error instances.us-1.chat.headers");
  }
});

/** A bearer token beside a user's name would give everybody the token's authority, in a document that says trusted-proxy. */
it("a header that says who asks cannot be set by the document, under whatever name", () => {
  for (const name of ["authorization", "proxy-authorization", "cookie", "set-cookie"]) {
    const message = `in lower case, and not one the edge sets itself or that carries credentials`;
    expect(said(withInstance("us-1", { chat: { headers: { [name]: "X" } } }))[0]).toContain(message);
    expect(said(withInstance("us-1", { chat: { userHeader: name } }))[0]).toContain(message);
  }
  expect(said(withInstance("us-1", { chat: { headers: { "cf-access-client-secret": "X" }, userHeader: "x-forwarded-user" } }))).toEqual([]);
});
