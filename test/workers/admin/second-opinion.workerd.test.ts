/** With a Workers AI binding the admin API says what production would do, and how like an example a message is. The binding alone is played. */
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

const AI = {
  run: async (_model: string, { text }: { readonly text: string[] }) => ({
    data: text.map((one) => [Number(/refund|возврат/.test(one)), Number(/cost|price/.test(one))]),
  }),
};
const headers = { authorization: `Bearer ${TOKEN}`, "x-clawedge-operator": "anna" };

async function ask(path: string, body: object) {
  const response = await send(path, { method: "POST", headers, body: JSON.stringify(body) }, { ...env, AI });
  return (await response.json()) as Readonly<Record<string, unknown>>;
}

/** In words the model has never seen. */
const TEXT = "возврат";

it("classify tells the nearest example, once those are learned, and explain goes by it", async () => {
  const routes = JSON.stringify({ ...JSON.parse(intentsText()), secondOpinion: { minSimilarity: 0.9 } });
  const form = new FormData();
  form.append("routes", routes);
  form.append("model", new Blob([train(setIn(routes))]));
  expect((await send("/admin/routes", { method: "POST", headers, body: form })).status).toBe(200);
  const nearest = async () => (await ask("/admin/classify", { text: TEXT }))["secondOpinion"];
  await expect.poll(nearest).toEqual({ intent: "refund", similarity: 1 });
  const explained = await ask("/admin/explain", { account: "telegram:support", text: TEXT });
  expect(explained["decision"]).toMatchObject({ trace: expect.arrayContaining([expect.objectContaining({ verdict: "matched" })]) });
});
