/** The command line taken apart: which command, its operands, its options. Reads no environment and no file. */
import { parseArgs } from "node:util";
import type { Call, Command, Option } from "./command.ts";
import { usageError } from "./failure.ts";

/** Understood by every command, before or behind its words. */
export const GLOBAL_OPTIONS: Readonly<Record<string, Option>> = {
  edge: { type: "string", value: "URL", help: "where the edge is; else CLAWEDGE_URL, else a local edge started in this directory" },
  json: { type: "boolean", help: "print the answer as JSON" },
  help: { type: "boolean", help: "explain the command" },
};

export type Line =
  | { readonly kind: "help"; readonly topic: string }
  | { readonly kind: "version" }
  | ({ readonly kind: "run"; readonly command: Command } & Pick<Call, "operands" | "trailing" | "values">);

/** What is ours of the line: behind `--` stands a program of somebody else's, with options of its own. */
export const ownOf = (args: readonly string[]): readonly string[] => (args.includes("--") ? args.slice(0, args.indexOf("--")) : args);

export function readLine(args: readonly string[], commands: readonly Command[]): Line {
  const own = ownOf(args);
  const { globals, words, rest } = split(own);
  if (words.length === 0) {
    if (globals.includes("--version")) return { kind: "version" };
    return { kind: "help", topic: "" };
  }
  const command = commands.find(({ name }) => name === words.join(" ") || name === words[0]);
  if (command === undefined) return withoutCommand(words, [...globals, ...rest], commands);
  const parsed = parse(command, [...globals, ...words.slice(command.name.split(" ").length), ...rest]);
  if (parsed.values["help"] === true) return { kind: "help", topic: command.name };
  const behind = args.slice(own.length + 1);
  const operands = command.trailing === undefined ? [...parsed.positionals, ...behind] : parsed.positionals;
  const trailing = command.trailing === undefined ? [] : behind;
  checkOperands(command, operands, trailing);
  return { kind: "run", command, operands, trailing, values: parsed.values };
}

/** Leading options are global ones; then come the words that name the command. */
function split(args: readonly string[]) {
  let index = 0;
  while (index < args.length && args[index]?.startsWith("-") === true) index += args[index] === "--edge" ? 2 : 1;
  const globals = args.slice(0, index);
  const words = args.slice(index, index + 2);
  const end = words.findIndex((word) => word.startsWith("-"));
  const count = end === -1 ? words.length : end;
  return { globals, words: words.slice(0, count), rest: args.slice(index + count) };
}

function withoutCommand(words: readonly string[], others: readonly string[], commands: readonly Command[]): Line {
  const [noun = ""] = words;
  const isNoun = commands.some(({ name }) => name.startsWith(`${noun} `));
  const isAsking = others.includes("--help") || (isNoun && words.length === 1) || noun === "help";
  if (isNoun && isAsking) return { kind: "help", topic: noun };
  if (noun === "help") return { kind: "help", topic: words[1] ?? "" };
  const verbs = commands.filter(({ name }) => name.startsWith(`${noun} `)).map(({ name }) => name);
  const known = isNoun ? `There is: ${verbs.join(", ")}.` : "clawedge --help lists the commands.";
  throw usageError(`there is no command "${words.join(" ")}". ${known}`);
}

function parse(command: Command, args: readonly string[]) {
  const options = Object.fromEntries(Object.entries({ ...command.options, ...GLOBAL_OPTIONS }).map(([name, { type }]) => [name, { type }]));
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split(/\. To specify|\n/);
    throw usageError(`${reason.replace(/\.$/, "")}. See: clawedge ${command.name} --help`);
  }
}

function checkOperands({ name, operands, trailing }: Command, given: readonly string[], behind: readonly string[]): void {
  const missing = operands.find((operand, index) => given[index] === undefined && !operand.endsWith("?"));
  if (missing !== undefined) throw usageError(`${missing} is missing. See: clawedge ${name} --help`);
  const surplus = given[operands.length];
  if (surplus !== undefined) throw usageError(`"${surplus}" is one too many. See: clawedge ${name} --help`);
  if (trailing !== undefined && behind.length === 0) throw usageError(`-- ${trailing} is missing. See: clawedge ${name} --help`);
}

/** A whole or decimal number within bounds; undefined when the option was not given. */
export function numberOption(call: Call, name: string, bounds: { readonly least: number; readonly most: number }): number | undefined {
  const text = call.values[name];
  if (typeof text !== "string") return undefined;
  return numberIn(text, `--${name}`, bounds);
}

export function numberIn(text: string, what: string, { least, most }: { readonly least: number; readonly most: number }): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < least || value > most) {
    throw usageError(`${what} ${text} is not a number from ${least} to ${most}`);
  }
  return value;
}
