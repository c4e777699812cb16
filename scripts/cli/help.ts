/** What `--help` says, made of the commands themselves, so that it cannot name one that is not there. */
import { GLOBAL_OPTIONS } from "./args.ts";
import type { Command, Option } from "./command.ts";

const EXIT_CODES = `Exit codes: 0 fine; 1 the answer is bad news (invalid document, failed check, differences); 2 wrong usage;
3 the edge cannot be reached, or refused.`;

const usageOf = ({ name, operands, options, trailing }: Command): string => {
  const words = operands.map((operand) => (operand.endsWith("?") ? `[${operand.slice(0, -1)}]` : operand));
  return [
    "clawedge",
    name,
    ...words,
    ...(Object.keys(options).length === 0 ? [] : ["[options]"]),
    ...(trailing === undefined ? [] : ["--", trailing]),
  ].join(" ");
};

/** Help on everything (an empty topic), on a noun (`routes`), or on one command (`routes push`). */
export function helpText(topic: string, commands: readonly Command[]): string {
  const command = commands.find(({ name }) => name === topic);
  if (command !== undefined) return commandHelp(command);
  const listed = commands.filter(({ name }) => topic === "" || name.startsWith(`${topic} `));
  const width = Math.max(...listed.map((one) => usageOf(one).length));
  const lines = listed.map((one) => `  ${usageOf(one).padEnd(width)}  ${one.summary}`);
  const environment = `Environment: CLAWEDGE_URL, where the edge is; CLAWEDGE_ADMIN_TOKEN, the value of its ADMIN_TOKEN.`;
  return [
    "clawedge: look after an edge from the command line.",
    "",
    ...lines,
    "",
    "Options of every command:",
    ...optionLines(GLOBAL_OPTIONS),
    "  --version     print the version",
    "",
    environment,
    EXIT_CODES,
    "",
  ].join("\n");
}

function commandHelp(command: Command): string {
  const own = Object.keys(command.options).length === 0 ? [] : ["", "Options:", ...optionLines(command.options)];
  const notes = command.notes === undefined ? [] : ["", command.notes];
  const head = [usageOf(command), "", `${command.summary}.`];
  return [...head, ...own, "", "Options of every command:", ...optionLines(GLOBAL_OPTIONS), ...notes, "", EXIT_CODES, ""].join("\n");
}

function optionLines(options: Readonly<Record<string, Option>>): readonly string[] {
  const names = Object.entries(options).map(([name, { value }]) => (value === undefined ? `--${name}` : `--${name} ${value}`));
  const width = Math.max(12, ...names.map((name) => name.length));
  return Object.values(options).map(({ help }, index) => `  ${(names[index] ?? "").padEnd(width)}  ${help}`);
}
