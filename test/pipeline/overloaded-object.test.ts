/** An object that cannot take a message now, through a namespace that fails as the platform's does: retried once with a new stub, or handed back to the sender. */
import { expect, it } from "vitest";
import { conversationsOf } from "../../durable-objects/conversation/stub.ts";
import type { Env } from "../../durable-objects/env.ts";
import { keep } from "../../src/pipeline/keep.ts";
import { respond } from "../../workers/wire.ts";
import { keepPorts, keepSetting } from "../support/keep.ts";
import { directMessage } from "../support/routes-document.ts";

interface Failure {
  readonly overloaded?: boolean;
  readonly retryable?: boolean;
}

/** Each call fails as the list says, in turn, and works after that. */
async function walk(failures: readonly Failure[]) {
  const left = [...failures];
  const stubs = new Set<object>();
  const calls: object[] = [];
  const get = (): object => {
    const stub = {
      commit: async () => {
        calls.push(stub);
        const failure = left.shift();
        if (failure !== undefined) throw Object.assign(new Error("Durable Object is overloaded. Too many requests."), failure);
        return { state: "stored", seq: 1 };
      },
    };
    stubs.add(stub);
    return stub;
  };
  const env = { JURISDICTIONS: "off", CONVERSATION: { idFromName: (name: string) => name, get } } as unknown as Env;
  const ports = { ...keepPorts().ports, conversations: conversationsOf(env) };
  const result = await keep.message(directMessage, keepSetting(), ports);
  const answer = result.ok ? new Response(null) : respond(result.problem);
  return { status: answer.status, retryAfter: answer.headers.get("retry-after"), calls: calls.length, stubs: stubs.size };
}

const AWAY = { status: 503, retryAfter: "2" };
const KEPT = { status: 200, retryAfter: null };

it.each<[string, readonly Failure[], object]>([
  ["overloaded: never asked twice", [{ overloaded: true }], { ...AWAY, calls: 1, stubs: 1 }],
  ["overloaded, although it calls itself retryable", [{ overloaded: true, retryable: true }], { ...AWAY, calls: 1, stubs: 1 }],
  ["retryable: asked once more, by a new stub", [{ retryable: true }], { ...KEPT, calls: 2, stubs: 2 }],
  ["retryable twice", [{ retryable: true }, { retryable: true }], { ...AWAY, calls: 2, stubs: 2 }],
  ["retryable, then overloaded", [{ retryable: true }, { overloaded: true }], { ...AWAY, calls: 2, stubs: 2 }],
  ["neither", [{}], { ...AWAY, calls: 1, stubs: 1 }],
])("%s", async (_what, failures, seen) => {
  expect(await walk(failures)).toEqual(seen);
});
