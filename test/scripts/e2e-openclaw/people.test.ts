/** What counts as an answer, and how the figures are made: the proof is only as true as these. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { settledLines, spreadOf, waited } from "../../../scripts/e2e-openclaw/edge-log.ts";
import { answers, answersTo, notices } from "../../../scripts/e2e-openclaw/people.ts";
import { startTelegramApi, type TelegramApi } from "../../../scripts/fakes/telegram-api.ts";

const TOKEN = "4242:AAE-test_token";
let telegram: TelegramApi;

beforeEach(async () => {
  telegram = await startTelegramApi({ tokens: [TOKEN] });
});

afterEach(() => telegram.stop());

async function send(chat: number, text: string): Promise<void> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ chat_id: chat, text }) };
  expect((await fetch(`${telegram.url}/bot${TOKEN}/sendMessage`, init)).status).toBe(200);
}

test("only the model's words are answers; what a gateway says by itself is a notice", async () => {
  await send(7, "I'm continuing your interrupted request now");
  await send(7, "echo[eu-1 turn=2] hello");
  await send(8, "echo[us-1 turn=1] hello");
  expect(answers({ telegram }, 7)).toMatchObject([{ instance: "eu-1", turn: 2, text: "hello", chat: "7" }]);
  expect(answersTo({ telegram }, 8, "hello")).toHaveLength(1);
  expect(answersTo({ telegram }, 8, "hell")).toHaveLength(0);
  expect(notices({ telegram })).toEqual(["I'm continuing your interrupted request now"]);
});

const line = (facts: object): string =>
  JSON.stringify({
    account: "telegram:support",
    state: "delivered",
    outcome: "accepted",
    attempts: 1,
    ackMs: 2,
    instance: "eu-1",
    message: "u1",
    ...facts,
  });
const at = (seconds: number): string => new Date(1_795_000_000_000 + seconds * 1000).toISOString();

test("a message waited when its conversation was held during its time", () => {
  const lines = [
    line({ event: "message.settled", ts: at(1), conversation: "a", deliveredMs: 100 }),
    line({ event: "message.held", ts: at(5), conversation: "a" }),
    line({ event: "message.settled", ts: at(9), conversation: "a", deliveredMs: 6000 }),
    line({ event: "message.settled", ts: at(9), conversation: "b", deliveredMs: 6000 }),
    "workerd says something that is no JSON",
  ];
  const edge = { lines } as unknown as Parameters<typeof waited>[0]["edge"];
  expect(settledLines({ edge }).map(waited({ edge }))).toEqual([false, true, false]);
});

test("a spread is of values that occurred", () => {
  expect(spreadOf([])).toEqual({ count: 0, p50: 0, p99: 0, max: 0 });
  expect(spreadOf([5, 1, 3])).toEqual({ count: 3, p50: 3, p99: 5, max: 5 });
});
