import { describe, expect, it } from "vitest";
import {
  type Bend,
  checked,
  GATEWAY_TOKEN,
  isTurn,
  PROXY_HEADER,
  RECOMMENDED,
  SALES,
  SERVICE_TOKEN,
  type Setting,
  USER,
} from "./asked-gateway.ts";

const lineOf = async (name: string, setting: Setting) => (await checked(setting)).report.checks.find(({ check }) => check === name);

const OK = { name: "sales", verdict: "ok", reason: "scopes are honoured, and sales-public has no tools" };
const WITH_TOOLS = { agents: { ...RECOMMENDED.agents, "sales-public": ["tool_search"] } };
const ACCEPTING = { sales: { ...SALES, acceptsOperatorAuthority: true } };
/** A proxy on the way there shows the gateway's token for everybody, beside the user's name: the gateway ignores the name. */
const AS_OWNER = { traits: { mode: "token" }, instance: { chat: { user: USER, headers: { [PROXY_HEADER]: "BEARER" } } } } as const;
const OWNER_SECRETS = { BEARER: `Bearer ${GATEWAY_TOKEN}` };

it("the recommended gateway proves least privilege, with one turn in a session of its own", async () => {
  const { report, calls } = await checked();
  expect(report.checks.filter(({ status }) => status !== "ok")).toEqual([]);
  expect(report.checks.map(({ check }) => check)).toEqual([
    ...["url", "startup", "health", "ready", "/v1", "scopes", "cap on scopes", "cap on agents", "/v1/responses"],
    ...["pool sales: agent", "pool sales: tools"],
  ]);
  expect([report.ok, report.pools]).toEqual([true, [OK]]);
  const turns = calls.filter(isTurn);
  expect(turns.map(({ headers }) => ["session-key", "message-channel", "scopes"].map((name) => headers.get(`x-openclaw-${name}`)))).toEqual(
    [["agent:sales-public:clawedge:check:00f067aa0ba902b7", "whatsapp", "operator.write"]],
  );
  expect(turns[0]?.body["tool_choice"]).toBeUndefined();
});

it("names that every gateway refuses are not among the decoys, and none is there twice", async () => {
  const { calls } = await checked();
  const tools = calls.find(isTurn)?.body["tools"] as readonly { readonly function: { readonly name: string } }[];
  const names = tools.map((tool) => tool.function.name);
  expect(names).toContain("tool_search");
  for (const reserved of ["exec", "bash", "read", "write", "edit", "ls", "grep", "find"]) expect(names).not.toContain(reserved);
  expect(new Set(names).size).toBe(names.length);
});

it("only the edge's name goes to the probes, and no credential is in what is said", async () => {
  const echo: Bend = (asked) =>
    asked.path.startsWith("/v1/chat")
      ? Response.json({ error: { type: SERVICE_TOKEN, message: `${SERVICE_TOKEN} ${USER}` } }, { status: 418 })
      : undefined;
  const { report, calls } = await checked({ bend: echo });
  for (const secret of [SERVICE_TOKEN, USER, GATEWAY_TOKEN]) expect(JSON.stringify(report)).not.toContain(secret);
  const probes = calls.filter(({ path }) => path.endsWith("z"));
  expect(probes.map(({ headers }) => [headers.get("x-clawedge-user"), headers.get("cf-access-client-secret")])).toEqual(
    probes.map(() => [USER, null]),
  );
});

describe("verdicts", () => {
  const refused = (reason: string) => ({ name: "sales", verdict: "refused", reason });
  const OWNER = "the gateway gives the operator's own authority, whatever scopes are asked for";
  const cases: readonly (readonly [string, Setting, object, boolean])[] = [
    ["a gateway without a role is a warning", { traits: { role: undefined } }, OK, true],
    ["scopes that are ignored", { ...AS_OWNER, secrets: OWNER_SECRETS }, refused(OWNER), false],
    [
      "scopes that are ignored, and accepted",
      { traits: { mode: "token" }, instance: { chat: {}, secrets: { gateway: "GATEWAY" } }, pools: ACCEPTING },
      { name: "sales", verdict: "accepted", reason: OWNER },
      true,
    ],
    ["an agent with tools", { traits: WITH_TOOLS }, refused("the agent sales-public has tools"), false],
    [
      "an agent with tools, and accepted",
      { traits: WITH_TOOLS, pools: ACCEPTING },
      { name: "sales", verdict: "accepted", reason: "the agent sales-public has tools" },
      true,
    ],
    ["accepting what needs not be accepted", { pools: ACCEPTING }, OK, true],
    ["no turn", { request: { takesTurns: false } }, refused("not proven: tools: no turn was taken"), false],
    ["no such agent", { traits: { agents: { main: [] } } }, refused("not proven: tools: the gateway has no agent sales-public"), false],
    ["a gateway in token mode", { traits: { mode: "token" } }, refused("not proven: /v1: http 401"), false],
    ["/v1 off", { traits: { hasChat: false } }, refused("not proven: /v1: http 404"), false],
    ["a secret that is not set", { secrets: {} }, refused("not proven: /v1: the variable ACCESS_SECRET is not set"), false],
    [
      "an address the edge does not call",
      { instance: { url: "ftp://127.0.0.1" } },
      refused("not proven: url: the edge does not call ftp://127.0.0.1: scheme ftp:"),
      false,
    ],
    [
      "a cap on the wrong agents",
      { traits: { role: { scopes: ["operator.write"], agents: ["main"] } } },
      refused("not proven: tools: the gateway's role does not allow the edge sales-public"),
      false,
    ],
  ];
  it.each(cases)("%s", async (_name, setting, verdict, isOk) => {
    const { report } = await checked(setting);
    expect([report.pools, report.ok]).toEqual([[verdict], isOk]);
    for (const line of report.checks.filter(({ status }) => status !== "ok")) expect(line.fix, line.check).toMatch(/\w{3,}.*\.$/);
  });

  it("each pool has its own: one accepts, the other is refused, and the gateway's own line stays a failure", async () => {
    const pools = { vip: { ...SALES, acceptsOperatorAuthority: true } };
    const rules = [{ name: "vip", when: { keywords: ["vip"] }, pool: "vip" }];
    const { report } = await checked({ ...AS_OWNER, secrets: OWNER_SECRETS, pools, rules });
    expect(report.pools.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["sales", "refused"],
      ["vip", "accepted"],
    ]);
    expect(report.checks.find(({ check }) => check === "scopes")?.status).toBe("fail");
  });

  it("a pool that nobody asks over /v1 has none", async () => {
    const { report } = await checked({ pools: { support: { instances: ["us-1"], channels: ["telegram"] } } });
    expect(report.pools).toEqual([OK]);
  });
});

const at =
  (path: string, answer: (asked: { readonly scopes: string | null; readonly isTurn: boolean }) => Response | undefined): Bend =>
  (asked) =>
    asked.path === path ? answer({ scopes: asked.headers.get("x-openclaw-scopes"), isTurn: isTurn(asked) }) : undefined;
const status = (code: number) => new Response(null, { status: code });
const typed = (code: number, type: string) => Response.json({ error: { type, message: "no" } }, { status: code });
const OTHER = typed(403, "somebody-else");

describe("/v1 says no, and the line says what to do", () => {
  it.each([
    [200, "chatCompletions.enabled", () => new Response("<!doctype html>")],
    [404, "chatCompletions.enabled", () => status(404)],
    [401, "trusted-proxy", () => typed(401, "unauthorized")],
    [403, "gateway.trustedProxies", () => typed(403, "proxy_attribution_required")],
    [403, "chat.scopes", () => Response.json({ error: { type: "forbidden", details: { code: "MISSING_SCOPE" } } }, { status: 403 })],
    [403, "chat.headers", () => status(403)],
    [302, "chat.headers", () => status(302)],
    [503, "wait", () => status(503)],
    [500, "health", () => status(500)],
  ])("http %i: %s", async (_status, fix, answer) => {
    const line = await lineOf("/v1", { bend: at("/v1/models", answer) });
    expect(line).toMatchObject({ status: "fail", fix: expect.stringContaining(fix) });
  });

  it("a token that is not accepted is told with the variable's name", async () => {
    const setting = { traits: { mode: "token" }, instance: { chat: {}, secrets: { gateway: "GATEWAY" } }, pools: ACCEPTING } as const;
    const line = await lineOf("/v1", { ...setting, secrets: { GATEWAY: "another-token" } });
    expect(line).toMatchObject({ status: "fail", fix: expect.stringContaining("Make GATEWAY equal") });
  });

  it("nothing more is asked of it", async () => {
    const { calls } = await checked({ bend: at("/v1/models", () => status(401)) });
    expect(calls.filter(({ path }) => path.startsWith("/v1")).map(({ path }) => path)).toEqual(["/v1/models"]);
  });
});

describe("what is asked of a gateway, one answer bent", () => {
  const CHAT = "/v1/chat/completions";
  const ROLES =
    '{"default":"edge","definitions":{"edge":{"sessions":{"others":"write"},"agents":["sales-public"],"scopes":["operator.write"]}}}';
  const noRole = { role: undefined };
  const cases: readonly (readonly [string, string, string, Setting])[] = [
    ["scopes", "unknown", "in its place", { bend: at("/v1/models", ({ scopes }) => (scopes === "clawedge.none" ? OTHER : undefined)) }],
    ["cap on scopes", "warn", ROLES, { traits: noRole }],
    ["cap on scopes", "unknown", ROLES, { bend: at(CHAT, ({ scopes }) => (scopes === "operator.admin" ? OTHER : undefined)) }],
    ["cap on agents", "warn", ROLES, { traits: noRole }],
    [
      "cap on agents",
      "warn",
      ROLES,
      { traits: { role: { scopes: ["operator.write"], agents: ["sales-public", "ops"] }, agents: { ...RECOMMENDED.agents, ops: [] } } },
    ],
    ["cap on agents", "unknown", ROLES, { bend: at(CHAT, () => status(502)) }],
    ["/v1/responses", "warn", "responses.enabled", { traits: { hasResponses: false } }],
    ["/v1/responses", "unknown", "responses.enabled", { bend: at("/v1/responses", () => status(502)) }],
    ["pool sales: agent", "fail", "agents.entries", { traits: { agents: { main: [] } } }],
    ["pool sales: agent", "fail", "gateway.roles", { traits: { role: { scopes: ["operator.write"], agents: ["main"] } } }],
    ["pool sales: agent", "unknown", "/v1/models", { bend: at("/v1/models/openclaw%2Fsales-public", () => status(404)) }],
    ["pool sales: tools", "fail", '{"deny":["*"]}', { traits: WITH_TOOLS }],
    ["pool sales: tools", "unknown", "model", { bend: at(CHAT, (asked) => (asked.isTurn ? typed(502, "api_error") : undefined)) }],
    ["pool sales: tools", "unknown", "model", { bend: at(CHAT, (asked) => (asked.isTurn ? Response.json({}) : undefined)) }],
    [
      "pool sales: tools",
      "unknown",
      "agent",
      { bend: at(CHAT, (asked) => (asked.isTurn ? typed(400, "invalid_request_error") : undefined)) },
    ],
    ["pool sales: tools", "unknown", "--no-turn", { request: { takesTurns: false } }],
  ];
  it.each(cases)("%s: %s, %s", async (name, expected, fix, setting) => {
    expect(await lineOf(name, setting)).toMatchObject({ status: expected, fix: expect.stringContaining(fix) });
  });

  it("a gateway with no other agent needs no cap on agents", async () => {
    const traits = { role: undefined, agents: { "sales-public": [] } };
    expect(await lineOf("cap on agents", { traits })).toMatchObject({ status: "ok" });
  });

  it("without an agent in the pool the default one is tried, under a bare key", async () => {
    const pools = { sales: { instances: ["us-1"], acceptsOperatorAuthority: true } };
    const traits = { role: undefined, agents: { default: [] } };
    const { report, calls } = await checked({ pools, traits });
    expect(report.pools).toEqual([{ ...OK, reason: "scopes are honoured, and the default agent has no tools" }]);
    expect(calls.find(isTurn)?.headers.get("x-openclaw-session-key")).toBe("clawedge:check:00f067aa0ba902b7");
    expect(report.checks.map(({ check }) => check)).not.toContain("cap on agents");
  });

  it("--no-turn starts none", async () => {
    expect((await checked({ request: { takesTurns: false } })).calls.filter(isTurn)).toEqual([]);
  });
});

describe("settings, where the gateway lets them be read", () => {
  const admin = { adminRpc: true };
  const DENY = { "Sales-Public": { tools: { profile: "minimal", deny: ["*"] } } };
  it("a deny of everything is told beside what the turn has shown, and proves it where no turn was taken", async () => {
    const { report, calls } = await checked({ instance: admin, entries: DENY, request: { takesTurns: false } });
    expect(report.checks.find(({ check }) => check === "pool sales: tools in settings")).toMatchObject({ status: "ok" });
    expect([report.pools, report.ok]).toEqual([[OK], true]);
    const reader = calls.find(({ path }) => path === "/api/v1/admin/rpc")?.headers;
    expect([reader?.get("x-clawedge-user"), reader?.get("x-openclaw-scopes")]).toEqual([USER, "operator.write"]);
  });

  it.each([[{}], [{ "sales-public": {} }], [{ "sales-public": { tools: { deny: ["exec", "group:fs"] } } }]])(
    "%j is a warning",
    async (entries) => {
      expect(await lineOf("pool sales: tools in settings", { instance: admin, entries })).toMatchObject({ status: "warn" });
    },
  );

  it("what a turn has shown counts for more", async () => {
    const { report } = await checked({ instance: admin, entries: DENY, traits: WITH_TOOLS });
    expect(report.pools).toMatchObject([{ verdict: "refused" }]);
  });
});

it("the agent of every tier has to prove as little as the pool's own", async () => {
  const agents = { ...RECOMMENDED.agents, "sales-deep": ["tool_search"] };
  const role = { scopes: ["operator.write"], agents: ["sales-public", "sales-deep"] };
  const pools = { sales: { ...SALES, tiers: { complex: "sales-deep" } } };
  const { report } = await checked({ traits: { agents, role }, pools });
  expect(report.checks.flatMap(({ check, status }) => (check.endsWith(": tools") ? [[check, status]] : []))).toEqual([
    ["pool sales: tools", "ok"],
    ["pool sales, sales-deep: tools", "fail"],
  ]);
  expect(report.pools.map(({ name, verdict }) => [name, verdict])).toEqual([
    ["sales", "ok"],
    ["sales, sales-deep", "refused"],
  ]);
});
