/** The operator's check of the gateways behind the WhatsApp number: asked with the edge's own rights, they may do one thing only. */
import type { ModelCall } from "../../fakes/model.ts";
import type { Checked } from "../operator.ts";
import { must } from "../until.ts";
import { ASKED } from "../world.ts";
import type { Case, Stage } from "./case.ts";

/** What the check itself says to an agent, with decoys in the place of tools. */
const PROBE = "ping";

const count = ({ checks }: Checked, status: string): number => checks.filter((line) => line.status === status).length;

async function look({ admin }: Stage, name: string): Promise<string> {
  const report = await admin.check(name);
  const amiss = report.checks.filter(({ status }) => status !== "ok").map(({ check, detail }) => `${check}: ${detail}`);
  must(report.ok && report.exitCode === 0 && amiss.length === 0, `instance check ${name}: ${amiss.join(" | ")}`);
  return `${name} ${count(report, "ok")} of ${report.checks.length} ok`;
}

/** Of the gateways that are asked, for people. */
const callsForPeople = ({ model }: Pick<Stage, "model">): readonly ModelCall[] =>
  model.calls().filter(({ instance, typed }) => ASKED.includes(instance) && typed.at(-1) !== PROBE);

/**
 * Whatever people wrote, the model that read it could do nothing but answer, and knew where they are. A turn that a gateway goes on with
 * after its crash is nobody's: it has no tools either, and no channel. Returns how often models were asked.
 */
export function mustBePowerless(stage: Pick<Stage, "model" | "parked">): number {
  const calls = callsForPeople(stage);
  const armed = calls.find(({ tools }) => tools.length > 0);
  must(armed === undefined, `the model of ${armed?.instance} was given tools: ${armed?.tools.join(", ")}`);
  const own = new Set(stage.parked.values());
  const strange = calls.find(({ channel, typed }) => channel !== "whatsapp" && !own.has(typed.at(-1) ?? ""));
  must(strange === undefined, `the model of ${strange?.instance} was told the channel ${strange?.channel}`);
  return calls.length;
}

export const leastPrivilege: Case = {
  name: "least-privilege",
  run: async (stage) => {
    const looks: string[] = [];
    for (const name of ASKED) looks.push(await look(stage, name));
    must(callsForPeople(stage).length === 0, "the check asked a model for more than its probe");
    return `clawedge instance check: ${looks.join(", ")}`;
  },
};
