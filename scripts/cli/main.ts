/** `clawedge`: reads the line, runs the command, turns foreseen failures into one sentence and an exit code. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ownOf, readLine } from "./args.ts";
import type { Call } from "./command.ts";
import { commands } from "./commands.ts";
import { findEdge } from "./edge-address.ts";
import { CliFailure, type ExitCode } from "./failure.ts";
import { helpText } from "./help.ts";
import { outputTo, printable, type Streams } from "./output.ts";
import { interrupts, type RunProgram, runProgram, type SeekProgram, seekProgram } from "./program.ts";

export interface Terminal extends Streams {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Real processes and signals when not given. */
  readonly runProgram?: RunProgram;
  readonly seekProgram?: SeekProgram;
  readonly interrupts?: () => AbortSignal;
}

const PACKAGE = fileURLToPath(new URL("../../package.json", import.meta.url).href);

export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    if (ownOf(args).includes("--json")) terminal.out(`${JSON.stringify(error.answer, null, 2)}\n`);
    terminal.err(`clawedge: ${printable(error.message)}\n`);
    return error.exitCode;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const line = readLine(args, commands);
  if (line.kind === "help") {
    terminal.out(helpText(line.topic, commands));
    return 0;
  }
  if (line.kind === "version") {
    terminal.out(`${(JSON.parse(readFileSync(PACKAGE, "utf8")) as { readonly version: string }).version}\n`);
    return 0;
  }
  const { values, operands, trailing, command } = line;
  const flag = typeof values["edge"] === "string" ? values["edge"] : undefined;
  const warn = (text: string): void => terminal.err(`clawedge: ${text}\n`);
  const call: Call = {
    operands,
    trailing,
    values,
    edge: () => findEdge(flag, { env: terminal.env, directory: terminal.directory, warn }),
    output: outputTo(terminal, values["json"] === true),
    nowMs: terminal.nowMs,
    sleep: terminal.sleep,
    env: terminal.env,
    runProgram: terminal.runProgram ?? runProgram,
    seekProgram: terminal.seekProgram ?? seekProgram,
    interrupts: terminal.interrupts ?? interrupts,
  };
  return command.run(call);
}

/** In a process: its arguments, environment, streams. */
export function main(args: readonly string[]): Promise<ExitCode> {
  // A reader that went away (`clawedge … | head`) is no failure.
  process.stdout.on("error", () => undefined);
  return run(args, {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    env: process.env,
    directory: process.cwd(),
    nowMs: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
}
