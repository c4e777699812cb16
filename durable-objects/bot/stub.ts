/**
 * The bot objects as their callers see them: the edge's egress (`Outbound`), conversations (`Bots`), and the admin API. Named by
 * account, in the account's residency and region. One stub per call: a stub that threw is never used again.
 */

import { channels } from "../../src/channels/registry.ts";
import { claimedGeneration, issueEdgeToken } from "../../src/core/edge-token.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import type { Delta } from "../../src/core/series.ts";
import { linkOf } from "../../src/pipeline/link-of.ts";
import type { RoutesSource } from "../../src/pipeline/snapshot.ts";
import type { Bots } from "../../src/ports/bots.ts";
import type { Outbound } from "../../src/ports/outbound.ts";
import { routesSource } from "../config/source.ts";
import type { Env } from "../env.ts";
import { endPolls } from "../instance/poll-stub.ts";
import { objectOf } from "../objects.ts";
import { envSecrets, jsonLog } from "../runtime.ts";
import { type Connection, connect, type PlatformProblem } from "./platform.ts";
import type { WebhookAnswer } from "./webhook.ts";

async function findBot(env: Env, account: string, routes: RoutesSource = routesSource(env)) {
  const known = (await routes.current())?.routes.accounts.get(account);
  return known && objectOf(env, env.BOT, account, { residency: known.residency, region: known.region });
}

async function botOf(env: Env, account: string, routes?: RoutesSource) {
  const bot = await findBot(env, account, routes);
  if (bot === undefined) throw new Error(`no account is called ${account}`);
  return bot;
}

export const outboundOf = (env: Env, routes?: RoutesSource): Outbound => ({
  permit: async (account, request) => (await botOf(env, account, routes)).permit(account, request),
  penalize: async (account, penalty) => (await botOf(env, account, routes)).penalize({ account, ...penalty }),
  suppressed: async (account, call) => (await botOf(env, account, routes)).suppressed({ account, ...call }),
});

/** The generation of the tokens the bot would issue to this instance now. */
export const generationInForce = async (env: Env, account: string, instance: string): Promise<number> =>
  (await botOf(env, account)).issueToken(instance);

/** Every five minutes: see `workers/sweep.ts`. */
export const sweepBot = async (env: Env, account: string): Promise<void> => (await botOf(env, account)).sweep(account, env.PUBLIC_URL);

export const botsOf = (env: Env, routes?: RoutesSource): Bots => ({
  notify: async (account, notice) => {
    try {
      await (await botOf(env, account, routes)).notify(account, notice);
    } catch (thrown) {
      jsonLog.write({ level: "warn", event: "notice.failed", account, detail: String(thrown) });
    }
  },
  reply: async (account, reply) => (await botOf(env, account, routes)).reply(account, reply),
  present: async (account, presence) => {
    try {
      await (await botOf(env, account, routes)).present(account, presence);
    } catch (thrown) {
      jsonLog.write({ level: "warn", event: "presence.failed", account, detail: String(thrown) });
    }
  },
  statuses: async (account, statuses) => (await botOf(env, account, routes)).statuses(account, statuses),
});

/** Done in part; doing it again does the whole. */
export interface Unfinished {
  readonly kind: "unfinished";
  readonly detail: string;
}

/** What operators ask of a bot. */
export interface BotDesk {
  showWebhook(account: string, publicUrl: string): Promise<WebhookAnswer>;
  setWebhook(account: string, publicUrl: string): Promise<WebhookAnswer>;
  checkWebhook(account: string, publicUrl: string): Promise<WebhookAnswer>;
  /** The edge token in force for this instance. */
  issueToken(account: string, instance: string): Promise<Result<string, PlatformProblem>>;
  /** Ends every token of this instance issued so far, and gives the next. */
  revokeToken(account: string, instance: string): Promise<Result<string, PlatformProblem | Unfinished>>;
  readMetrics(account: string): Promise<Delta>;
}

export function botDesk(env: Env, routes: RoutesSource = routesSource(env)): BotDesk {
  const webhook = (act: "showWebhook" | "setWebhook" | "checkWebhook") => async (account: string, publicUrl: string) => {
    const bot = await findBot(env, account, routes);
    // The cast: fields of a webhook are `unknown`, which the types of Workers RPC do not carry, though structured clone does.
    return bot === undefined ? unknownAccount(account) : (bot[act](account, publicUrl) as Promise<WebhookAnswer>);
  };
  const token = (act: "issueToken" | "revokeToken") => async (account: string, instance: string) => {
    const connection = await connect(account, { routes, secrets: envSecrets(env), channels });
    if (!connection.ok) return connection;
    if (!(await isLinked(routes, instance, account)))
      return fail<PlatformProblem>({ kind: "unconfigured", detail: `${instance} has no link for ${account}` });
    const generation = await (await botOf(env, account, routes))[act](instance);
    return tokenOf(connection.value, instance, generation);
  };
  const revoke: BotDesk["revokeToken"] = async (account, instance) => {
    const next = await token("revokeToken")(account, instance);
    const generation = next.ok ? claimedGeneration(next.value) : undefined;
    const told = await tellOutbox(env, instance, { account, generation });
    return told.ok ? next : told;
  };
  return {
    showWebhook: webhook("showWebhook"),
    setWebhook: webhook("setWebhook"),
    checkWebhook: webhook("checkWebhook"),
    issueToken: token("issueToken"),
    revokeToken: revoke,
    readMetrics: async (account) => (await botOf(env, account, routes)).readMetrics(),
  };
}

async function isLinked(source: RoutesSource, instance: string, account: string): Promise<boolean> {
  const routes = (await source.current())?.routes;
  return routes !== undefined && linkOf(routes, instance, account) !== undefined;
}

/**
 * After the bot, so that no later revocation can be overtaken; whatever its link is now, it may poll one day. An outbox that was not
 * told lets the old token ask on, so nobody may believe that it is over: the next revocation ends this one too.
 */
async function tellOutbox(
  env: Env,
  instance: string,
  { account, generation }: { readonly account: string; readonly generation: number | undefined },
): Promise<Result<undefined, Unfinished>> {
  try {
    if (generation !== undefined) await endPolls(env, instance, { account, generation });
    return ok(undefined);
  } catch (thrown) {
    jsonLog.write({ level: "error", event: "token.unrevoked", account, instance, detail: String(thrown) });
    return fail({
      kind: "unfinished",
      detail: `The old token of ${instance} may call no more, but may still ask for updates of ${account}`,
    });
  }
}

const unknownAccount = (account: string) => fail<PlatformProblem>({ kind: "unconfigured", detail: `no account is called ${account}` });

async function tokenOf(
  { account, channel, token }: Connection,
  instance: string,
  generation: number | undefined,
): Promise<Result<string, PlatformProblem>> {
  if (generation === undefined) return fail({ kind: "unconfigured", detail: "no generation is left: give the bot a new token" });
  if (channel.egress === undefined)
    return fail({ kind: "unconfigured", detail: `instances of ${channel.name} do not call through the edge` });
  return ok(await issueEdgeToken({ account: account.id, instance, generation }, channel.egress.tokenPrefix(token.open()), token));
}
