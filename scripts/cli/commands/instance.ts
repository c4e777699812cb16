/** `clawedge instance list|show|check`: what the edge knows of its gateways, and a close look at one. */
import { type Command, isSet, operand } from "../command.ts";
import { facts, plural, table, time } from "../output.ts";

export interface LinkAnswer {
  readonly account: string;
  /** `native`, `poll`, `chat`. */
  readonly link: string;
  readonly apiRoot: string | null;
}

/** How an instance that asks for its updates does so, for one account. */
interface PollerAnswer {
  readonly account: string;
  /** 0: never. */
  readonly calledAtMs: number;
  readonly isWaiting: boolean;
  readonly open: number;
}

export interface InstanceAnswer {
  readonly name: string;
  readonly region: string | null;
  readonly url?: string | null;
  readonly pools: readonly string[];
  readonly links?: readonly LinkAnswer[];
  readonly isHealthy?: boolean;
  readonly isDraining?: boolean;
  readonly isDrainListed: boolean;
  /** Its conversations wait for it. */
  readonly isReturning?: boolean;
  /** Whether its gateway can be asked to finish. */
  readonly hasAdminRpc?: boolean;
  readonly drainingSinceMs?: number;
  /** Since when it says itself that it drains or is suspended. */
  readonly leavingSinceMs?: number;
  readonly quietAtMs: number | null;
  /** When every place of the edge knows of the last change. */
  readonly knownAtMs?: number;
  /** The edge's clock. */
  readonly nowMs: number;
  readonly reason?: string;
  readonly healthSinceMs?: number;
  readonly active?: number;
  readonly lastProbe?: { readonly version?: string; readonly verdict?: string; readonly reason?: string; readonly atMs?: number };
  readonly pollers?: readonly PollerAnswer[];
  /** Its object could not be asked. */
  readonly error?: string;
}

export const stateOf = ({ error, isHealthy, isDraining, isDrainListed }: InstanceAnswer): string => {
  if (error !== undefined) return "unheard";
  if (isDraining === true || isDrainListed) return isHealthy === true ? "draining" : "draining, not healthy";
  return isHealthy === true ? "healthy" : "not healthy";
};

const linksOf = ({ links = [] }: InstanceAnswer): readonly string[] => links.map(({ link, account }) => `${link} ${account}`);

export const instanceList: Command = {
  name: "instance list",
  summary: "Every instance: state, pools, conversations of the last hour, and by which link it takes which account",
  operands: [],
  options: {},
  notes: "Exit code 1 when an instance is not healthy and not drained.",
  run: async (call) => {
    const answer = await call.edge().get<{ readonly instances: readonly InstanceAnswer[] }>("/instances");
    const rows = answer.instances.map((one) => [
      ...[one.name, stateOf(one), one.region, one.pools, one.active ?? 0, linksOf(one), one.lastProbe?.version, one.error ?? one.reason],
    ]);
    call.output.answer(answer, () => table(["NAME", "STATE", "REGION", "POOLS", "ACTIVE", "LINKS", "VERSION", "WHY"], rows));
    const isBad = answer.instances.some((one) => one.isHealthy !== true && !one.isDrainListed);
    return isBad ? 1 : 0;
  },
};

export const instanceShow: Command = {
  name: "instance show",
  summary: "One instance: state and why, its links, and where its own calls go",
  operands: ["NAME"],
  options: {},
  notes: "Exit code 1 when it is not healthy and not drained.",
  run: async (call) => {
    const one = await call.edge().get<InstanceAnswer>(`/instances/${encodeURIComponent(operand(call, 0))}`);
    call.output.answer(one, () => showLines(one));
    return one.isHealthy === true || one.isDrainListed ? 0 : 1;
  },
};

function showLines(one: InstanceAnswer): readonly string[] {
  const { name, url, region, pools, links = [], pollers = [], healthSinceMs } = one;
  const since = healthSinceMs === undefined || healthSinceMs === 0 ? undefined : time(healthSinceMs);
  const rows = links.map(({ account, link, apiRoot }) => [account, link, apiRoot]);
  return [
    ...facts({ instance: name, state: stateOf(one), since, why: one.error ?? one.reason, url, region, pools }),
    ...facts({ "draining since": one.drainingSinceMs === undefined ? undefined : time(one.drainingSinceMs) }),
    ...(one.isReturning === true ? facts({ "it returns": "its conversations wait for it" }) : []),
    "",
    ...(rows.length === 0 ? ["the document links no account to it"] : table(["ACCOUNT", "LINK", "API ROOT"], rows)),
    ...(pollers.length === 0 ? [] : ["", ...table(["POLLS FOR", "LAST CALL", "WAITS NOW", "UNCONFIRMED"], pollers.map(pollerRow))]),
  ];
}

const pollerRow = ({ account, calledAtMs, isWaiting, open }: PollerAnswer): readonly unknown[] => [
  ...[account, calledAtMs === 0 ? "never" : time(calledAtMs), isWaiting, open],
];

interface CheckAnswer {
  readonly instance: string;
  readonly ok: boolean;
  readonly pools?: readonly { readonly name: string; readonly verdict: string; readonly reason: string }[];
  readonly checks: readonly { readonly check: string; readonly status: string; readonly detail: string; readonly fix?: string }[];
}

export const instanceCheck: Command = {
  name: "instance check",
  summary: "Look at one instance from where the edge stands: addresses, secrets, marker, versions, settings, authority",
  operands: ["NAME"],
  options: {
    "probe-update": { type: "boolean", help: "prove the durable marker with a harmless update that starts no turn" },
    "no-turn": { type: "boolean", help: "ask no agent anything: whether it has tools stays unknown" },
  },
  notes: `It sends a wrong secret once and no message to anybody. Settings (dmScope, dmPolicy, addresses) are read when the instance has
adminRpc: true and a gateway token. For each pool whose agent is asked over /v1 it proves that strangers get no more than that agent
may do, with one short turn of it, or refuses the pool. Exit code 1 when a check fails or a pool is refused; warnings and unknowns
are not failures.`,
  run: async (call) => {
    const asked = { probeUpdate: isSet(call, "probe-update"), noTurn: isSet(call, "no-turn") };
    const query = Object.entries(asked).flatMap(([name, isAsked]) => (isAsked ? [`${name}=1`] : []));
    const path = `/instances/${encodeURIComponent(operand(call, 0))}/check`;
    const answer = await call.edge().get<CheckAnswer>(query.length === 0 ? path : `${path}?${query.join("&")}`);
    call.output.answer(answer, () => checkLines(answer));
    return answer.ok ? 0 : 1;
  },
};

function checkLines({ checks, pools = [] }: CheckAnswer): readonly string[] {
  const rows = checks.map(({ status, check, detail }) => [status, check, detail]);
  const fixes = checks.filter(({ status, fix }) => status !== "ok" && fix !== undefined).map(({ check, fix }) => `${check}: ${fix}`);
  const count = (wanted: string): number => checks.filter(({ status }) => status === wanted).length;
  const verdict = `${plural(count("fail"), "failure")}, ${plural(count("warn"), "warning")}, ${count("unknown")} unknown`;
  return [
    ...table(["STATUS", "CHECK", "DETAIL"], rows),
    ...(fixes.length === 0 ? [] : ["", "What to do:", ...fixes.map((fix) => `  ${fix}`)]),
    "",
    ...pools.map(({ name, verdict: said, reason }) => `pool ${name}: ${said}: ${reason}`),
    verdict,
  ];
}
