import { reset } from "cloudflare:test";
import { afterEach, expect, it } from "vitest";
import { forget } from "../../../durable-objects/config/memory.ts";
import { badText, goodText } from "../../durable-objects/config/documents.ts";
import { admin, env, send, TOKEN } from "./support.ts";

afterEach(async () => {
  await reset();
  forget(env.ROUTES);
});

it("a push is in force at once, with who pushed it, and says which variables are missing", async () => {
  const pushed = await admin("POST", "/admin/routes", goodText());
  expect(pushed).toMatchObject({ status: 200, body: { status: "accepted", number: 1, warnings: [] } });
  expect(pushed.body.unset).toContainEqual({ path: "instances.eu-1.native.telegram:support.secret", variable: "EU_TG_SECRET" });
  const shown = await admin("GET", "/admin/routes");
  expect(shown.body).toMatchObject({ number: 1, document: { number: 1, source: "push", by: "anna" }, text: goodText() });
});

it("before the first document the status says what to do, and everything that routes is 503", async () => {
  const shown = await admin("GET", "/admin/routes");
  expect(shown).toMatchObject({ status: 200, body: { text: null } });
  expect(shown.body.missing).toContain("push one");
  for (const path of ["/admin/accounts", "/admin/instances", "/admin/dead", "/admin/conversations/telegram%3Asupport%2Fchat%2F7"]) {
    expect(await admin("GET", path)).toMatchObject({ status: 503, body: { error: { code: "no-routes" } } });
  }
});

it("a bad document is 422 with every path, and the one before stays", async () => {
  await admin("POST", "/admin/routes", goodText());
  const refused = await admin("POST", "/admin/routes", badText);
  expect(refused).toMatchObject({ status: 422, body: { error: { code: "invalid-routes" } } });
  expect(refused.body.issues).toContainEqual(expect.objectContaining({ level: "error", path: "pools.support.instances[0]" }));
  const shown = await admin("GET", "/admin/routes");
  expect(shown.body).toMatchObject({ number: 1, lastRejected: { source: "push", by: "anna" } });
});

it("validating changes nothing, whatever the verdict", async () => {
  expect(await admin("POST", "/admin/routes/validate", goodText())).toMatchObject({ status: 200, body: { valid: true } });
  expect((await admin("POST", "/admin/routes/validate", badText)).status).toBe(422);
  const shown = await admin("GET", "/admin/routes");
  expect([shown.body.number, shown.body.lastRejected]).toEqual([undefined, undefined]);
});

it("a rollback brings an older text back under a new number", async () => {
  await admin("POST", "/admin/routes", goodText("one"));
  await admin("POST", "/admin/routes", goodText("two"));
  expect(await admin("POST", "/admin/routes/rollback", { number: 1 })).toMatchObject({
    status: 200,
    body: { status: "accepted", number: 3 },
  });
  expect((await admin("GET", "/admin/routes")).body.text).toBe(goodText("one"));
  const { history } = (await admin("GET", "/admin/routes/history")).body;
  expect(history.map((facts: { number: number; restoredFrom?: number }) => [facts.number, facts.restoredFrom])).toEqual([
    [3, 1],
    [2, undefined],
    [1, undefined],
  ]);
});

it("an unknown number is 404 and names the kept ones", async () => {
  await admin("POST", "/admin/routes", goodText());
  expect(await admin("POST", "/admin/routes/rollback", { number: 9 })).toMatchObject({
    status: 404,
    body: { error: { code: "unknown-number", message: expect.stringContaining("Kept: 1.") }, kept: [1] },
  });
});

it.each([
  ["not JSON", "{"],
  ["no number", "{}"],
  ["a text for a number", '{"number":"1"}'],
  ["a member that is not there", '{"number":1,"force":true}'],
])("a rollback with %s is 400", async (_name, body) => {
  expect((await admin("POST", "/admin/routes/rollback", body)).status).toBe(400);
});

it("a body that is too large is given up while reading", async () => {
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(256 * 1024).fill(32)),
  });
  const init = { method: "POST", body, duplex: "half", headers: { authorization: `Bearer ${TOKEN}` } } as RequestInit;
  expect((await send("/admin/routes", init)).status).toBe(413);
});

it("a document that is not UTF-8 is 400", async () => {
  const init = { method: "POST", body: new Uint8Array([0xff, 0xfe, 0x7b]), headers: { authorization: `Bearer ${TOKEN}` } };
  expect((await send("/admin/routes", init)).status).toBe(400);
});
