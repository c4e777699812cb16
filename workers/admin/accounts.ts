/**
 * `/admin/accounts`: every account with what it needs, and its webhook at the platform: shown, and set. Never a secret, but for the
 * one that an operator must type into the platform's own pages.
 */
import { Hono } from "hono";
import type { PlatformProblem } from "../../durable-objects/bot/platform.ts";
import type { BotDesk, Unfinished } from "../../durable-objects/bot/stub.ts";
import { botDesk } from "../../durable-objects/bot/stub.ts";
import type { Env } from "../../durable-objects/env.ts";
import { envSecrets } from "../../durable-objects/runtime.ts";
import { channels } from "../../src/channels/registry.ts";
import type { Routes } from "../../src/config/routes.ts";
import type { Account } from "../../src/core/account.ts";
import { webhookUrlOf } from "./addresses.ts";
import { type AdminContext, type AdminError, answerError, logChange, NO_PUBLIC_URL, notFound } from "./answer.ts";
import { type ByHand, byHandOf } from "./by-hand.ts";
import { instancesOf } from "./linked.ts";
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
  return {
    ...{ id, channel, pool, region, residency, scope, proactive },
    webhookUrl: webhookUrlOf(env, account) ?? null,
    variables: Object.entries(account.secrets).map(([purpose, variable]) => ({
      purpose,
      variable,
      isSet: secrets.get(variable) !== undefined,
    })),
    instances: instancesOf(env, routes, account),
  };
}

accountsApp.get(`${PREFIX}:id${SUFFIX}`, (context) =>
  atDesk(context, async (desk, at) => {
    const { id } = at.account;
    const report = await desk.showWebhook(id, at.publicUrl);
    return report.ok ? context.json({ account: id, ...at.byHand, ...report.value }) : refused(context, at, report.problem);
  }),
);

accountsApp.post(`${PREFIX}:id${SUFFIX}`, (context) =>
  atDesk(context, async (desk, at) => {
    const { id } = at.account;
    const before = await desk.showWebhook(id, at.publicUrl);
    if (!before.ok) return refused(context, at, before.problem);
    const after = await desk.setWebhook(id, at.publicUrl);
    if (!after.ok) return refused(context, at, after.problem);
    logChange(context, "admin.webhook-set", { account: id, differences: after.value.differences.length });
    return context.json({ account: id, ...at.byHand, before: before.value, after: after.value });
  }),
);

interface At {
  readonly account: Account;
  readonly publicUrl: string;
  readonly byHand: ByHand;
}

async function atDesk(context: AdminContext, work: (desk: BotDesk, at: At) => Promise<Response>): Promise<Response> {
  const id = nameIn(context, PREFIX, SUFFIX) ?? "";
  const snapshot = await inForce(context.env);
  if (!snapshot.ok) return answerError(context, snapshot.problem);
  const account = snapshot.value.routes.accounts.get(id);
  if (account === undefined) return answerError(context, unknownAccount(id));
  const publicUrl = context.env.PUBLIC_URL;
  if (publicUrl === undefined) return answerError(context, NO_PUBLIC_URL);
  return work(botDesk(context.env), { account, publicUrl, byHand: byHandOf(context.env, account) });
}

/** What can be entered by hand is told with every refusal: the platform need not be asked for it. */
const refused = (context: AdminContext, { account, byHand }: At, problem: PlatformProblem): Response =>
  answerError(context, forbiddenOf(account, problem) ?? errorOf(problem), { account: account.id, ...byHand });

/** The platform took the call, and says that this token may not make it: repeating it is no use. */
function forbiddenOf(account: Account, problem: PlatformProblem): AdminError | undefined {
  if (problem.kind !== "refused") return undefined;
  const { status, body } = problem;
  const verdict = channels.get(account.channel)?.outgoing?.judge({ status, body, refusals: 0 });
  if (verdict?.kind !== "stop") return undefined;
  const message = `The account's token may not do this (${verdict.detail}). Give it the permission, or a new one: wrangler secret put ${account.secrets["token"] ?? "NAME"}`;
  return { status: 502, code: "platform-forbidden", message };
}

export const unknownAccount = (account: string): AdminError =>
  notFound(
    "unknown-account",
    `No account is called ${account.slice(0, 100)} in the routes document in force. GET /admin/accounts lists them.`,
  );

export function errorOf(problem: PlatformProblem | Unfinished): AdminError {
  const { detail } = problem;
  switch (problem.kind) {
    case "unconfigured":
      return { status: 409, code: "unconfigured", message: `The edge cannot speak for this account: ${detail}.` };
    case "refused":
      return { status: 502, code: "platform-refused", message: `The platform refused (http ${problem.status}): ${detail}` };
    case "unfinished":
      return { status: 502, code: "unfinished", message: `${detail}. Run it again.` };
    case "unreached":
      return {
        status: 502,
        code: "platform-unreached",
        message: `The platform was not reached (${detail.replace(/\.$/, "")}). Try again.`,
      };
  }
}
