/** The contract of a command: its words, what it takes, how it explains itself, and what it does. One file per noun implements it. */
import type { AdminClient } from "./client.ts";
import type { ExitCode } from "./failure.ts";
import type { Output } from "./output.ts";
import type { RunProgram, SeekProgram } from "./program.ts";

export interface Option {
  readonly type: "string" | "boolean";
  /** How its value is called in the help: `FILE`. */
  readonly value?: string;
  readonly help: string;
}

export interface Command {
  /** `routes push` */
  readonly name: string;
  readonly summary: string;
  /** Names of what must follow, in order; one that ends with `?` may be left out. */
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** How what stands behind `--` is called, where something must stand there. */
  readonly trailing?: string;
  /** What else a person must know: examples, exit codes beyond the usual ones. */
  readonly notes?: string;
  readonly run: (call: Call) => Promise<ExitCode>;
}

export interface Call {
  readonly operands: readonly string[];
  /** What stands behind `--`, as it stands there. */
  readonly trailing: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  /** Asked for only by commands that need the edge: without an address it fails with what to do. */
  readonly edge: () => AdminClient;
  readonly output: Output;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly runProgram: RunProgram;
  readonly seekProgram: SeekProgram;
  /** Takes Ctrl-C over. */
  readonly interrupts: () => AbortSignal;
}

export const operand = (call: Call, index: number): string => call.operands[index] ?? "";

export function textValue(call: Call, name: string): string | undefined {
  const value = call.values[name];
  return typeof value === "string" ? value : undefined;
}

export const isSet = (call: Call, name: string): boolean => call.values[name] === true;
