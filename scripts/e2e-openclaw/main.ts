/** `npm run e2e:openclaw`: ClawEdge in front of real OpenClaw gateways, end to end. Installs nothing, and leaves no process behind. */
import { parseArgs } from "node:util";
import { EdgeFailure, usageFailure } from "../edge/failure.ts";
import type { Case, Stage } from "./cases/case.ts";
import { type Ending, ending } from "./ending.ts";
import { findInstallation, HOW_TO_INSTALL } from "./installation.ts";
import { CHAOS, PARTS, type Part } from "./parts.ts";
import { allFigures, type CaseReport, tell, tellFigures, writeJson } from "./report.ts";
import { Broken } from "./until.ts";
import { startWorld } from "./world.ts";

const HELP = `npm run -s e2e:openclaw -- [--only PART | --chaos] [--json FILE] [--keep]

Starts real OpenClaw gateways behind the edge, on loopback, with stand-ins for Telegram, Meta and the model, and checks what the edge promises.

  --only PART   run this part alone; may be given more than once
  --chaos       run the part chaos alone: moves, crashes, late answers, a rollout
  --json FILE   write the cases and the figures as JSON
  --keep        leave the temporary directory (logs, routes, state) behind and say where it is
  --help        this text

Parts, in their order, and their cases; chaos only when it is asked for:

${[...PARTS, CHAOS].map(({ name, what, cases }) => `  ${name.padEnd(10)}${what}:\n${" ".repeat(12)}${cases.map((each) => each.name).join(", ")}`).join("\n")}

OPENCLAW_RIG names the directory with OpenClaw. ${HOW_TO_INSTALL}

Takes about nine minutes and 4 GB of memory. Exit codes: 0 every case holds, 1 one does not, 2 OPENCLAW_RIG or the flags are wrong.
`;

interface Flags {
  readonly json?: string;
  readonly only?: readonly string[];
  readonly chaos: boolean;
  readonly keep: boolean;
  readonly help: boolean;
}

function readFlags(args: readonly string[]): Flags {
  const options = {
    json: { type: "string" },
    only: { type: "string", multiple: true },
    chaos: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true }).values as Flags;
  } catch (error) {
    throw usageFailure(`${error instanceof Error ? error.message : String(error)}\nSee: npm run -s e2e:openclaw -- --help`);
  }
}

function chosen({ only, chaos }: Flags): readonly Part[] {
  if (chaos) return [CHAOS];
  if (only === undefined) return PARTS;
  const unknown = only.find((name) => PARTS.every((part) => part.name !== name));
  if (unknown !== undefined) throw usageFailure(`--only ${unknown}: the parts are ${PARTS.map(({ name }) => name).join(", ")}`);
  return PARTS.filter(({ name }) => only.includes(name));
}

async function open(part: Part, stage: Stage, version: string): Promise<void> {
  if (part.isAlone) for (const gateway of stage.gateways.values()) await gateway.kill();
  await part.open?.(stage);
  for (const name of part.gateways.filter((each) => !stage.gateways.has(each)))
    console.log(`     ${name}: OpenClaw ${version} is ready after ${await stage.join(name)} ms`);
}

async function runCase({ name, run }: Case, part: string, stage: Stage): Promise<CaseReport> {
  const startedAtMs = Date.now();
  const report = (ok: boolean, sentence: string): CaseReport => ({ part, name, ok, sentence, ms: Date.now() - startedAtMs });
  try {
    return report(true, await run(stage));
  } catch (error) {
    return report(
      false,
      error instanceof Broken || error instanceof EdgeFailure ? error.message : `${error instanceof Error ? error.stack : error}`,
    );
  }
}

async function prove(end: Ending, flags: Flags): Promise<boolean> {
  const parts = chosen(flags);
  const installation = findInstallation(process.env["OPENCLAW_RIG"]);
  const world = await startWorld(installation, { end, isKept: flags.keep, isChaos: flags.chaos });
  await world.admin.setWebhook();
  const stage: Stage = { ...world, owners: new Map(), customers: new Map(), parked: new Map() };
  const reports: CaseReport[] = [];
  for (const part of parts) {
    await open(part, stage, installation.version);
    for (const each of part.cases) {
      const report = await runCase(each, part.name, stage);
      tell(report);
      reports.push(report);
    }
  }
  const figures = allFigures(world);
  tellFigures(figures);
  const ok = reports.every((report) => report.ok);
  if (flags.json !== undefined) writeJson(flags.json, { ok, openclaw: installation.version, cases: reports, figures });
  return ok;
}

async function main(args: readonly string[]): Promise<number> {
  const flags = readFlags(args);
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const end = ending();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => void end.run().finally(() => process.exit(1)));
  try {
    return (await prove(end, flags)) ? 0 : 1;
  } finally {
    await end.run();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof EdgeFailure)) throw error;
  console.error(`e2e:openclaw: ${error.message}`);
  process.exitCode = error.exitCode;
}
