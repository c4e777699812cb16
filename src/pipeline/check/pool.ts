/** Compares the members of a pool: an instance that differs from the others answers differently after a failover. Pure. */
import { bad, type CheckLine, good, unknown, warn } from "./report.ts";

/** What was learned of one member; undefined where nothing could be. */
export interface MemberFacts {
  readonly instance: string;
  readonly version?: string | undefined;
  readonly dmScope?: string | undefined;
  /** By account; accounts that not all members serve are compared among those that do. */
  readonly dmPolicies?: Readonly<Record<string, string>> | undefined;
}

/** `isAskedOnly`: sessions of agents that are asked over /v1 have names of the edge's making, and no settings of the gateway count. */
export function poolLines(pool: string, members: readonly MemberFacts[], isAskedOnly = false): readonly CheckLine[] {
  if (members.length < 2) return [];
  const version = compare(`pool ${pool}: version`, members, (member) => member.version, warn);
  if (isAskedOnly) return [version];
  return [version, compare(`pool ${pool}: dmScope`, members, (member) => member.dmScope, bad), ...policyLines(pool, members)];
}

function policyLines(pool: string, members: readonly MemberFacts[]): readonly CheckLine[] {
  const accounts = new Set(members.flatMap(({ dmPolicies }) => Object.keys(dmPolicies ?? {})));
  return [...accounts].flatMap((account) => {
    const serving = members.filter(({ dmPolicies }) => dmPolicies === undefined || Object.hasOwn(dmPolicies, account));
    return serving.length < 2
      ? []
      : [compare(`pool ${pool}: dmPolicy of ${account}`, serving, (member) => member.dmPolicies?.[account], warn)];
  });
}

type Complain = (check: string, detail: string, fix: string) => CheckLine;

function compare(
  check: string,
  members: readonly MemberFacts[],
  read: (member: MemberFacts) => string | undefined,
  complain: Complain,
): CheckLine {
  const known = members.filter((member) => read(member) !== undefined);
  const values = Map.groupBy(known, (member) => read(member) ?? "");
  const told = [...values].map(([value, group]) => `${value} (${group.map(({ instance }) => instance).join(", ")})`).join("; ");
  if (values.size > 1)
    return complain(check, `the members differ: ${told}`, "Make them equal: a conversation that moves must find the same gateway.");
  const missing = members.filter((member) => read(member) === undefined).map(({ instance }) => instance);
  if (missing.length > 0) {
    const fix = "Give these instances secrets.gateway, and adminRpc: true with the plugin admin-http-rpc.";
    return unknown(check, `not known of ${missing.join(", ")}${told === "" ? "" : `; else ${told}`}`, fix);
  }
  return good(check, told);
}
