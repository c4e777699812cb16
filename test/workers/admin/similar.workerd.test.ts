/** `POST /admin/classify` says from where on two questions are one, by pool, or why they never are. Workers AI alone is played. */
import { reset } from "cloudflare:test";
import { afterEach, expect, it } from "vitest";
import { setIn } from "../../../durable-objects/config/judge.ts";
import { forget } from "../../../durable-objects/config/memory.ts";
import { train } from "../../../src/classify/intents/train.ts";
import { intentsText } from "../../durable-objects/config/documents.ts";
import { env, send, TOKEN } from "./support.ts";

afterEach(async () => {
  await reset();
  forget(env.ROUTES);
});

const AI = { run: async (_model: string, { text }: { readonly text: string[] }) => ({ data: text.map((one) => [one.length, 1]) }) };
const headers = { authorization: `Bearer ${TOKEN}`, "x-clawedge-operator": "anna" };

async function push(similar: object | undefined): Promise<void> {
  const document = JSON.parse(intentsText());
  const pools = Object.fromEntries(
    Object.entries(document.pools).map(([name, pool]) => [name, { ...(pool as object), answerCache: { similar } }]),
  );
  const outOfScope = { examples: Array.from({ length: 20 }, (_, index) => `something ${index}`) };
  const routes = JSON.stringify({ ...document, pools, outOfScope });
  const form = new FormData();
  form.append("routes", routes);
  form.append("model", new Blob([train(setIn(routes))]));
  expect((await send("/admin/routes", { method: "POST", headers, body: form })).status).toBe(200);
}

async function similar(within: typeof env) {
  const init = { method: "POST", headers, body: JSON.stringify({ text: "hello" }) };
  return ((await (await send("/admin/classify", init, within)).json()) as Readonly<Record<string, unknown>>)["similar"];
}

it("with a binding, once it is measured", async () => {
  await push({ falseHits: 0.2 });
  const bound = { ...env, AI };
  expect(await similar(bound)).toEqual({ support: { off: "not measured yet" } });
  await expect.poll(() => similar(bound)).toEqual({ support: { above: expect.any(Number), examples: expect.any(Number) } });
});

it("without one, with too few examples, and not at all where no pool asks", async () => {
  await push({});
  expect(await similar(env)).toEqual({ support: { off: "no Workers AI binding" } });
  expect(await similar({ ...env, AI })).toEqual({ support: { off: expect.stringMatching(/^needs 299 examples, and has \d+$/) } });
  await push(undefined);
  expect(await similar({ ...env, AI })).toBeUndefined();
});
