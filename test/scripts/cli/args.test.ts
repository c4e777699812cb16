import { expect, it } from "vitest";
import { readLine } from "../../../scripts/cli/args.ts";
import { commands } from "../../../scripts/cli/commands.ts";
import { CliFailure } from "../../../scripts/cli/failure.ts";
import { helpText } from "../../../scripts/cli/help.ts";
import { clawedge } from "./fake-admin.ts";

it.each([
  ["routes push f.jsonc", "routes push", ["f.jsonc"], {}],
  ["--edge http://e routes push f.jsonc", "routes push", ["f.jsonc"], { edge: "http://e" }],
  ["--json --edge=http://e routes push f.jsonc", "routes push", ["f.jsonc"], { edge: "http://e", json: true }],
  ["routes push --edge http://e f.jsonc --json", "routes push", ["f.jsonc"], { edge: "http://e", json: true }],
  ["instance drain eu-1 --wait --timeout 5", "instance drain", ["eu-1"], { wait: true, timeout: "5" }],
  ["instance drain --wait eu-1", "instance drain", ["eu-1"], { wait: true }],
  ["conversation show telegram:support/chat/-100", "conversation show", ["telegram:support/chat/-100"], {}],
  ["dead replay", "dead replay", [], {}],
])("%s", (line, name, operands, values) => {
  const read = readLine(line.split(" "), commands);
  expect(read).toMatchObject({ kind: "run", command: { name }, operands });
  expect(read.kind === "run" ? { ...read.values } : undefined).toEqual(values);
});

it.each([
  ["", ""],
  ["--help", ""],
  ["help", ""],
  ["help routes", "routes"],
  ["routes", "routes"],
  ["routes --help", "routes"],
  ["--help routes", "routes"],
  ["routes push --help", "routes push"],
  ["routes push f --help", "routes push"],
])("%j asks for help on %j", (line, topic) => {
  expect(readLine(line.split(" ").filter(Boolean), commands)).toEqual({ kind: "help", topic });
});

it.each([
  ["nonsense", "clawedge --help lists the commands"],
  ["routes nonsense", "There is: routes validate"],
  ["routes push", "FILE is missing. See: clawedge routes push --help"],
  ["routes push a b", '"b" is one too many'],
  ["routes push --force f", "Unknown option '--force'. See: clawedge routes push --help"],
  ["routes status --edge", "See: clawedge routes status --help"],
  ["instance drain eu-1 --wait=yes", "See: clawedge instance drain --help"],
])("%s is wrong usage, and says what would be right", async (line, hint) => {
  const wrong = () => readLine(line.split(" "), commands);
  expect(wrong).toThrow(CliFailure);
  expect(wrong).toThrow(hint);
  await expect(clawedge(line.split(" "))).resolves.toMatchObject({ code: 2, out: "" });
});

it.each(commands.map((command) => [command.name, command] as const))("%s explains itself", (name, command) => {
  const help = helpText(name, commands);
  expect(help).toContain(`clawedge ${name}`);
  for (const option of [...Object.keys(command.options), "edge", "json", "help"]) expect(help).toContain(`--${option}`);
  expect(help).toContain("Exit codes: 0");
});

it("every command is in the list that --help prints", async () => {
  const { out, code } = await clawedge(["--help"]);
  expect(code).toBe(0);
  for (const { name } of commands) expect(out).toContain(`clawedge ${name}`);
});

it("--version prints the package's", async () => {
  expect(await clawedge(["--version"])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});
