/** The demo's hand on WhatsApp: one POST for all that is said at once, and which answer belongs to which message. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type WhatsApp, whatsappAt } from "../../../scripts/demo/whatsapp.ts";
import { type GraphApi, startGraphApi } from "../../../scripts/fakes/graph-api.ts";
import { listen, readBody, type Service } from "../../../scripts/fakes/http-service.ts";

const NUMBER = { id: "106540352242922", token: "wa-token" };

let graph: GraphApi;
let callback: Service;
let bodies: string[];
let whatsapp: WhatsApp;

beforeEach(async () => {
  graph = await startGraphApi({ appSecret: "app", numbers: [NUMBER] });
  bodies = [];
  callback = await listen(0, async (request, response) => {
    bodies.push((await readBody(request, 1_000_000))?.toString("utf8") ?? "");
    response.end();
  });
  graph.setCallback(callback.url);
  whatsapp = whatsappAt(graph.url);
});

afterEach(async () => {
  await callback.close();
  await graph.stop();
});

const send = (body: object) =>
  fetch(`${graph.url}/v23.0/${NUMBER.id}/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${NUMBER.token}`, "content-type": "application/json" },
    body: JSON.stringify({ messaging_product: "whatsapp", ...body }),
  });
const answer = (recipient: string, text: string, note: string) =>
  send({ recipient, type: "text", text: { body: text }, biz_opaque_callback_data: note });

test("what is said at once is one POST, with the status, and without the number of whom hides it", async () => {
  const said = await whatsapp.post(
    [
      { person: 42, text: "one" },
      { person: 43, text: "two", hidesPhone: true, hasImage: true },
    ],
    { person: 42, id: "wamid.read" },
  );
  expect(said.map(({ statuses }) => statuses)).toEqual([[200], [200]]);
  expect(bodies).toHaveLength(1);
  const { messages, statuses } = JSON.parse(bodies[0] ?? "").entry[0].changes[0].value;
  expect(messages).toMatchObject([
    { from: "15550000042", from_user_id: "US.demo42", type: "text" },
    { from_user_id: "US.demo43", type: "image" },
  ]);
  expect(messages.map(({ id }: { id: string }) => id)).toEqual(said.map(({ messageId }) => messageId));
  expect(messages[1]).not.toHaveProperty("from");
  expect(statuses).toMatchObject([{ id: "wamid.read", status: "read" }]);
});

test("an answer is heard by the message its note names, in all its parts, and by nobody else", async () => {
  await answer("US.demo42", "before", "1@|c");
  const ear = await whatsapp.listen({ person: 42, text: "" });
  for (const [text, note] of [
    ["first", "1@|c"],
    ["second", "1@|c"],
    ["of another message", "11@|c"],
    ["of another conversation", "1@|cc"],
  ] as const) {
    await answer("US.demo42", text, note);
  }
  await send({ status: "read", message_id: "wamid.mine", typing_indicator: { type: "text" } });
  const view = { seq: 1, pins: [], rule: "", trace: "", isAnswered: false };
  const heard = await ear({ messageId: "wamid.mine", conversation: "c", view });
  expect(heard).toEqual({ replies: ["first", "second"], isPresent: true });
  expect(await ear({ messageId: "wamid.other", conversation: "c", view: undefined })).toEqual({ replies: [], isPresent: false });
});
