/** `npm run sim`: many simulated worlds, or one and its story, or the proof that planted mistakes are found. */
import { writeFileSync } from "node:fs";
import { BUGS, bugNames } from "./bugs.ts";
import { HELP, readCommandLine, type SimSettings } from "./command-line.ts";
import { surveyInJobs } from "./jobs.ts";
import { runSeed } from "./seed.ts";
import { find, type Seeds } from "./survey.ts";

interface Report {
  readonly isMet: boolean;
  readonly lines: readonly string[];
  readonly json: object;
}

/** A story is told from its end: what broke the promise stands there. */
const STORY_LINES = 40;

async function surveyed({ bug, jobs, ...seeds }: SimSettings): Promise<Report> {
  const beganAtMs = performance.now();
  const { failures, ...counts } = await surveyInJobs(seeds, jobs, bug);
  const seconds = (performance.now() - beganAtMs) / 1000;
  const rate = Math.round(counts.seeds / seconds);
  const { messages, events, deaths, moves, endings } = counts;
  const said = [
    `${counts.seeds} seeds: ${messages} messages, ${events} events, ${deaths} deaths of objects, ${moves} moves; ${rate} seeds/s`,
    Object.entries(endings)
      .toSorted()
      .map(([name, count]) => `${count} ${name}`)
      .join(", "),
  ];
  const found = failures.map(({ seed, fault }) => `seed ${seed}: ${fault}`);
  const [first] = failures;
  const bent = bug === undefined ? "" : ` --bug ${bug}`;
  const story = first === undefined ? [] : ["", ...storyOf(first.seed, { bug }), "", `npm run sim -- --seed ${first.seed}${bent}`];
  return { isMet: failures.length === 0, lines: [...said, ...found, ...story], json: { ...counts, seconds, failures } };
}

function storyOf(seed: number, { bug, isWhole = false }: Pick<SimSettings, "bug"> & { readonly isWhole?: boolean }): readonly string[] {
  const { story } = runSeed(seed, { bug, isTold: true });
  return isWhole ? story : story.slice(-STORY_LINES);
}

function told({ from, bug }: SimSettings): Report {
  const { story, ...run } = runSeed(from, { bug, isTold: true });
  return { isMet: run.fault === undefined, lines: [...story, "", run.fault ?? "every promise was kept"], json: run };
}

function proven(seeds: Seeds): Report {
  const found = bugNames.map((bug) => ({ bug, ...find(bug, seeds) }));
  const lines = found.map(({ bug, seed, fault }) =>
    seed === undefined ? `NOT FOUND  ${bug}: ${BUGS[bug]}` : `seed ${String(seed).padStart(5)}  ${bug}: ${fault}`,
  );
  return { isMet: found.every(({ seed }) => seed !== undefined), lines, json: { found } };
}

async function reportOf(settings: SimSettings): Promise<Report> {
  if (settings.isProof) return proven(settings);
  return settings.isStory ? told(settings) : surveyed(settings);
}

function settingsOf(): SimSettings | undefined {
  try {
    return readCommandLine(process.argv.slice(2));
  } catch (error) {
    console.error(`sim: ${error instanceof Error ? error.message : String(error)}\nSee: npm run sim -- --help`);
    process.exit(2);
  }
}

const settings = settingsOf();
if (settings === undefined) console.log(HELP);
else {
  const report = await reportOf(settings);
  console.log(report.lines.join("\n"));
  if (settings.jsonFile !== undefined) writeFileSync(settings.jsonFile, `${JSON.stringify(report.json, null, 2)}\n`);
  process.exitCode = report.isMet ? 0 : 1;
}
