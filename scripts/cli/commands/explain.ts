/** `clawedge routes explain`: what production would decide about a message, asked of the edge or of a file. */
import { type ExplainInput, explain, explainSchema } from "../../../src/routing/explain.ts";
import { type Call, type Command, isSet, textValue } from "../command.ts";
import { CliFailure, usageError } from "../failure.ts";
import { loadFile, partsOf } from "../offline.ts";
import { modelOf } from "../training.ts";

interface Explained {
  readonly number?: number;
  readonly lines: readonly string[];
}

export const routesExplain: Command = {
  name: "routes explain",
  summary: "Print how a message would be routed, rule by rule",
  operands: [],
  options: {
    account: { type: "string", value: "ACCOUNT", help: "the account it would arrive at, as telegram:support" },
    text: { type: "string", value: "TEXT", help: "what the person writes" },
    chat: { type: "string", value: "KIND", help: "direct (default), group or channel" },
    addressed: { type: "boolean", help: "in a group: the bot is meant" },
    sender: { type: "string", value: "ID", help: "the platform's id of the sender" },
    language: { type: "string", value: "TAG", help: "the sender's language, as pt-br" },
    command: { type: "string", value: "WORD", help: "the command, when it is not how the text begins" },
    routes: { type: "string", value: "FILE", help: "explain this document, here, instead of asking the edge" },
  },
  notes: 'Example: clawedge routes explain --account telegram:support --text "where is my refund?"',
  run: async (call) => {
    const input = inputOf(call);
    const file = textValue(call, "routes");
    const explained = file === undefined ? await call.edge().post<Explained>("/explain", input) : explainFile(call, file, input);
    call.output.answer(explained, () => explained.lines);
    return 0;
  },
};

function inputOf(call: Call): ExplainInput {
  const account = textValue(call, "account");
  if (account === undefined) throw usageError("--account is missing: name the account the message would arrive at");
  const given = ["text", "chat", "sender", "language", "command"].flatMap((name) => {
    const value = textValue(call, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const input = { account, ...Object.fromEntries(given), ...(isSet(call, "addressed") ? { isAddressed: true } : {}) };
  const checked = explainSchema.safeParse(input);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw usageError(`--${String(issue?.path[0] ?? "text")}: ${issue?.message ?? "not understood"}`);
  }
  return input;
}

function explainFile(call: Call, file: string, input: ExplainInput): Explained {
  const loaded = loadFile(file);
  const explained = explain(input, partsOf(loaded, modelOf(loaded.document, file, call.output)?.model));
  if (!explained.ok) throw new CliFailure(1, `${explained.problem} in ${file}`);
  return explained.value;
}
