/** The webhook of a channel whose verify token an operator must type: shown with every answer, and never written to the log. */
import { reset } from "cloudflare:test";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { forget } from "../../../durable-objects/config/memory.ts";
import { admin, env, send } from "./support.ts";

const ACCOUNT = "whatsapp:sales";
const PATH = `/admin/accounts/${encodeURIComponent(ACCOUNT)}/webhook`;
const OURS = "https://edge.test/webhooks/whatsapp/sales";
const THEIRS = "https://somebody.else/hook";
const NUMBER = "106540352242922";
const secrets = { WA_APP: "app-secret-0123456789", WA_VERIFY: "typed-by-hand-0123456789", WA_TOKEN: "EAAG-token-0123456789" };
const byHand = {
  callbackUrl: OURS,
  verifyToken: secrets.WA_VERIFY,
  verifyVariable: "WA_VERIFY",
  enterAt: expect.stringContaining("Configuration"),
};

const document = (account: object = {}): string =>
  JSON.stringify({
    accounts: {
      [ACCOUNT]: { pool: "sales", phoneNumberId: NUMBER, secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" }, ...account },
    },
    instances: { "us-1": { url: "http://127.0.0.1:18789" }, "us-2": { url: "http://127.0.0.1:18790" } },
    pools: { sales: { instances: ["us-1"], agent: "sales-public" }, other: { instances: ["us-2"], channels: ["telegram"] } },
  });

/** Meta's side of it: what a number has, or how it refuses. */
function fakeGraph(answer: (request: Request, body: string) => Response | Promise<Response>): Request[] {
  const calls: Request[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input as RequestInfo, init as RequestInit);
    if (new URL(request.url).origin !== "https://graph.test") throw new Error(`nobody expected a call to ${request.url}`);
    calls.push(request);
    return answer(request, await request.clone().text());
  });
  return calls;
}

const refusing = (code: number, status: number, subcode?: number) =>
  fakeGraph(() => Response.json({ error: { message: `(#${code}) no`, code, error_subcode: subcode } }, { status }));

beforeEach(async () => {
  Object.assign(env, secrets);
  expect((await admin("POST", "/admin/routes", document())).status).toBe(200);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await reset();
  forget(env.ROUTES);
});

it("shows the callback that decides, what it should be, and what to type", async () => {
  const calls = fakeGraph(() => Response.json({ id: NUMBER, webhook_configuration: { application: THEIRS } }));
  const { status, body } = await admin("GET", PATH);
  expect([status, body]).toEqual([
    200,
    expect.objectContaining({ account: ACCOUNT, ...byHand, differences: [{ field: "callback_url", expected: OURS, actual: THEIRS }] }),
  ]);
  expect(calls.map((call) => [call.method, new URL(call.url).pathname])).toEqual([["GET", `/v23.0/${NUMBER}`]]);
});

it("sets the number's own callback, and reads it back", async () => {
  let own: string | undefined;
  fakeGraph((request, text) => {
    if (request.method === "POST") own = JSON.parse(text).webhook_configuration.override_callback_uri;
    return Response.json(
      request.method === "POST" ? { success: true } : { webhook_configuration: { phone_number: own, application: THEIRS } },
    );
  });
  const { status, body } = await admin("POST", PATH);
  expect([status, body.before.actual.fields.callback_url, body.after.actual.fields.callback_url, body.after.differences]).toEqual([
    200,
    THEIRS,
    OURS,
    [],
  ]);
  expect(body).toMatchObject(byHand);
});

it.each([
  ["permission", 10, 403, undefined],
  ["a permission of the business", 200, 403, undefined],
  ["a token that has expired", 190, 401, undefined],
  ["a number it may not see", 100, 400, 33],
])("a token without %s is told as such, with what to type", async (_what, code, status, subcode) => {
  refusing(code, status, subcode);
  for (const method of ["GET", "POST"]) {
    const told = await admin(method, PATH);
    expect(told).toMatchObject({ status: 502, body: { error: { code: "platform-forbidden" }, account: ACCOUNT, ...byHand } });
    expect(told.body.error.message).toContain("WA_TOKEN");
    expect(JSON.stringify(told.body)).not.toContain(secrets.WA_TOKEN);
  }
});

it("any other refusal is told in the platform's words", async () => {
  refusing(2200, 400);
  expect((await admin("GET", PATH)).body).toMatchObject({
    error: { code: "platform-refused", message: expect.stringContaining("2200") },
    ...byHand,
  });
});

it("a platform that is not reached, and a token that is not set, are no reason not to say what to type", async () => {
  fakeGraph(() => Promise.reject(new Error("down")));
  expect(await admin("GET", PATH)).toMatchObject({ status: 502, body: { error: { code: "platform-unreached" }, ...byHand } });
  await admin("POST", "/admin/routes", document({ secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_NOT_SET" } }));
  expect(await admin("GET", PATH)).toMatchObject({ status: 409, body: { error: { code: "unconfigured" }, ...byHand } });
});

it("a verify token that is not set is named by its variable", async () => {
  fakeGraph(() => Response.json({ webhook_configuration: {} }));
  await admin("POST", "/admin/routes", document({ secrets: { app: "WA_APP", verify: "WA_NOT_SET", token: "WA_TOKEN" } }));
  expect((await admin("GET", PATH)).body).toMatchObject({ callbackUrl: OURS, verifyToken: null, verifyVariable: "WA_NOT_SET" });
});

it("the verify token is for the admin's bearer alone, and no line of the log has it", async () => {
  const log = vi.spyOn(console, "log");
  fakeGraph(() => Response.json({ webhook_configuration: {} }));
  const refused = await send(PATH, { headers: { authorization: "Bearer wrong" } });
  expect([refused.status, await refused.text()]).toEqual([401, ""]);
  await admin("GET", PATH);
  await admin("POST", PATH);
  const lines = log.mock.calls.map((line) => line.join(" "));
  expect(lines.some((line) => line.includes("admin.webhook-set"))).toBe(true);
  for (const line of lines) for (const secret of Object.values(secrets)) expect(line).not.toContain(secret);
});

it("it is asked over chat where its messages can be sent to, and has no egress address", async () => {
  expect((await admin("GET", "/admin/accounts")).body.accounts[0].instances).toEqual([{ name: "us-1", link: "chat", apiRoot: null }]);
  expect((await admin("GET", "/admin/instances/us-2")).body.links).toEqual([]);
  const token = await admin("POST", "/admin/tokens", { account: ACCOUNT, instance: "us-1" });
  expect([token.status, token.body.error.message]).toEqual([409, expect.stringContaining("do not call through the edge")]);
});
