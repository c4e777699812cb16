/** Intents on a running edge: a file with examples comes into force by itself, also through a kill in the middle of the training, and routes by them. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type AdminJson, type LiveEdge, liveEdge, routesFor, textUpdate, until } from "../support/live-edge.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";

let edge: LiveEdge;
let recorders: readonly Recorder[];
let updates = 100;

beforeAll(async () => {
  recorders = await Promise.all(["first", "second"].map((name) => startRecorder({ name, accounts: ["telegram:support"] })));
  edge = await liveEdge(withoutIntents());
});

afterAll(async () => {
  await edge.close();
  await Promise.all(recorders.map((recorder) => recorder.close()));
});

const pools = { support: { instances: ["first"] }, billing: { instances: ["second"] } };
const withoutIntents = (): AdminJson => ({ ...routesFor(recorders), pools });

const refunds = [
  "I want my money back",
  "please refund my order",
  "how do I get a refund",
  "refund this purchase please",
  "return my payment",
];
const greetings = ["hello there", "good morning to you", "hi, how are you", "hey, nice to meet you", "good evening"];

/** `more`: intents that no rule asks for. */
const withIntents = (more: object = {}): AdminJson => ({
  ...withoutIntents(),
  intents: {
    refund: { examples: refunds },
    greeting: { examples: greetings },
    ...more,
  },
  rules: [{ name: "refunds", when: { intent: "refund", minConfidence: 0.3 }, pool: "billing" }],
});

/** As much as the edge learns by itself, so that it takes seconds: a hundred places to ask for. */
const many = (what: string) =>
  Object.fromEntries(
    Array.from({ length: 100 }, (_, place) => [
      `place-${place}`,
      { examples: Array.from({ length: 19 }, (_, index) => `where is ${what} ${index * 7919} of street ${place * 104_729}`) },
    ]),
  );

const status = async (): Promise<AdminJson> => (await edge.admin("GET", "/admin/routes")).json;
const logged = (event: string) => edge.log().filter((entry) => entry.event === event);

/** Which instance a message of a fresh conversation reaches. */
async function reached(text: string): Promise<string> {
  updates += 1;
  const id = updates;
  expect(await edge.post("support", textUpdate(id, id, text))).toMatchObject({ status: 200, body: "" });
  const receipts = await until(
    () => recorders.flatMap((recorder) => recorder.receipts.filter(({ update }) => update.update_id === id)),
    (all) => all.length > 0,
  );
  return receipts[0]?.instance ?? "";
}

it("a file with intents is trained and in force by itself", async () => {
  expect(await reached("please refund my order")).toBe("first");
  edge.writeRoutes(withIntents());
  await until(status, ({ number }) => number === 2);
  await until(
    () => reached("please refund my order"),
    (instance) => instance === "second",
  );
  expect(await reached("good morning to you")).toBe("first");
  expect(await status()).toMatchObject({ number: 2, document: { source: "raw", model: expect.any(String) } });
});

it("classify answers from the model in force", async () => {
  const { status: code, json } = await edge.admin("POST", "/admin/classify", { text: "please refund my order" });
  expect([code, json.number, json.best]).toEqual([200, 2, "refund"]);
});

it("an edge that was killed while it trained trains again, and what was in force serves until then", async () => {
  const before = await status();
  edge.writeRoutes(withIntents(many("parcel")));
  // Its log is there a moment before its rows are; an answer is not.
  await until(status, ({ training }) => training?.attempts === 1);
  await edge.kill();
  const begun = logged("routes.training").length;
  expect(
    logged("routes.accepted").filter(({ number }) => Number(number) > before.number),
    "it was killed in the middle",
  ).toEqual([]);
  await edge.start();
  await until(status, ({ number }) => number === before.number + 1);
  expect(logged("routes.training").length).toBeGreaterThan(begun);
  expect(logged("routes.training").at(-1)).toMatchObject({ attempt: 2 });
  const text = `where is parcel 7919 of street ${7 * 104_729}`;
  await until(
    () => edge.admin("POST", "/admin/classify", { text }),
    ({ json }) => json.best === "place-7",
  );
});

it("a restart needs no training", async () => {
  const begun = logged("routes.training").length;
  const before = await status();
  await edge.kill();
  await edge.start();
  expect(await reached("please refund my order")).toBe("second");
  expect(await status()).toMatchObject({ number: before.number, document: before.document });
  expect(logged("routes.training").length).toBe(begun);
});

it("of two files in a row the second is in force", async () => {
  const before = await status();
  edge.writeRoutes(withIntents(many("letter")));
  await until(
    async () => {
      void status().catch(() => undefined);
      return logged("routes.training").length;
    },
    (count) => count >= 4,
  );
  edge.writeRoutes(withIntents({ letter: { examples: ["where is my letter", "has the letter come"] } }));
  const after = await until(status, ({ text }) => text.includes("has the letter come"));
  expect(after.number).toBeGreaterThan(before.number);
});

it("a rollback brings back what needs no training", async () => {
  const { number } = await status();
  expect(await edge.admin("POST", "/admin/routes/rollback", { number: 2 })).toMatchObject({ status: 200, json: { number: number + 1 } });
  expect((await edge.admin("POST", "/admin/classify", { text: "where is my letter" })).json).not.toMatchObject({ best: "letter" });
});

it("an edge whose first file has intents serves as soon as it has learned them", async () => {
  const fresh = await liveEdge(withIntents());
  try {
    await until(
      () => fresh.post("support", textUpdate(1, 1, "please refund my order")),
      (answer) => answer.status === 200,
    );
    await until(
      () => recorders[1]?.receipts.filter(({ update }) => update.update_id === 1).length,
      (count) => count === 1,
    );
  } finally {
    await fresh.close();
  }
});
