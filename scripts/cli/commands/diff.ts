/** `clawedge routes diff`: which messages another document would send elsewhere, before it is pushed. */
import type { IntentModel, Verdict } from "../../../src/classify/intents/model.ts";
import { readLines } from "../../intents/jsonl.ts";
import { type Call, type Command, operand, textValue } from "../command.ts";
import { CliFailure, usageError } from "../failure.ts";
import { loadFile, partsOf, readOption } from "../offline.ts";
import { plural, table } from "../output.ts";
import { type Diff, diffOf, type Move, readSample, type Sample, type Sides } from "../routes-diff.ts";
import { modelOf } from "../training.ts";

export const routesDiff: Command = {
  name: "routes diff",
  summary: "Say which of these messages another document would send elsewhere",
  operands: ["OLD", "NEW"],
  options: {
    messages: {
      type: "string",
      value: "FILE",
      help: 'one JSON object a line: {"text"}, and as far as known account or channel, chat, ...',
    },
    account: { type: "string", value: "ACCOUNT", help: "for lines that name neither account nor channel; else the first account of OLD" },
  },
  notes: `A line may also say sender, language, command and isAddressed, as routes explain does. Intents of both documents are trained here.
Exit code 1 when a message would go elsewhere.`,
  run: async (call) => {
    const messages = textValue(call, "messages");
    if (messages === undefined) throw usageError("--messages is missing: name a file with one message a line");
    const samples = samplesIn(messages);
    const diff = diffOf(samples, sidesOf(call));
    if (!diff.ok) throw new CliFailure(1, `${messages}: ${diff.problem}`);
    call.output.answer(diff.value, () => diffLines(diff.value));
    return diff.value.changed === 0 ? 0 : 1;
  },
};

function samplesIn(file: string): readonly Sample[] {
  const samples = readLines(readOption("messages", file), readSample);
  if (!samples.ok) throw new CliFailure(1, `${file} has lines that are no messages:\n${samples.problem}`);
  if (samples.value.length === 0) throw new CliFailure(1, "--messages has no message: there is nothing to compare");
  return samples.value;
}

function sidesOf(call: Call): Sides {
  const [oldFile, newFile] = [operand(call, 0), operand(call, 1)];
  const [before, after] = [loadFile(oldFile), loadFile(newFile)];
  const learned = modelOf(before.document, oldFile, call.output);
  const relearned = modelOf(after.document, newFile, call.output, learned);
  const oldModel = learned && remembering(learned.model);
  const newModel = relearned === learned ? oldModel : relearned?.model;
  const sides = { old: partsOf(before, oldModel), new: partsOf(after, newModel) };
  const [first = ""] = sides.old.routes.accounts.keys();
  return { ...sides, account: textValue(call, "account") ?? first };
}

/** Where only rules differ, both documents ask one model about the same text. */
function remembering(model: IntentModel): IntentModel {
  const verdicts = new Map<string, Verdict>();
  const classify = (text: string): Verdict => {
    const verdict = verdicts.get(text) ?? model.classify(text);
    verdicts.set(text, verdict);
    return verdict;
  };
  return { ...model, classify };
}

function diffLines({ messages, changed, account, moves }: Diff): readonly string[] {
  if (changed === 0) return [`${plural(messages, "message")}: ${messages === 1 ? "goes where it" : "all go where they"} went`];
  const rows = moves.map(({ from, to, count }) => [from, to, count]);
  return [
    `${changed} of ${plural(messages, "message")} would go elsewhere (those without an account: as if to ${account})`,
    "",
    ...table(["FROM", "TO", "MESSAGES"], rows),
    ...moves.flatMap(exampleLines),
  ];
}

const exampleLines = ({ from, to, examples }: Move): readonly string[] => [
  "",
  `${from} → ${to}, for instance:`,
  ...examples.map(({ line, text, rules: [before, after] }) => `  line ${line}: ${JSON.stringify(shortened(text))} (${before} → ${after})`),
];

const SHOWN = 100;
const shortened = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
