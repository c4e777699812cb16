/** `/admin/canaries` as an operator sees it: what cannot be tried out is refused with the reason, and an end is one. */
import { beforeAll, expect, inject, it } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import { readMetrics } from "../../../workers/ops/metrics.ts";
import { admin, env } from "./support.ts";

// A listener that answers probes: one that is out would end its canary.
const native = { "telegram:support": { url: `${inject("answering").origin}/telegram-webhook`, secret: "LISTENER_SECRET" } };
const document = {
  accounts: {
    "telegram:support": { pool: "support", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } },
    "whatsapp:sales": {
      ...{ pool: "sales", phoneNumberId: "15550001", secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" } },
    },
  },
  instances: {
    "eu-1": { native },
    "eu-2": { native },
    unlinked: { url: "http://127.0.0.1:9" },
    asked: { url: "http://127.0.0.1:9" },
    powerful: { url: "http://127.0.0.1:9", chat: { auth: "token" }, secrets: { gateway: "GATEWAY_TOKEN" } },
  },
  pools: { support: { instances: ["eu-1"] }, sales: { instances: ["asked"], agent: "front" } },
};

beforeAll(async () => {
  const pushed = await admin("POST", "/admin/routes", JSON.stringify(document));
  expect(pushed.body).toMatchObject({ status: "accepted" });
});

const start = (asked: object) => admin("POST", "/admin/canaries", asked);

it.each([
  [{ pool: "gone", instance: "eu-2" }, 404, "unknown-pool", /gone/],
  [{ pool: "__proto__", instance: "eu-2" }, 404, "unknown-pool", /__proto__/],
  [{ pool: "support", instance: "gone" }, 404, "unknown-instance", /gone/],
  [{ pool: "support", instance: "eu-1" }, 409, "no-canary", /no other instance/],
  [{ pool: "support", instance: "unlinked" }, 409, "no-canary", /no link for telegram:support/],
  [{ pool: "sales", instance: "powerful" }, 409, "no-canary", /break the document: instances\.powerful/],
  [{ pool: "support", instance: "eu-2", percentage: 51 }, 400, "bad-input", /percentage/],
  [{ pool: "support", instance: "eu-2", durationMs: 1 }, 400, "bad-input", /durationMs/],
] as const)("%j is refused", async (asked, status, code, message) => {
  const refused = await start(asked);
  expect([refused.status, refused.body.error.code]).toEqual([status, code]);
  expect(refused.body.error.message).toMatch(message);
});

it("started, shown with both groups' figures, rolled back and cleared; metrics only while it runs", async () => {
  const series = async () => Object.keys(await readMetrics(env)).filter((name) => name.startsWith("clawedge_canary_"));
  expect(await series()).toEqual([]);
  const started = await start({ pool: "support", instance: "eu-2" });
  expect(started.body).toMatchObject({ changed: true, canary: { phase: "running", percentage: 5 } });
  const none = { handed: 0, errors: 0, answered: 0, p95Ms: 0, answerP95Ms: 0 };
  const shown = await admin("GET", "/admin/canaries");
  expect(shown.body.canaries).toEqual([{ ...started.body.canary, figures: { canary: none, rest: none } }]);
  expect((await series()).length).toBe(10);
  expect((await start({ pool: "support", instance: "eu-2" })).body.error.code).toBe("canary-stands");
  expect((await admin("POST", "/admin/canaries/support/clear")).body.error.code).toBe("canary-stands");
  expect((await admin("POST", "/admin/canaries/support/rollback")).body).toMatchObject({ changed: true, canary: { phase: "rolled-back" } });
  expect((await admin("POST", "/admin/canaries/support/rollback")).body).toMatchObject({ changed: false });
  expect(await series()).toEqual([]);
  expect((await admin("POST", "/admin/canaries/support/clear")).body).toMatchObject({ changed: true, canary: null });
  expect((await admin("POST", "/admin/canaries/support/promote")).body.error.code).toBe("no-canary");
});

it("a promoted one is forgotten with the next document that lists it", async () => {
  await start({ pool: "support", instance: "eu-2" });
  expect((await admin("POST", "/admin/canaries/support/promote")).body.canary.phase).toBe("promoted");
  const listed = { ...document, pools: { ...document.pools, support: { instances: ["eu-1", "eu-2"] } } };
  await admin("POST", "/admin/routes", JSON.stringify(listed));
  expect((await configOf(env).status()).canaries).toEqual([]);
});

it("a document that its pool could not list it in is refused, while it runs and when it was promoted", async () => {
  const two = { url: "http://127.0.0.1:9" };
  const withTwo = (more: object, members: readonly string[] = ["asked"]) =>
    JSON.stringify({
      ...{ ...document, instances: { ...document.instances, two: { ...two, ...more } } },
      pools: { ...document.pools, sales: { instances: members, agent: "front" } },
    });
  const powerful = { chat: { auth: "token" }, secrets: { gateway: "GATEWAY_TOKEN" } };
  const push = async (text: string) => (await admin("POST", "/admin/routes", text)).body;
  expect(await push(withTwo({}))).toMatchObject({ status: "accepted" });
  const listed = await push(withTwo(powerful, ["asked", "two"]));
  const [issue] = listed.issues;
  const withCanary = (phase: string) => [{ ...issue, message: `with the ${phase} canary two in sales: ${issue.message}` }];

  await start({ pool: "sales", instance: "two" });
  expect(await push(withTwo(powerful))).toMatchObject({ issues: withCanary("running") });
  await admin("POST", "/admin/canaries/sales/promote");
  expect(await push(withTwo(powerful))).toMatchObject({ issues: withCanary("promoted") });
  expect(await push(withTwo({ region: "weur" }))).toMatchObject({ status: "accepted" });
  await admin("POST", "/admin/canaries/sales/rollback");
  expect(await push(withTwo(powerful))).toMatchObject({ status: "accepted" });
  await admin("POST", "/admin/canaries/sales/clear");
});

it("a running one is in the way of another start, and not to be forgotten: it is ended first", async () => {
  await start({ pool: "support", instance: "eu-2" });
  const refused = [await start({ pool: "support", instance: "eu-2" }), await admin("POST", "/admin/canaries/support/clear")];
  for (const { status, body } of refused) {
    expect([status, body.error.code]).toEqual([409, "canary-stands"]);
    expect(body.error.message).toBe("eu-2 is running in support. End it first: clawedge canary rollback support, or promote");
  }
});

it("another one is not started where that would bring a rolled-back one back: clear it first", async () => {
  const listed = { ...document, pools: { ...document.pools, support: { instances: ["eu-1", "eu-2"] } } };
  const third = { ...listed, instances: { ...listed.instances, "eu-3": { native } } };
  await admin("POST", "/admin/routes", JSON.stringify(third));
  await start({ pool: "support", instance: "eu-2" });
  await admin("POST", "/admin/canaries/support/rollback");
  const refused = await start({ pool: "support", instance: "eu-3" });
  expect([refused.status, refused.body.error.code]).toEqual([409, "canary-stands"]);
  expect(refused.body.error.message).toContain("clawedge canary clear support");
  await admin("POST", "/admin/canaries/support/clear");
  expect((await start({ pool: "support", instance: "eu-3" })).body).toMatchObject({ changed: true });
});
