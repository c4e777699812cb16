/** The command line of `npm run edge`: flags to settings, or an explanation. Reads no file. */
import { parseArgs } from "node:util";
import { usageFailure } from "./failure.ts";

export const HELP = `npm run -s edge -- --routes FILE --vars FILE --port N --state DIR

Runs the real bundle in workerd on 127.0.0.1, with its state on disk.

  --routes FILE    the routes document; copied to the edge again whenever the file changes
  --vars FILE      secrets and variables as NAME=value lines (ADMIN_TOKEN, PUBLIC_URL, TELEGRAM_API_BASE, …)
  --port N         where to listen; 0 takes any free port (default 8787)
  --state DIR      where everything durable lives; a restart on the same DIR goes on where the last one ended (default .clawedge/edge)
  --bundle DIR     run the bundle in DIR, as "npm run build" leaves it in dist/, instead of building the sources
  --print-config   print the workerd configuration and end; for running the bundle under a workerd of your own
  --help           this text

The first line of output is {"event":"ready","url":"…","pid":<workerd>}; then follows the Worker's log.
Exit codes: 0 stopped by a signal, 1 workerd ended or could not start, 2 wrong flags or files.`;

export interface EdgeSettings {
  readonly routesFile: string;
  readonly varsFile: string | undefined;
  readonly port: number;
  readonly stateDir: string;
  readonly bundleDir: string | undefined;
  readonly isPrintOnly: boolean;
}

const OPTIONS = {
  routes: { type: "string" },
  vars: { type: "string" },
  port: { type: "string", default: "8787" },
  state: { type: "string", default: ".clawedge/edge" },
  bundle: { type: "string" },
  "print-config": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw usageFailure(`${error instanceof Error ? error.message : String(error)}\nSee: npm run -s edge -- --help`);
  }
}

/** Undefined when help was asked for. */
export function readCommandLine(args: readonly string[]): EdgeSettings | undefined {
  const { help, routes, vars, port, state, bundle, "print-config": isPrintOnly } = parse(args);
  if (help) return undefined;
  if (routes === undefined && !isPrintOnly) throw usageFailure("--routes FILE is missing: copy routes.example.jsonc and adjust it");
  const number = Number(port);
  if (!/^\d+$/.test(port) || number > 65_535) throw usageFailure(`--port ${port} is not a port: give a number from 0 to 65535`);
  if (state === "") throw usageFailure("--state needs a directory");
  return { routesFile: routes ?? "", varsFile: vars, port: number, stateDir: state, bundleDir: bundle, isPrintOnly };
}
