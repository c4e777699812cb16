/** The ingress when there is no room: a refusal that reads nothing and writes nothing, for that account only, until there is room again. */
import { reset } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { ROOM, type Stay } from "../../../src/pipeline/admission.ts";
import { admission } from "../../../workers/compose.ts";
import { ingressApp } from "../../../workers/ingress/app.ts";
import { validDocument } from "../../support/routes-document.ts";

const env = workerEnv as unknown as Env;
const ACCOUNT = "telegram:support";
const OTHER = "telegram:sales";

const stays: Stay[] = [];

function fill(account: string): void {
  for (let stay = admission.enter(account, Date.now()); stay !== undefined; stay = admission.enter(account, Date.now())) stays.push(stay);
}

const leaveAll = (): void => {
  for (const stay of stays.splice(0)) admission.leave(stay);
};

beforeEach(async () => {
  expect((await configOf(env).push(JSON.stringify(validDocument))).status).toBe("accepted");
});

afterEach(async () => {
  leaveAll();
  await reset();
});

let updateId = 1;

function post(account: string, headers: Readonly<Record<string, string>> = { "x-telegram-bot-api-secret-token": "hook-secret" }) {
  const from = { id: 42, is_bot: false, first_name: "Aroha" };
  const chat = { id: 42, type: "private", first_name: "Aroha" };
  const message = { message_id: 1, date: 1_770_000_000, text: "hi", from, chat };
  const body = JSON.stringify({ update_id: updateId++, message });
  const init = { method: "POST", headers: { "content-type": "application/json", ...headers }, body };
  const request = new Request(`https://edge.test/webhooks/${account.replace(":", "/")}`, init);
  return Promise.resolve(ingressApp.fetch(request, env)).then((response) => ({ response, isRead: request.bodyUsed }));
}

it("with room, a genuine delivery is kept, and its room comes back", async () => {
  for (let index = 0; index < 3; index += 1) expect((await post(ACCOUNT)).response.status).toBe(200);
  fill(ACCOUNT);
  expect(stays.length).toBe(ROOM.alone);
});

it.each([
  ["a genuine delivery", undefined],
  ["one without a proof: its sender learns nothing else", {}],
])("without room %s is refused unread, with a whole number of seconds to wait", async (_what, headers) => {
  fill(ACCOUNT);
  const { response, isRead } = await post(ACCOUNT, headers);
  expect([response.status, isRead, await response.text()]).toEqual([503, false, ""]);
  expect(response.headers.get("retry-after")).toMatch(/^[1-5]$/);
});

it("the room of others is their own", async () => {
  fill(ACCOUNT);
  expect((await post(OTHER, {})).response.status).toBe(401);
});

it("a delivery without proof takes no room", async () => {
  fill(ACCOUNT);
  const [last] = stays.splice(-1);
  if (last !== undefined) admission.leave(last);
  for (let index = 0; index < 3; index += 1) expect((await post(ACCOUNT, {})).response.status).toBe(401);
  expect((await post(ACCOUNT)).response.status).toBe(200);
});

it("what was refused is kept when it comes again", async () => {
  fill(ACCOUNT);
  expect((await post(ACCOUNT)).response.status).toBe(503);
  leaveAll();
  expect((await post(ACCOUNT)).response.status).toBe(200);
});
