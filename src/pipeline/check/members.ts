/** What the check learns of an instance from its settings, and of the other members of its pools to compare it with. */
import { chatAuthOf } from "../../config/ids.ts";
import type { Routes } from "../../config/routes.ts";
import type { InstanceConfig } from "../../config/schema.ts";
import type { Account } from "../../core/account.ts";
import type { Secrets } from "../../ports/secrets.ts";
import { readerHeaders } from "../admin-rpc.ts";
import { type Addresses, accountLines, dmScopeOf, pollingAccountLines, scopeLines } from "./agreement.ts";
import { askedPools } from "./asked-pools.ts";
import type { AuthorityPorts } from "./authority.ts";
import { type Caller, callerHeaders, versionOf } from "./gateway.ts";
import { type MemberFacts, poolLines } from "./pool.ts";
import { bad, type CheckLine, good, unknown } from "./report.ts";
import { readSettings, type Settings } from "./settings.ts";

export interface MemberPorts extends AuthorityPorts {
  readonly addresses: (account: Account, instance: string) => Addresses;
}

/** One instance of the document in force. */
export interface Subject {
  readonly name: string;
  readonly config: InstanceConfig;
  readonly routes: Routes;
}

export interface Learned {
  readonly lines: readonly CheckLine[];
  readonly facts: MemberFacts;
  /** Undefined where they could not be read. */
  readonly settings?: Settings;
}

export function callerOf({ name, config, routes }: Subject, secrets: Secrets): Caller {
  const token = config.secrets.gateway === undefined ? undefined : secrets.get(config.secrets.gateway);
  return { token, isUser: chatAuthOf(config) === "trusted-proxy" && askedPools(routes, name).length > 0 };
}

const SETTINGS_FIX =
  "Enable the gateway's plugin admin-http-rpc on a private address, and set adminRpc: true and secrets.gateway on the instance. Or compare by hand: docs/operating.md.";

/** Agents that are asked over /v1 need no settings read: what decides is proven by asking. */
export async function learn(subject: Subject, ports: MemberPorts): Promise<Learned> {
  const { name, config } = subject;
  const facts = { instance: name };
  const speaks = Object.keys(config.native).length > 0 || config.poll.length > 0;
  const headers = config.adminRpc ? headersOf(subject, ports.secrets) : undefined;
  if (headers === undefined) {
    const line = unknown("settings", "not read: dmScope, dmPolicy and addresses are not known", SETTINGS_FIX);
    return { facts, lines: speaks ? [line] : [] };
  }
  const settings = await readSettings(config, headers, ports);
  if (!settings.ok) return { facts, lines: [bad("settings", `not readable: ${settings.problem}`, SETTINGS_FIX)] };
  return speaks ? judge(subject, settings.value, ports) : { facts, settings: settings.value, lines: [good("settings", "read")] };
}

/** Undefined without anything to show. A user shows all that the way there asks for. */
function headersOf(subject: Subject, secrets: Secrets): Readonly<Record<string, string>> | undefined {
  const caller = callerOf(subject, secrets);
  if (!caller.isUser) return caller.token === undefined ? undefined : callerHeaders(subject.config, caller);
  const headers = readerHeaders(subject.config, secrets);
  return headers.ok ? headers.value : undefined;
}

function judge({ name, config, routes }: Subject, settings: Settings, ports: MemberPorts): Learned {
  const linked = [
    ...Object.keys(config.native).map((id) => [id, accountLines] as const),
    ...config.poll.map((id) => [id, pollingAccountLines] as const),
  ];
  const judged = linked.flatMap(([id, linesOf]) => {
    const account = routes.accounts.get(id);
    return account === undefined ? [] : [{ account, agreement: linesOf(account, settings, ports.addresses(account, name)) }];
  });
  const dmPolicies = judged.flatMap(({ account, agreement }) =>
    agreement.dmPolicy === undefined ? [] : [[account.id, agreement.dmPolicy] as const],
  );
  const accounts = judged.map(({ account }) => account);
  return {
    settings,
    lines: [...scopeLines(settings, accounts), ...judged.flatMap(({ agreement }) => agreement.lines)],
    facts: { instance: name, dmScope: dmScopeOf(settings), dmPolicies: Object.fromEntries(dmPolicies) },
  };
}

/** Compares this instance with everybody it shares a pool with. */
export async function comparePools(mine: MemberFacts, routes: Routes, ports: MemberPorts): Promise<readonly CheckLine[]> {
  const pools = [...routes.pools].filter(([, pool]) => pool.instances.includes(mine.instance));
  const others = [...new Set(pools.flatMap(([, pool]) => pool.instances))].filter((name) => name !== mine.instance);
  const known = new Map([[mine.instance, mine], ...(await Promise.all(others.map((name) => factsOf(name, routes, ports))))]);
  return pools.flatMap(([pool, { instances }]) => {
    const members = instances.map((instance) => known.get(instance) ?? { instance });
    return poolLines(
      pool,
      members,
      instances.every((name) => isAskedOnly(routes.instances.get(name))),
    );
  });
}

const isAskedOnly = (config: InstanceConfig | undefined): boolean =>
  config !== undefined && Object.keys(config.native).length === 0 && config.poll.length === 0;

async function factsOf(name: string, routes: Routes, ports: MemberPorts): Promise<readonly [string, MemberFacts]> {
  const config = routes.instances.get(name);
  if (config?.url === undefined) return [name, { instance: name }];
  const subject = { name, config, routes };
  const [version, { facts }] = await Promise.all([versionOf(config, callerOf(subject, ports.secrets), ports), learn(subject, ports)]);
  return [name, { ...facts, version }];
}
