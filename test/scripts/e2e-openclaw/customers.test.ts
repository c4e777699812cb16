/** Who heard what on WhatsApp, and what Meta was promised: the proof is only as true as these. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { acknowledged, answersTo, customer, heardBy, noticesTo, said, words } from "../../../scripts/e2e-openclaw/customers.ts";
import { type GraphApi, startGraphApi } from "../../../scripts/fakes/graph-api.ts";
import { listen, type Service } from "../../../scripts/fakes/http-service.ts";

let graph: GraphApi;
let edge: Service;
let status = 200;

beforeEach(async () => {
  status = 200;
  edge = await listen(0, (_, response) => void response.writeHead(status).end());
  graph = await startGraphApi({ appSecret: "app", numbers: [{ id: "1", token: "token" }], secondMs: 5 });
  graph.setCallback(edge.url);
});

afterEach(async () => {
  await graph.stop();
  await edge.close();
});

async function send(to: object, body: string): Promise<void> {
  const headers = { "content-type": "application/json", authorization: "Bearer token" };
  const message = { messaging_product: "whatsapp", ...to, type: "text", text: { body } };
  expect((await fetch(`${graph.url}/v23.0/1/messages`, { method: "POST", headers, body: JSON.stringify(message) })).status).toBe(200);
}

test("a person hears what is sent to the phone and to the user id, and nobody else's", async () => {
  const [ada, ben] = [customer(1), customer(2)];
  await send({ to: ada.from }, "echo[sales-1 turn=1] hello");
  await send({ recipient: ada.userId }, "echo[sales-1 turn=2] again");
  await send({ recipient: ben.userId }, "Sorry.");
  expect(answersTo({ graph }, ada)).toEqual([
    { instance: "sales-1", turn: 1, text: "hello" },
    { instance: "sales-1", turn: 2, text: "again" },
  ]);
  expect(answersTo({ graph }, ada, "again")).toHaveLength(1);
  expect([heardBy({ graph }, ben), answersTo({ graph }, ben), noticesTo({ graph }, ben)]).toEqual([["Sorry."], [], ["Sorry."]]);
  expect(noticesTo({ graph }, ada)).toEqual([]);
});

test("a message counts once however often it was delivered, and not while Meta has no 2xx; a status is none", async () => {
  const [one, two] = [words("one"), words("two")];
  const status1 = { kind: "status", id: "wamid.x", status: "read", to: "1" } as const;
  await graph.deliverBatch([said(customer(1), one), status1]);
  await graph.deliverBatch([said(customer(1), one)]);
  status = 503;
  const late = graph.deliverBatch([said(customer(1), two)]);
  await expect.poll(() => graph.pending()).toBe(1);
  expect(acknowledged({ graph })).toEqual([one.id]);
  status = 200;
  await late;
  expect(acknowledged({ graph })).toEqual([one.id, two.id]);
});
