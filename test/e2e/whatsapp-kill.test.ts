/** A long answer on its way when the edge dies: the person gets all of it in its order, and at most one part of it twice, which is counted. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type GraphApi, startGraphApi } from "../../scripts/fakes/graph-api.ts";
import { type Instance, startInstance } from "../../scripts/fakes/instance.ts";
import { ADMIN_TOKEN, type LiveEdge, liveEdge, until } from "../support/live-edge.ts";

const NUMBER = "106540352242922";
const KILLS = 4;

let edge: LiveEdge;
let graph: GraphApi;
let instance: Instance;

beforeAll(async () => {
  graph = await startGraphApi({ appSecret: "app", numbers: [{ id: NUMBER, token: "wa-token" }], secondMs: 50, statuses: true });
  instance = await startInstance({
    name: "us-1",
    secret: "unused",
    token: "1:unused",
    apiRoot: "http://127.0.0.1:9",
    chat: { mode: "trusted-proxy", userHeader: "x-clawedge-user", agents: ["sales-public"] },
  });
  edge = await liveEdge(
    {
      accounts: {
        "whatsapp:sales": { pool: "sales", phoneNumberId: NUMBER, secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" } },
      },
      instances: { "us-1": { url: instance.url } },
      pools: { sales: { instances: ["us-1"], agent: "sales-public" } },
    },
    { WA_APP: "app", WA_VERIFY: "verify", WA_TOKEN: "wa-token", WHATSAPP_API_BASE: graph.url },
  );
  graph.setCallback(`${edge.url}/webhooks/whatsapp/sales`);
});

afterAll(async () => {
  await edge.close();
  await instance.stop();
  await graph.stop();
});

const partsTo = (to: string): readonly string[] => graph.sent(to).map(({ text }) => text ?? "");
const settledOf = (message: string) => edge.log().filter((line) => line.event === "message.settled" && line["message"] === message);

/** Repeats aside, in the order they were first taken. */
const unique = (parts: readonly string[]): readonly string[] => [...new Set(parts)];

/** A total of `/metrics`, over all its labels. */
async function metric(name: string): Promise<number> {
  const { body } = await edge.call("GET", "/metrics", undefined, [["authorization", `Bearer ${ADMIN_TOKEN}`]]);
  const lines = body.split("\n").filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

it("kill -9 between and within the parts of four long answers", async () => {
  let repeats = 0;
  for (let round = 1; round <= KILLS; round += 1) {
    const to = `1555000010${round}`;
    const id = `wamid.long${round}`;
    // Once before the second part is taken, once after: the worst moments to die in.
    graph.fail({ to, delayMs: 1_500, times: 3, ...(round % 2 === 0 ? { afterTaking: true } : {}) });
    await graph.say({ from: to, text: "[[long:9000]]", id });
    await until(
      () => graph.calls().filter((call) => call.kind === "message" && call.body["to"] === to).length,
      (calls) => calls >= 1,
    );
    await edge.kill();
    await edge.start();
    await until(
      () => settledOf(id),
      (lines) => lines.length >= 1,
      60_000,
    );
    const parts = partsTo(to);
    expect(unique(parts).length).toBeLessThanOrEqual(3);
    expect(unique(parts).length).toBeGreaterThan(1);
    expect(parts.length - unique(parts).length).toBeLessThanOrEqual(1);
    repeats += parts.length - unique(parts).length;
    for (const part of unique(parts)) expect((part.match(/^```/gm) ?? []).length % 2).toBe(0);
    expect(settledOf(id)[0]).toMatchObject({ state: "answered" });
  }
  const calls = instance.chat.calls().filter(({ text }) => text.includes("[[long"));
  expect(calls).toHaveLength(KILLS);
  expect(await metric("clawedge_replies_repeated_total")).toBeGreaterThanOrEqual(repeats);
  expect(await metric("clawedge_replies_repeated_total")).toBeLessThanOrEqual(KILLS);
});
