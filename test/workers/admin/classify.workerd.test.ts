/** Pushing a document with the model of its intents, and asking the edge what it makes of messages. */
import { reset } from "cloudflare:test";
import { afterEach, expect, it, vi } from "vitest";
import { setIn } from "../../../durable-objects/config/judge.ts";
import { forget } from "../../../durable-objects/config/memory.ts";
import { openArtefact } from "../../../src/classify/intents/artefact.ts";
import { train } from "../../../src/classify/intents/train.ts";
import { goodText, intentsText } from "../../durable-objects/config/documents.ts";
import { type Answered, admin, env, send, TOKEN } from "./support.ts";

afterEach(async () => {
  await reset();
  forget(env.ROUTES);
});

const artefactOf = (text: string): Uint8Array => train(setIn(text));

function formOf(parts: Readonly<Record<string, string | Uint8Array>>): FormData {
  const form = new FormData();
  for (const [name, part] of Object.entries(parts)) form.append(name, typeof part === "string" ? part : new Blob([part]));
  return form;
}

async function pushForm(body: FormData | string, type?: string): Promise<Answered> {
  const headers = { authorization: `Bearer ${TOKEN}`, "x-clawedge-operator": "anna", ...(type && { "content-type": type }) };
  const response = await send("/admin/routes", { method: "POST", body, headers });
  return { status: response.status, body: await response.json() };
}

const pushed = () => pushForm(formOf({ routes: intentsText(), model: artefactOf(intentsText()) }));

const REFUND = "please refund my order";
const model = () => {
  const opened = openArtefact(artefactOf(intentsText()));
  if (!opened.ok) throw new Error(opened.problem);
  return opened.value;
};

it("a push with its artefact is in force at once, and classify answers with it", async () => {
  expect(await pushed()).toMatchObject({ status: 200, body: { status: "accepted", number: 1 } });
  const { intent, best, ...detail } = model().detail(REFUND);
  expect(best).toBe("refund");
  expect(await admin("POST", "/admin/classify", { text: REFUND })).toEqual({
    status: 200,
    body: { number: 1, ...detail, best, intent: intent ?? null, complexity: "simple" },
  });
  expect((await admin("GET", "/admin/routes")).body).toMatchObject({ number: 1, document: { by: "anna", model: expect.any(String) } });
});

it("a document may be a file of the form, as curl sends it", async () => {
  const routes = new TextEncoder().encode(intentsText());
  expect(await pushForm(formOf({ routes, model: artefactOf(intentsText()) }))).toMatchObject({ status: 200 });
});

it("a batch is answered in its order, with what a message alone is told", async () => {
  await pushed();
  const texts = [REFUND, "what does it cost", "", "😀", "x".repeat(100_000), "\ud800 \u202e"];
  const { status, body } = await admin("POST", "/admin/classify", { texts });
  expect(status).toBe(200);
  expect(body.number).toBe(1);
  expect(body.verdicts.map(({ best }: { readonly best: string | null }) => best).slice(0, 3)).toEqual(["refund", "pricing", null]);
  for (const [index, text] of texts.entries()) {
    const { intent, best, confidence, complexity } = (await admin("POST", "/admin/classify", { text })).body;
    expect(body.verdicts[index]).toEqual({ intent, best, confidence, complexity });
  }
});

it("a document without intents has none for any message, and its shape is told all the same", async () => {
  await admin("POST", "/admin/routes", goodText());
  expect(await admin("POST", "/admin/classify", { text: REFUND })).toEqual({
    status: 200,
    body: { number: 1, intent: null, best: null, confidence: 0, complexity: "simple" },
  });
});

it("before the first document it is 503", async () => {
  expect(await admin("POST", "/admin/classify", { text: REFUND })).toMatchObject({ status: 503, body: { error: { code: "no-routes" } } });
});

it.each([
  ["nothing", {}],
  ["both", { text: "a", texts: ["b"] }],
  ["a number", { text: 1 }],
  ["too many", { texts: Array.from({ length: 1001 }, () => "a") }],
])("asked with %s it is 400", async (_what, body) => {
  await admin("POST", "/admin/routes", goodText());
  const message = expect.stringContaining("give text, or texts with up to 1000");
  expect(await admin("POST", "/admin/classify", body)).toMatchObject({ status: 400, body: { error: { code: "bad-input", message } } });
});

it("nobody without the token is told anything", async () => {
  expect((await send("/admin/classify", { method: "POST", body: JSON.stringify({ text: REFUND }) })).status).toBe(401);
});

it("a push without an artefact is 202 and comes into force by itself", async () => {
  const answer = await admin("POST", "/admin/routes", intentsText());
  expect(answer).toMatchObject({ status: 202, body: { status: "training", sinceMs: expect.any(Number) } });
  await vi.waitFor(
    async () => {
      const { body } = await admin("GET", "/admin/routes");
      expect(body).toMatchObject({ number: 1, document: { source: "push", by: "anna" }, text: intentsText() });
      expect(body.training).toBeUndefined();
    },
    { timeout: 15_000, interval: 50 },
  );
  await vi.waitFor(async () => expect((await admin("POST", "/admin/classify", { text: REFUND })).body).toMatchObject({ best: "refund" }), {
    timeout: 15_000,
    interval: 50,
  });
});

it.each([
  ["truncated", () => artefactOf(intentsText()).slice(0, 400)],
  ["of a document with other intents", () => artefactOf(intentsText().replaceAll("pricing", "prices"))],
])("an artefact that is %s is 422, and the document before stays with its model", async (_what, artefact) => {
  await pushed();
  const refused = await pushForm(formOf({ routes: intentsText("cash"), model: artefact() }));
  expect(refused).toMatchObject({
    status: 422,
    body: { error: { code: "invalid-routes" }, issues: [{ level: "error", path: "intents" }] },
  });
  expect((await admin("POST", "/admin/classify", { text: REFUND })).body).toMatchObject({ number: 1, best: "refund" });
});

it.each([
  ["without a model", () => pushForm(formOf({ routes: intentsText() })), 400, "bad-form"],
  ["without a document", () => pushForm(formOf({ model: new Uint8Array(4) })), 400, "bad-form"],
  [
    "whose document is not UTF-8",
    () => pushForm(formOf({ routes: new Uint8Array([0xff, 0xfe]), model: new Uint8Array(4) })),
    400,
    "bad-form",
  ],
  ["that is none", () => pushForm("{}", "multipart/form-data; boundary=x"), 400, "bad-form"],
  ["without a boundary", () => pushForm("{}", "multipart/form-data"), 400, "bad-form"],
  [
    "with a model of more than 8 MiB",
    () => pushForm(formOf({ routes: intentsText(), model: new Uint8Array(8 * 1024 * 1024 + 1) })),
    413,
    "body-too-large",
  ],
  [
    "larger than both may be",
    () => pushForm(formOf({ routes: intentsText(), model: new Uint8Array(10 * 1024 * 1024) })),
    413,
    "body-too-large",
  ],
] as const)("a form %s is refused, and nothing changes", async (_what, push, status, code) => {
  expect(await push()).toMatchObject({ status, body: { error: { code } } });
  expect((await admin("GET", "/admin/routes")).body).toMatchObject({ text: null });
});

it("a rollback restores the document and its model", async () => {
  await pushed();
  await admin("POST", "/admin/routes", goodText());
  expect((await admin("POST", "/admin/classify", { text: REFUND })).body).toMatchObject({ number: 2, best: null });
  expect(await admin("POST", "/admin/routes/rollback", { number: 1 })).toMatchObject({
    status: 200,
    body: { status: "accepted", number: 3 },
  });
  expect((await admin("POST", "/admin/classify", { text: REFUND })).body).toMatchObject({ number: 3, best: "refund" });
});
