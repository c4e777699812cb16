/** `clawedge instance list|check`: what the edge knows of its gateways, and a close look at one. */
import { type Command, isSet, operand } from "../command.ts";
import { plural, table } from "../output.ts";

export interface InstanceAnswer {
  readonly name: string;
  readonly region: string | null;
  readonly pools: readonly string[];
  readonly isHealthy?: boolean;
  readonly isDraining?: boolean;
  readonly isDrainListed: boolean;
  readonly drainingSinceMs?: number;
  readonly quietAtMs: number | null;
  /** The edge's clock. */
  readonly nowMs: number;
  readonly reason?: string;
  readonly active?: number;
  readonly lastProbe?: { readonly version?: string };
  /** Its object could not be asked. */
  readonly error?: string;
}

export const stateOf = ({ error, isHealthy, isDraining, isDrainListed }: InstanceAnswer): string => {
  if (error !== undefined) return "unheard";
  if (isDraining === true || isDrainListed) return isHealthy === true ? "draining" : "draining, not healthy";
  return isHealthy === true ? "healthy" : "not healthy";
};

export const instanceList: Command = {
  name: "instance list",
  summary: "Every instance: state, pools, conversations of the last hour",
  operands: [],
  options: {},
  notes: "Exit code 1 when an instance is not healthy and not drained.",
  run: async (call) => {
    const answer = await call.edge().get<{ readonly instances: readonly InstanceAnswer[] }>("/instances");
    const rows = answer.instances.map((one) => [
      ...[one.name, stateOf(one), one.region, one.pools, one.active ?? 0, one.lastProbe?.version, one.error ?? one.reason],
    ]);
    call.output.answer(answer, () => table(["NAME", "STATE", "REGION", "POOLS", "ACTIVE", "VERSION", "WHY"], rows));
    const isBad = answer.instances.some((one) => one.isHealthy !== true && !one.isDrainListed);
    return isBad ? 1 : 0;
  },
};

interface CheckAnswer {
  readonly instance: string;
  readonly ok: boolean;
  readonly checks: readonly { readonly check: string; readonly status: string; readonly detail: string; readonly fix?: string }[];
}

export const instanceCheck: Command = {
  name: "instance check",
  summary: "Look at one instance from where the edge stands: addresses, secrets, marker, versions, settings",
  operands: ["NAME"],
  options: {
    "probe-update": { type: "boolean", help: "prove the durable marker with a harmless update that starts no turn" },
  },
  notes: `It sends a wrong secret once and no message to anybody. Settings (dmScope, dmPolicy, addresses) are read when the instance has
adminRpc: true and a gateway token. Exit code 1 when a check fails; warnings and unknowns are not failures.`,
  run: async (call) => {
    const query = isSet(call, "probe-update") ? "?probeUpdate=1" : "";
    const answer = await call.edge().get<CheckAnswer>(`/instances/${encodeURIComponent(operand(call, 0))}/check${query}`);
    call.output.answer(answer, () => checkLines(answer));
    return answer.ok ? 0 : 1;
  },
};

function checkLines({ checks }: CheckAnswer): readonly string[] {
  const rows = checks.map(({ status, check, detail }) => [status, check, detail]);
  const fixes = checks.filter(({ status, fix }) => status !== "ok" && fix !== undefined).map(({ check, fix }) => `${check}: ${fix}`);
  const count = (wanted: string): number => checks.filter(({ status }) => status === wanted).length;
  const verdict = `${plural(count("fail"), "failure")}, ${plural(count("warn"), "warning")}, ${count("unknown")} unknown`;
  return [
    ...table(["STATUS", "CHECK", "DETAIL"], rows),
    ...(fixes.length === 0 ? [] : ["", "What to do:", ...fixes.map((fix) => `  ${fix}`)]),
    "",
    verdict,
  ];
}
