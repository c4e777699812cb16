/** The stand-in model finds the person's words in a gateway's prompts, and answers in the shape that clients of the API read. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Model, startModel } from "../../../scripts/fakes/model.ts";
import { directive, plain, typedTurns } from "../../../scripts/fakes/model-prompt.ts";

let model: Model;

beforeEach(async () => {
  model = await startModel();
});

afterEach(() => model.stop());

const user = (content: unknown) => ({ role: "user", content });
const TIMED = "[Sat 2026-11-21 07:42 UTC]";

function ask(messages: readonly object[], facts: object = {}): Promise<Response> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "echo-1", messages, ...facts }),
  };
  return fetch(`${model.baseUrl("eu-1")}/chat/completions`, init);
}

const bodyOf = async (response: Response): Promise<unknown> => await response.json();
const saying = (content: string) => ({ choices: [{ message: { role: "assistant", content } }] });

test.each([
  ["plain words", "hello", "hello"],
  ["words after a timestamp", `${TIMED} hello`, "hello"],
  ["words after the gateway's own lines", `Conversation info: {"sender":{"id":1}}\n\n${TIMED} hello`, "hello"],
  ["words beside internal context", "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nsecret\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>\nhello", "hello"],
  [
    "words of a turn that was interrupted and resumed",
    "hello\n[System] Your previous turn was interrupted.\n\nFor this turn only.",
    "hello",
  ],
])("of a prompt with %s only those are typed", (_, prompt, typed) => {
  expect(typedTurns([prompt])).toEqual([typed]);
});

test("a prompt that is all the gateway's is no turn", () => {
  expect(typedTurns(["hello", "[System] Your previous turn was interrupted."])).toEqual(["hello"]);
});

test("directives are read and not repeated", () => {
  expect(directive("wait [[delay:1500]]", "delay")).toBe(1500);
  expect(directive("wait [[delay:1500]]", "fail")).toBeUndefined();
  expect(plain("wait [[delay:1500]]")).toBe("wait");
});

test("an answer names the instance and counts the person's messages", async () => {
  const parts = [{ type: "text", text: "second" }];
  const answer = await ask([{ role: "system", content: "be kind" }, user("first"), { role: "assistant", content: "yes" }, user(parts)]);
  expect(await bodyOf(answer)).toMatchObject(saying("echo[eu-1 turn=2] second"));
  expect(model.calls()).toMatchObject([{ instance: "eu-1", turn: 2, typed: ["first", "second"] }]);
});

test("it remembers what it was given: tools, the channel, images beside the newest words, files in the prompt", async () => {
  const tools = [{ type: "function", function: { name: "exec" } }, { type: "odd" }];
  const image = { type: "image_url", image_url: { url: "data:image/png;base64," } };
  const system = 'Runtime: agent=a | channel=whatsapp | os=x\n<file name="offer.pdf">\nnine of May\n</file>';
  await ask(
    [{ role: "system", content: system }, user([image, { type: "text", text: "old" }]), user([{ type: "text", text: "new" }, image])],
    {
      tools,
    },
  );
  await ask([user("plain")]);
  expect(model.calls()).toMatchObject([
    { tools: ["exec"], channel: "whatsapp", images: 1, files: [{ name: "offer.pdf", text: "\nnine of May\n" }] },
    { tools: [], images: 0, files: [] },
  ]);
  expect(model.calls()[1]?.channel).toBeUndefined();
});

test("an answer of a wanted length still names its instance and turn", async () => {
  const answer = await bodyOf(await ask([user("more [[long:3000]]")]));
  const { content } = (answer as ReturnType<typeof saying>).choices[0]?.message ?? { content: "" };
  expect([content.length, content.startsWith("echo[eu-1 turn=1] more\n")]).toEqual([3000, true]);
});

test("a stream ends with its reason and the end mark", async () => {
  const answer = await ask([user("hi")], { stream: true });
  expect(answer.headers.get("content-type")).toBe("text/event-stream");
  const text = await answer.text();
  expect(text).toContain('"content":"echo[eu-1 turn=1] hi"');
  expect(text).toContain('"finish_reason":"stop"');
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
});

test("it fails as told, and answers nonsense with an error", async () => {
  expect((await ask([user("break [[fail:503]]")])).status).toBe(503);
  expect((await fetch(`${model.baseUrl("eu-1")}/chat/completions`, { method: "POST", body: "{}" })).status).toBe(400);
  expect((await fetch(`${model.url}/elsewhere`)).status).toBe(404);
});
