/** `npm run edge`: the real bundle in workerd, until a signal or the end of workerd. Thin: everything happens in run.ts. */
import { ensureBundle } from "./build.ts";
import { HELP, readCommandLine } from "./command-line.ts";
import { EdgeFailure } from "./failure.ts";
import { followNpm } from "./follow-npm.ts";
import { readBundle } from "./manifest.ts";
import { openOutput } from "./output.ts";
import { type Edge, type EdgeOptions, edgeConfig, startEdge } from "./run.ts";
import { readVars } from "./vars.ts";

const out = openOutput(process.stdout);
const err = openOutput(process.stderr);

/** Log lines wait for the ready line, which is always the first. */
function gatedLog(): { readonly write: (line: string) => void; readonly open: (first: string) => void } {
  let waiting: string[] | undefined = [];
  return {
    write: (line) => void (waiting ? waiting.push(line) : out.write(line)),
    open: (first) => {
      for (const line of [first, ...(waiting ?? [])]) out.write(line);
      waiting = undefined;
    },
  };
}

/** `announce` comes after the signals have their handlers: whoever reads that the edge is ready may stop it at once. */
async function untilEnd(edge: Edge, stateDir: string, announce: () => void): Promise<number> {
  let isStopping = false;
  const stop = (): void => {
    isStopping = true;
    edge.stop().catch(() => undefined);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
  followNpm(stop);
  announce();
  const { code, signal } = await edge.ended;
  // Ctrl-C reaches workerd as well, maybe before it reaches us.
  if (isStopping || signal === "SIGINT" || signal === "SIGTERM" || code === 0) return 0;
  err.write(
    `edge: workerd (pid ${edge.pid}) ended with ${signal ?? `code ${code}`}. What it acknowledged is in ${stateDir}: start again with the same --state.`,
  );
  return 1;
}

async function main(args: readonly string[]): Promise<number> {
  const settings = readCommandLine(args);
  if (settings === undefined) {
    out.write(HELP);
    return 0;
  }
  const { varsFile, bundleDir, isPrintOnly, ...where } = settings;
  const vars = varsFile === undefined ? {} : readVars(varsFile);
  const log = gatedLog();
  const bundle = bundleDir === undefined ? await ensureBundle() : readBundle(bundleDir);
  const options: EdgeOptions = { ...where, vars, bundle, onLine: log.write, onError: err.write };
  if (isPrintOnly) {
    out.write(edgeConfig(options, where.port));
    return 0;
  }
  const edge = await startEdge(options);
  return untilEnd(edge, where.stateDir, () => log.open(JSON.stringify({ event: "ready", url: edge.url, pid: edge.pid })));
}

async function exitCodeOf(run: Promise<number>): Promise<number> {
  try {
    return await run;
  } catch (error) {
    if (!(error instanceof EdgeFailure)) throw error;
    err.write(`edge: ${error.message}`);
    return error.exitCode;
  }
}

const exitCode = await exitCodeOf(main(process.argv.slice(2)));
await Promise.all([out.flush(), err.flush()]);
process.exit(exitCode);
