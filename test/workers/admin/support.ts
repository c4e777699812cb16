/** Calls to the admin app as an operator makes them, in workerd, with the objects behind it. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import type { Env } from "../../../durable-objects/env.ts";
import { adminApp } from "../../../workers/admin/app.ts";

export const env = workerEnv as unknown as Env;
export const TOKEN = "test-admin-token";

export interface Answered {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, member by member
  readonly body: any;
}

export async function send(path: string, init: RequestInit = {}, within: Env = env): Promise<Response> {
  const context = createExecutionContext();
  const response = await adminApp.fetch(new Request(`https://edge.test${path}`, { redirect: "manual", ...init }), within, context);
  await waitOnExecutionContext(context);
  return response;
}

export async function admin(method: string, path: string, body?: unknown): Promise<Answered> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const init = body === undefined ? { method } : { method, body: text };
  const response = await send(path, { ...init, headers: { authorization: `Bearer ${TOKEN}`, "x-clawedge-operator": "anna" } });
  return { status: response.status, body: await response.json() };
}
