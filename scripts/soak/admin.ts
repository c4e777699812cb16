/** What a soak asks the edge's admin API: a token for the one that polls, and how every message of a conversation stands. */
import * as z from "zod";
import { VARS } from "./cast.ts";
import { type Ended, nameOf } from "./facts.ts";

const tokenSchema = z.looseObject({ token: z.string(), apiRoot: z.string() });
const viewSchema = z.looseObject({
  waiting: z.number(),
  messages: z.array(
    z.looseObject({
      message: z.string(),
      account: z.string(),
      state: z.string(),
      outcome: z.string().nullable(),
      arrivedAtMs: z.number(),
      endedAtMs: z.number().nullable(),
    }),
  ),
});

const WITHIN_MS = 10_000;
const OPEN: ReadonlySet<string> = new Set(["waiting", "replying"]);

export interface Standing {
  readonly ended: readonly Ended[];
  /** Nothing of it waits, and no answer is on its way. */
  readonly isQuiet: boolean;
}

async function ask(url: string, method: "GET" | "POST", path: string, body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${VARS.ADMIN_TOKEN}`, "content-type": "application/json" };
  const init: RequestInit = { method, headers, redirect: "manual", signal: AbortSignal.timeout(WITHIN_MS) };
  return fetch(`${url}/admin/${path}`, body === undefined ? init : { ...init, body: JSON.stringify(body) });
}

export async function issueToken(url: string, account: string, instance: string): Promise<{ token: string; apiRoot: string }> {
  const answer = await ask(url, "POST", "tokens", { account, instance });
  if (!answer.ok) throw new Error(`no token for ${instance}: http ${answer.status} ${await answer.text()}`);
  return tokenSchema.parse(await answer.json());
}

/** Whether the edge did so; whoever is drained will be back. */
export async function setDraining(url: string, instance: string, isDraining: boolean): Promise<boolean> {
  const path = `instances/${instance}/${isDraining ? "drain" : "undrain"}`;
  const answer = await ask(url, "POST", path, isDraining ? { returning: true } : undefined);
  await answer.body?.cancel();
  return answer.ok;
}

/** A total of `/metrics`, over all its labels. */
export async function totalOf(url: string, metric: string): Promise<number> {
  const headers = { authorization: `Bearer ${VARS.ADMIN_TOKEN}` };
  const answer = await fetch(`${url}/metrics`, { headers, redirect: "manual", signal: AbortSignal.timeout(WITHIN_MS) });
  const lines = (await answer.text()).split("\n").filter((line) => line.startsWith(`${metric}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** A conversation that nobody knows has no messages: the checker says what is missing. */
export async function standingOf(url: string, conversation: string): Promise<Standing> {
  const answer = await ask(url, "GET", `conversations/${encodeURIComponent(conversation)}?limit=200`);
  if (answer.status === 404) return { ended: [], isQuiet: true };
  const { waiting, messages } = viewSchema.parse(await answer.json());
  const ended = messages.map(({ message, account, state, outcome, arrivedAtMs, endedAtMs }) => ({
    ...{ name: nameOf(account, message), conversation, state, outcome: outcome ?? "", arrivedAtMs, endedAtMs: endedAtMs ?? Date.now() },
  }));
  return { ended, isQuiet: waiting === 0 && ended.every(({ state }) => !OPEN.has(state)) };
}
