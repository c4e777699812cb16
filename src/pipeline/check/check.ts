/**
 * `instance check`: everything that can be found out about one instance from where the edge stands, without a message to anybody.
 * Each part judges for itself; this file only says what is asked, and of whom.
 */
import type { Channel } from "../../channels/channel.ts";
import type { Routes } from "../../config/routes.ts";
import type { InstanceConfig } from "../../config/schema.ts";
import type { Account } from "../../core/account.ts";
import type { Secret } from "../../core/secret.ts";
import type { UrlRules } from "../../core/url-guard.ts";
import type { LinkPorts } from "../../links/link.ts";
import type { Secrets } from "../../ports/secrets.ts";
import { type Addresses, accountLines, dmScopeOf, scopeLines } from "./agreement.ts";
import { checkGateway, checkUrl, versionOf } from "./gateway.ts";
import { checkListener } from "./listener.ts";
import { type MemberFacts, poolLines } from "./pool.ts";
import { bad, type CheckLine, unknown } from "./report.ts";
import { readSettings, type Settings } from "./settings.ts";

export interface CheckPorts extends LinkPorts {
  readonly secrets: Secrets;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly rules: UrlRules;
  readonly addresses: (account: Account, instance: string) => Addresses;
  readonly spanId: string;
}

export interface CheckRequest {
  readonly instance: string;
  readonly probesUpdate: boolean;
  /** Messages this instance ever took with the durable marker. */
  readonly accepted: number;
}

export interface CheckReport {
  readonly instance: string;
  /** Nothing failed; warnings and unknowns are not failures. */
  readonly ok: boolean;
  readonly checks: readonly CheckLine[];
}

export async function checkInstance(request: CheckRequest, routes: Routes, ports: CheckPorts): Promise<CheckReport> {
  const { instance: name } = request;
  const config = routes.instances.get(name);
  if (config === undefined) return report(name, [bad("instance", "not in the document", "Look at `clawedge instance list`.")]);
  if (config.url === undefined)
    return report(name, [unknown("url", "it has none: nothing of it can be asked", "Its polling shows in `clawedge instance list`.")]);
  const url = checkUrl("url", config.url, ports.rules);
  if (url.status === "fail") return report(name, [url]);
  const token = tokenOf(config, ports);
  const [gateway, listeners, settings] = await Promise.all([
    checkGateway(config, token, ports),
    listenerLines(request, config, routes, ports),
    settingsLines(name, config, routes, ports),
  ]);
  const mine = { ...settings.facts, version: gateway.version };
  const pools = await comparePools(mine, routes, ports);
  return report(name, [url, ...gateway.lines, ...listeners, ...settings.lines, ...pools]);
}

const report = (instance: string, checks: readonly CheckLine[]): CheckReport => ({
  instance,
  ok: checks.every(({ status }) => status !== "fail"),
  checks,
});

const tokenOf = (config: InstanceConfig, { secrets }: CheckPorts): Secret | undefined =>
  config.secrets.gateway === undefined ? undefined : secrets.get(config.secrets.gateway);

async function listenerLines(
  request: CheckRequest,
  instance: InstanceConfig,
  routes: Routes,
  ports: CheckPorts,
): Promise<readonly CheckLine[]> {
  const linked = Object.entries(instance.native);
  if (linked.length === 0) {
    return [bad("accounts", "the document links no account to this instance", "Add an entry under native, or take it out of its pools.")];
  }
  const lines = await Promise.all(
    linked.map(async ([id, native]) => {
      const channel = ports.channels.get(routes.accounts.get(id)?.channel ?? "");
      if (channel?.nativeSecretHeader === undefined) return [unknown(id, "its channel has no listener to check", "Nothing to do.")];
      const { rules, spanId } = ports;
      const secret = ports.secrets.get(native.secret);
      return checkListener({ ...request, account: id, channel, instance, native, secret, rules, spanId }, ports);
    }),
  );
  return lines.flat();
}

interface Learned {
  readonly lines: readonly CheckLine[];
  readonly facts: MemberFacts;
}

const SETTINGS_FIX =
  "Enable the gateway's plugin admin-http-rpc on a private address, and set adminRpc: true and secrets.gateway on the instance. Or compare by hand: docs/operating.md.";

async function settingsLines(name: string, config: InstanceConfig, routes: Routes, ports: CheckPorts): Promise<Learned> {
  const token = tokenOf(config, ports);
  if (!config.adminRpc || token === undefined) {
    return {
      facts: { instance: name },
      lines: [unknown("settings", "not read: dmScope, dmPolicy and addresses are not known", SETTINGS_FIX)],
    };
  }
  const settings = await readSettings(config, token, ports);
  if (!settings.ok) return { facts: { instance: name }, lines: [bad("settings", `not readable: ${settings.problem}`, SETTINGS_FIX)] };
  return judge(name, config, settings.value, { routes, ports });
}

function judge(
  name: string,
  config: InstanceConfig,
  settings: Settings,
  at: { readonly routes: Routes; readonly ports: CheckPorts },
): Learned {
  const accounts = Object.keys(config.native).flatMap((id) => at.routes.accounts.get(id) ?? []);
  const agreements = accounts.map((account) => accountLines(account, settings, at.ports.addresses(account, name)));
  const dmPolicies = accounts.flatMap(({ id }, index) => {
    const policy = agreements[index]?.dmPolicy;
    return policy === undefined ? [] : [[id, policy] as const];
  });
  return {
    lines: [...scopeLines(settings, accounts), ...agreements.flatMap(({ lines }) => lines)],
    facts: { instance: name, dmScope: dmScopeOf(settings), dmPolicies: Object.fromEntries(dmPolicies) },
  };
}

async function comparePools(mine: MemberFacts, routes: Routes, ports: CheckPorts): Promise<readonly CheckLine[]> {
  const pools = [...routes.pools].filter(([, pool]) => pool.instances.includes(mine.instance));
  const others = [...new Set(pools.flatMap(([, pool]) => pool.instances))].filter((name) => name !== mine.instance);
  const known = new Map([[mine.instance, mine], ...(await Promise.all(others.map((name) => factsOf(name, routes, ports))))]);
  return pools.flatMap(([pool, { instances }]) =>
    poolLines(
      pool,
      instances.map((instance) => known.get(instance) ?? { instance }),
    ),
  );
}

async function factsOf(name: string, routes: Routes, ports: CheckPorts): Promise<readonly [string, MemberFacts]> {
  const config = routes.instances.get(name);
  if (config === undefined) return [name, { instance: name }];
  const [version, { facts }] = await Promise.all([
    versionOf(config, tokenOf(config, ports), ports),
    settingsLines(name, config, routes, ports),
  ]);
  return [name, { ...facts, version }];
}
