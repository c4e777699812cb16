/**
 * `instance check`: everything that can be found out about one instance from where the edge stands, without a message to anybody.
 * Each part judges for itself; this file only says what is asked, and of whom.
 */
import type { Channel } from "../../channels/channel.ts";
import type { Routes } from "../../config/routes.ts";
import type { UrlRules } from "../../core/url-guard.ts";
import { type AskedPool, askedPools } from "./asked-pools.ts";
import { checkAuthority, unasked } from "./authority.ts";
import { checkGateway, checkUrl } from "./gateway.ts";
import { keyLines } from "./handover-key.ts";
import { checkListener } from "./listener.ts";
import { callerOf, comparePools, learn, type MemberPorts, type Subject } from "./members.ts";
import { pollerLines, type SeenPoller } from "./pollers.ts";
import { bad, type CheckLine, type PoolVerdict, unknown } from "./report.ts";

export interface CheckPorts extends MemberPorts {
  readonly channels: ReadonlyMap<string, Channel>;
  readonly rules: UrlRules;
}

export interface CheckRequest {
  readonly instance: string;
  readonly probesUpdate: boolean;
  /** Whether an agent that strangers reach over /v1 may be asked one short question, which shows whether it has tools. */
  readonly takesTurns: boolean;
  /** Messages this instance ever took with the durable marker. */
  readonly accepted: number;
  /** How it asks for its updates; undefined when that could not be found out. */
  readonly pollers: readonly SeenPoller[] | undefined;
}

export interface CheckReport {
  readonly instance: string;
  /** Nothing failed and no pool is refused; warnings and unknowns are not failures. */
  readonly ok: boolean;
  readonly checks: readonly CheckLine[];
  /** Of the pools for which its agents are asked over /v1. */
  readonly pools: readonly PoolVerdict[];
}

export async function checkInstance(request: CheckRequest, routes: Routes, ports: CheckPorts): Promise<CheckReport> {
  const { instance: name } = request;
  const config = routes.instances.get(name);
  if (config === undefined) return report(name, [bad("instance", "not in the document", "Look at `clawedge instance list`.")]);
  const subject = { name, config, routes };
  const pools = askedPools(routes, name);
  const pollers = pollerLines(config.poll, request.pollers, ports.clock.nowMs());
  if (config.url === undefined) return report(name, [...noUrlLines(subject), ...pollers]);
  const url = checkUrl("url", config.url, ports.rules);
  if (url.status === "fail") return report(name, [...unasked(pools, url).lines, ...pollers], unasked(pools, url).verdicts);
  const [gateway, listeners, learned] = await Promise.all([
    checkGateway(config, callerOf(subject, ports.secrets), ports),
    listenerLines(request, subject, ports),
    learn(subject, ports),
  ]);
  const authority = await checkAuthority({ config, pools, settings: learned.settings, takesTurns: request.takesTurns }, ports);
  const compared = await comparePools({ ...learned.facts, version: gateway.version }, routes, ports);
  const accounts = [...noAccountLines(subject, pools), ...listeners, ...pollers];
  const keys = await keyLines(name, routes, ports.secrets);
  const lines = [url, ...gateway.lines, ...accounts, ...learned.lines, ...authority.lines, ...keys, ...compared];
  return report(name, lines, authority.verdicts);
}

const report = (instance: string, checks: readonly CheckLine[], pools: readonly PoolVerdict[] = []): CheckReport => ({
  instance,
  ok: checks.every(({ status }) => status !== "fail") && pools.every(({ verdict }) => verdict !== "refused"),
  checks,
  pools,
});

/** What polls needs no address; the rest is known from its calls alone. */
const noUrlLines = ({ config, ...at }: Subject): readonly CheckLine[] =>
  config.poll.length === 0
    ? noAccountLines({ config, ...at }, [])
    : [unknown("gateway", "it has no url: its version and settings cannot be asked", "Nothing to do where nothing can reach it.")];

function noAccountLines({ config }: Subject, pools: readonly AskedPool[]): readonly CheckLine[] {
  if (Object.keys(config.native).length > 0 || config.poll.length > 0 || pools.length > 0) return [];
  return [
    bad("accounts", "the document links no account to this instance", "Add an entry under native or poll, or take it out of its pools."),
  ];
}

async function listenerLines(
  request: CheckRequest,
  { config: instance, routes }: Subject,
  ports: CheckPorts,
): Promise<readonly CheckLine[]> {
  const lines = await Promise.all(
    Object.entries(instance.native).map(async ([id, native]) => {
      const channel = ports.channels.get(routes.accounts.get(id)?.channel ?? "");
      if (channel?.nativeSecretHeader === undefined) return [unknown(id, "its channel has no listener to check", "Nothing to do.")];
      const { rules, spanId } = ports;
      const secret = ports.secrets.get(native.secret);
      return checkListener({ ...request, account: id, channel, instance, native, secret, rules, spanId }, ports);
    }),
  );
  return lines.flat();
}
