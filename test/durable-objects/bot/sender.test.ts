/** One call of a part, and what is made of its answer: what certainly never left is no doubt. */
import { expect, it } from "vitest";
import type { Answer, Entry } from "../../../durable-objects/bot/outbox-state.ts";
import { knockingHttp } from "../../../durable-objects/bot/platform-http.ts";
import { type Line, sendPart } from "../../../durable-objects/bot/sender.ts";
import { ObjectClock } from "../../../durable-objects/object-clock.ts";
import { telegram } from "../../../src/channels/telegram/index.ts";
import { Secret } from "../../../src/core/secret.ts";
import { type Http, NotSent } from "../../../src/ports/http.ts";
import { outgoing } from "../../support/talking-channel.ts";

const entry: Entry = {
  ...{ key: "a", account: "telegram:support", ref: { key: "telegram:support/chat/7" }, seq: 1, chat: { id: "7", kind: "direct" } },
  ...{ askedAtMs: 0, keptAtMs: 0, total: 1, next: 0, attempts: 1, refusals: 0, doubts: 0, strays: 0, repeats: 0, isResent: false },
  ...{ sent: [], takenAtMs: 0, notBeforeMs: 0, tells: 0, tellAtMs: 0 },
};

function lineTo(base: string): Line {
  const account = { id: "telegram:support", channel: "telegram", secrets: {} } as unknown as Line["connection"]["account"];
  return {
    outgoing,
    connection: {
      account,
      channel: telegram,
      platform: telegram.platform,
      token: new Secret("123456789:AAF-a_token_of_the_bot_0123456789"),
      base,
    },
  };
}

const throwing = (error: Error): Http => ({ fetch: () => Promise.reject(error) });
const taking: Http = { fetch: async () => Response.json({ ok: true, result: { message_id: 5 } }) };
const send = (http: Http, base = "http://127.0.0.1:9"): Promise<Answer> =>
  sendPart(lineTo(base), entry, "hello", { http, clock: new ObjectClock() });
const closed = () => Promise.reject(new Error("nobody there"));

it("a call that broke is a doubt: it may have been taken", async () => {
  expect(await send(throwing(new Error("connection lost")))).toEqual({ kind: "unanswered", detail: "Error: connection lost" });
});

it("a call that certainly did not leave is tried again", async () => {
  const verdict = { kind: "retry", detail: "NotSent: connection refused" };
  expect(await send(throwing(new NotSent("connection refused")))).toEqual({ kind: "refused", verdict });
  expect(await send(knockingHttp(taking, closed))).toEqual({ kind: "refused", verdict });
});

it("who opens is called, and names that nobody can have are not knocked at", async () => {
  const knocked: string[] = [];
  const open = async (url: URL) => void knocked.push(url.host);
  expect(await send(knockingHttp(taking, open))).toEqual({ kind: "taken", id: "5" });
  expect(await send(knockingHttp(taking, closed), "https://platform.test")).toEqual({ kind: "taken", id: "5" });
  expect(knocked).toEqual(["127.0.0.1:9"]);
});
