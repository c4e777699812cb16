/** `/admin/accounts`: every account with what it needs, and its webhook at the platform: shown, and set. Never a secret. */
import { Hono } from "hono";
import type { PlatformProblem } from "../../durable-objects/bot/platform.ts";
import type { BotDesk } from "../../durable-objects/bot/stub.ts";
import { botDesk } from "../../durable-objects/bot/stub.ts";
import type { Env } from "../../durable-objects/env.ts";
import { envSecrets } from "../../durable-objects/runtime.ts";
import type { Routes } from "../../src/config/routes.ts";
import type { Account } from "../../src/core/account.ts";
import { apiRootOf, webhookUrlOf } from "./addresses.ts";
import { type AdminContext, type AdminError, answerError, logChange, NO_PUBLIC_URL, notFound } from "./answer.ts";
import { nameIn } from "./read.ts";
import { inForce } from "./snapshot.ts";

const PREFIX = "/admin/accounts/";
const SUFFIX = "/webhook";

export const accountsApp = new Hono<{ Bindings: Env }>();

accountsApp.get("/admin/accounts", async (context) => {
  const snapshot = await inForce(context.env);
  if (!snapshot.ok) return answerError(context, snapshot.problem);
  const { routes } = snapshot.value;
  return context.json({ accounts: [...routes.accounts.values()].map((account) => describe(account, routes, context.env)) });
});

function describe(account: Account, routes: Routes, env: Env) {
  const secrets = envSecrets(env);
  const { id, channel, pool, region, residency, scope, proactive } = account;
  const linked = [...routes.instances].filter(([, instance]) => Object.hasOwn(instance.native, id)).map(([name]) => name);
  return {
    ...{ id, channel, pool, region, residency, scope, proactive },
    webhookUrl: webhookUrlOf(env, account) ?? null,
    variables: Object.entries(account.secrets).map(([purpose, variable]) => ({
      purpose,
      variable,
      isSet: secrets.get(variable) !== undefined,
    })),
    instances: linked.map((name) => ({ name, apiRoot: apiRootOf(env, account, name) ?? null })),
  };
}

accountsApp.get(`${PREFIX}:id${SUFFIX}`, (context) =>
  atDesk(context, async (desk, { account, publicUrl }) => {
    const report = await desk.showWebhook(account, publicUrl);
    return report.ok ? context.json({ account, ...report.value }) : answerError(context, errorOf(report.problem));
  }),
);

accountsApp.post(`${PREFIX}:id${SUFFIX}`, (context) =>
  atDesk(context, async (desk, { account, publicUrl }) => {
    const before = await desk.showWebhook(account, publicUrl);
    if (!before.ok) return answerError(context, errorOf(before.problem));
    const after = await desk.setWebhook(account, publicUrl);
    if (!after.ok) return answerError(context, errorOf(after.problem));
    logChange(context, "admin.webhook-set", { account, differences: after.value.differences.length });
    return context.json({ account, before: before.value, after: after.value });
  }),
);

interface At {
  readonly account: string;
  readonly publicUrl: string;
}

async function atDesk(context: AdminContext, work: (desk: BotDesk, at: At) => Promise<Response>): Promise<Response> {
  const account = nameIn(context, PREFIX, SUFFIX) ?? "";
  const snapshot = await inForce(context.env);
  if (!snapshot.ok) return answerError(context, snapshot.problem);
  if (!snapshot.value.routes.accounts.has(account)) return answerError(context, unknownAccount(account));
  const publicUrl = context.env.PUBLIC_URL;
  return publicUrl === undefined ? answerError(context, NO_PUBLIC_URL) : work(botDesk(context.env), { account, publicUrl });
}

export const unknownAccount = (account: string): AdminError =>
  notFound(
    "unknown-account",
    `No account is called ${account.slice(0, 100)} in the routes document in force. GET /admin/accounts lists them.`,
  );

export function errorOf(problem: PlatformProblem): AdminError {
  const { detail } = problem;
  switch (problem.kind) {
    case "unconfigured":
      return { status: 409, code: "unconfigured", message: `The edge cannot speak for this account: ${detail}.` };
    case "refused":
      return { status: 502, code: "platform-refused", message: `The platform refused (http ${problem.status}): ${detail}` };
    case "unreached":
      return {
        status: 502,
        code: "platform-unreached",
        message: `The platform was not reached (${detail.replace(/\.$/, "")}). Try again.`,
      };
  }
}
