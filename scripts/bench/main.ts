/** `npm run bench`: ratios of the real bundle to baselines of the same run, as a table and as JSON. Never part of the tests. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBundle } from "../edge/build.ts";
import type { Bundle } from "../edge/manifest.ts";
import { ackPlan, measureAck } from "./ack.ts";
import { type BenchSettings, HELP, readCommandLine } from "./command-line.ts";
import { measureFiles } from "./files.ts";
import { measureBacklog } from "./memory.ts";
import { measureRealGateway } from "./real-gateway.ts";
import { ackReport, memoryReport, type Report } from "./report.ts";
import { canMeasure } from "./resident.ts";

async function measureMemory(bundle: Bundle, dir: string): Promise<Report> {
  if (!canMeasure()) throw new Error("memory is read from /proc, which this system does not have");
  const backlogs = [await measureBacklog(bundle, dir, 64), await measureBacklog(bundle, dir, 500)];
  return memoryReport(backlogs, await measureFiles(bundle, dir));
}

async function bench({ isMemory, rounds, jsonFile }: BenchSettings): Promise<boolean> {
  const dir = mkdtempSync(join(tmpdir(), "clawedge-bench-"));
  try {
    const bundle = await ensureBundle();
    const report = isMemory
      ? await measureMemory(bundle, dir)
      : ackReport(await measureAck(bundle, dir, ackPlan(rounds)), await measureRealGateway());
    console.log(report.lines.join("\n"));
    if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify(report.json, null, 2)}\n`);
    return report.isMet;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function settings(): BenchSettings | undefined {
  try {
    return readCommandLine(process.argv.slice(2));
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}\nSee: npm run bench -- --help`);
    process.exit(2);
  }
}

const given = settings();
if (given === undefined) console.log(HELP);
else process.exitCode = (await bench(given)) ? 0 : 1;
