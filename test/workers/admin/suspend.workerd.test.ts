import { reset } from "cloudflare:test";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { forget } from "../../../durable-objects/config/memory.ts";
import { goodText } from "../../durable-objects/config/documents.ts";
import { admin, env } from "./support.ts";

const { origin, token } = inject("suspending");

/** `eu-1` can be suspended; `eu-2` is a gateway whose document says nothing of admin RPC. The variable holds the gateway's token. */
function document(instance: object): string {
  const good = JSON.parse(goodText());
  const eu1 = { ...good.instances["eu-1"], url: origin, adminRpc: true, secrets: { gateway: "LISTENER_SECRET" }, ...instance };
  return JSON.stringify({ ...good, instances: { ...good.instances, "eu-1": eu1 } });
}

const push = async (instance: object = {}) => expect((await admin("POST", "/admin/routes", document(instance))).status).toBe(200);
const ask = async (name: string, verb: string) => (await admin("POST", `/admin/instances/${name}/${verb}`)).body;

beforeEach(() => push());
afterEach(async () => {
  await reset();
  forget(env.ROUTES);
});

it("a gateway is suspended, renewed and let go on, and its token is in no answer", async () => {
  const first = await ask("eu-1", "suspend");
  expect(first).toEqual({
    ...{ instance: "eu-1", status: "ready", activeCount: 0, blockers: [] },
    suspensionId: expect.any(String),
    expiresAtMs: expect.any(Number),
  });
  expect(await ask("eu-1", "suspend")).toMatchObject({ status: "ready", suspensionId: first.suspensionId });
  const resumed = await ask("eu-1", "resume");
  expect(resumed).toEqual({ instance: "eu-1", status: "running", resumed: true });
  expect(await ask("eu-1", "resume")).toEqual({ instance: "eu-1", status: "running", resumed: false });
  expect(JSON.stringify([first, resumed])).not.toContain(token);
});

it.each(["suspend", "resume"])("%s asks nobody without admin RPC, and says so", async (verb) => {
  expect(await ask("eu-2", verb)).toEqual({ instance: "eu-2", status: "unsupported", detail: "adminRpc is not set for it" });
});

it.each([
  ["a token it does not know", { secrets: { gateway: "TG_TOKEN" } }, { status: "forbidden", detail: "http 401" }],
  ["nobody there", { url: inject("answering").refused }, { status: "unreachable" }],
  ["no such path", { url: inject("answering").origin }, { status: "unsupported", detail: "http 404" }],
])("%s", async (_, instance, expected) => {
  await push(instance);
  expect(await ask("eu-1", "suspend")).toMatchObject(expected);
  expect(await ask("eu-1", "resume")).toMatchObject(expected);
});

it("an instance that nobody knows is not suspended", async () => {
  expect(await admin("POST", "/admin/instances/eu-9/suspend")).toMatchObject({
    status: 404,
    body: { error: { code: "unknown-instance" } },
  });
});

it("a drain can say that it will end; who looks is told, and taking the instance back ends both", async () => {
  expect((await admin("POST", "/admin/instances/eu-1/drain", { returning: true })).body).toMatchObject({ changed: true });
  expect((await admin("GET", "/admin/instances/eu-1")).body).toMatchObject({ isDrainListed: true, isReturning: true, hasAdminRpc: true });
  expect((await admin("GET", "/admin/routes")).body).toMatchObject({ draining: ["eu-1"], returning: ["eu-1"] });
  expect((await admin("POST", "/admin/instances/eu-1/drain")).body).toMatchObject({ changed: true });
  expect((await admin("GET", "/admin/instances/eu-1")).body).toMatchObject({ isDrainListed: true, isReturning: false });
  const back = (await admin("POST", "/admin/instances/eu-1/undrain")).body;
  expect([back.changed, back.knownAtMs > Date.now()]).toEqual([true, true]);
  expect((await admin("GET", "/admin/routes")).body).toMatchObject({ draining: [], returning: [] });
});

it.each([{ returning: "soon" }, { retuning: true }])("a drain with %j, which it does not know, changes nothing", async (body) => {
  expect(await admin("POST", "/admin/instances/eu-1/drain", body)).toMatchObject({
    status: 400,
    body: { error: { code: "bad-input" } },
  });
  expect((await admin("GET", "/admin/routes")).body).toMatchObject({ draining: [] });
});
