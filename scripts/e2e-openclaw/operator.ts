/** What the operator does in this proof, through the edge's admin API and its command: tokens, webhooks, looking closely at a gateway, and waiting for routes to be in force. */
import * as z from "zod";
import { run } from "../cli/main.ts";
import { EdgeFailure } from "../edge/failure.ts";
import { ACCOUNT } from "./routes.ts";

/** One that polls gets no `webhookUrl`. */
const issued = z.object({ token: z.string(), apiRoot: z.string(), webhookUrl: z.string().optional() });
const registration = z.object({ after: z.object({ differences: z.array(z.unknown()) }) });
const shown = z.object({ differences: z.array(z.looseObject({ field: z.string() })) });
const routes = z.object({ text: z.string().nullable() });
const checked = z.object({
  ok: z.boolean(),
  checks: z.array(z.looseObject({ check: z.string(), status: z.string(), detail: z.string() })),
});
const instance = z.looseObject({
  isHealthy: z.boolean().optional(),
  pollers: z.array(z.looseObject({ account: z.string(), isWaiting: z.boolean() })).optional(),
});

export type Issued = z.infer<typeof issued>;
export type Checked = z.infer<typeof checked>;
export type InstanceState = z.infer<typeof instance>;

export interface Admin {
  /** What a gateway's configuration needs. */
  readonly issueToken: (instance: string) => Promise<Issued>;
  readonly setWebhook: (account?: string) => Promise<void>;
  /** Fields in which the platform differs from what it should have. */
  readonly webhookDifferences: (account?: string) => Promise<readonly string[]>;
  readonly push: (text: string) => Promise<void>;
  /** The text of the document in force. */
  readonly routesInForce: () => Promise<string | null>;
  readonly instance: (name: string) => Promise<InstanceState>;
  /** `clawedge instance check`; `exitCode` is what a script of the operator's would see. */
  readonly check: (name: string) => Promise<Checked & { readonly exitCode: number }>;
}

export function adminOf(edgeUrl: string, token: string): Admin {
  const call = async (method: string, path: string, body?: object | string): Promise<unknown> => {
    const init = { method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, redirect: "manual" as const };
    const answer = await fetch(`${edgeUrl}/admin/${path}`, { ...init, ...(body === undefined ? {} : { body: textOf(body) }) });
    const text = await answer.text();
    if (answer.status !== 200) throw new EdgeFailure(`${method} /admin/${path} answered ${answer.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  };
  const webhookOf = (account = ACCOUNT): string => `accounts/${encodeURIComponent(account)}/webhook`;
  return {
    issueToken: async (instance) => issued.parse(await call("POST", "tokens", { account: ACCOUNT, instance })),
    setWebhook: async (account) => {
      const { differences } = registration.parse(await call("POST", webhookOf(account))).after;
      if (differences.length > 0) throw new EdgeFailure(`the webhook was set, and still differs: ${JSON.stringify(differences)}`);
    },
    webhookDifferences: async (account) => shown.parse(await call("GET", webhookOf(account))).differences.map(({ field }) => field),
    push: async (text) => void (await call("POST", "routes", text)),
    routesInForce: async () => routes.parse(await call("GET", "routes")).text,
    instance: async (name) => instance.parse(await call("GET", `instances/${name}`)),
    check: async (name) => {
      const { exitCode, out, err } = await clawedge(["instance", "check", name, "--json", "--edge", edgeUrl], token);
      const report = checked.safeParse(parsed(out));
      if (!report.success) throw new EdgeFailure(`clawedge instance check ${name} ended with ${exitCode}: ${err || out}`);
      return { ...report.data, exitCode };
    },
  };
}

const textOf = (body: object | string): string => (typeof body === "string" ? body : JSON.stringify(body));

/** The command itself, with an operator's environment. */
export async function clawedge(args: readonly string[], token: string) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await run(args, {
    ...{ out: (text) => void out.push(text), err: (text) => void err.push(text) },
    ...{ env: { CLAWEDGE_ADMIN_TOKEN: token }, directory: "/", nowMs: Date.now },
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  return { exitCode, out: out.join(""), err: err.join("") };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
