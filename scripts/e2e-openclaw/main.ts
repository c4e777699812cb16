/** `npm run e2e:openclaw`: ClawEdge in front of real OpenClaw gateways, end to end. Installs nothing, and leaves no process behind. */
import { parseArgs } from "node:util";
import { EdgeFailure, usageFailure } from "../edge/failure.ts";
import { affinity } from "./cases/affinity.ts";
import type { Case, Stage } from "./cases/case.ts";
import { crash } from "./cases/crash.ts";
import { duplicates } from "./cases/duplicates.ts";
import { egress } from "./cases/egress.ts";
import { groups } from "./cases/groups.ts";
import { newcomer } from "./cases/newcomer.ts";
import { registration } from "./cases/registration.ts";
import { findInstallation, HOW_TO_INSTALL } from "./installation.ts";
import { type CaseReport, figuresOf, tell, tellFigures, writeJson } from "./report.ts";
import { Broken } from "./until.ts";
import { type Ending, ending, FIRST, startWorld } from "./world.ts";

/** Each leaves the stage as the next expects it. */
const CASES: readonly Case[] = [registration, affinity, groups, duplicates, crash, newcomer, egress];

const HELP = `npm run -s e2e:openclaw -- [--json FILE] [--keep]

Starts real OpenClaw gateways behind the edge, on loopback, with stand-ins for Telegram and the model, and checks what the edge promises.

  --json FILE   write the cases and the figures as JSON
  --keep        leave the temporary directory (logs, routes, state) behind and say where it is
  --help        this text

OPENCLAW_RIG names the directory with OpenClaw. ${HOW_TO_INSTALL}

Takes about four minutes and 3 GB of memory. Exit codes: 0 every case holds, 1 one does not, 2 OPENCLAW_RIG or the flags are wrong.
`;

interface Flags {
  readonly json?: string;
  readonly keep: boolean;
  readonly help: boolean;
}

function readFlags(args: readonly string[]): Flags {
  const options = {
    json: { type: "string" },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true }).values as Flags;
  } catch (error) {
    throw usageFailure(`${error instanceof Error ? error.message : String(error)}\nSee: npm run -s e2e:openclaw -- --help`);
  }
}

async function runCase({ name, run }: Case, stage: Stage): Promise<CaseReport> {
  const startedAtMs = Date.now();
  const report = (ok: boolean, sentence: string): CaseReport => ({ name, ok, sentence, ms: Date.now() - startedAtMs });
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
  const installation = findInstallation(process.env["OPENCLAW_RIG"]);
  const world = await startWorld(installation, { end, isKept: flags.keep });
  await world.admin.setWebhook();
  for (const name of FIRST) console.log(`     ${name}: OpenClaw ${installation.version} is ready after ${await world.join(name)} ms`);
  const stage: Stage = { ...world, owners: new Map() };
  const reports: CaseReport[] = [];
  for (const each of CASES) {
    const report = await runCase(each, stage);
    tell(report);
    reports.push(report);
  }
  const figures = figuresOf(world);
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
