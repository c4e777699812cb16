/**
 * What production would decide about a message that nobody has sent: the same router, asked with a message made of a few words.
 * It reads nothing and changes nothing.
 */
import * as z from "zod/mini";
import { commandIn, commandName } from "../classify/command.ts";
import type { IntentDetail, IntentModel } from "../classify/intents/model.ts";
import type { Routes } from "../config/routes.ts";
import type { Message } from "../core/message.ts";
import { fail, ok, type Result } from "../core/result.ts";
import { linesOfIntent } from "./explain-intent.ts";
import { type Decision, describeDecision, type Router } from "./router.ts";

export const explainSchema = z.strictObject({
  /** Account id, as in telegram:support. */
  account: z.string(),
  text: z._default(z.string().check(z.maxLength(100_000)), ""),
  chat: z._default(z.enum(["direct", "group", "channel"]), "direct"),
  /** The platform's id of the sender. */
  sender: z.optional(z.string()),
  /** The sender's IETF language tag. */
  language: z.optional(z.string()),
  /** Without slash; by default the one the text begins with. */
  command: z.optional(z.string()),
  /** In a group: whether the bot is meant; by default only by a command. */
  isAddressed: z.optional(z.boolean()),
});

export type ExplainInput = z.input<typeof explainSchema>;

export interface Explanation {
  readonly decision: Decision;
  /** What the model makes of the text, whether or not a rule asked. With pieces of it: only for whoever wrote it. */
  readonly intent?: IntentDetail;
  /** The trace in the order of the rules, the outcome, then the intent: to be printed as it is. */
  readonly lines: readonly string[];
}

export interface ExplainParts {
  readonly routes: Pick<Routes, "accounts">;
  readonly router: Router;
  /** The model that the router has. */
  readonly intents?: IntentModel | undefined;
}

/** The problem is a sentence for the person who asked. */
export function explain(input: ExplainInput, parts: ExplainParts): Result<Explanation, string> {
  const account = parts.routes.accounts.get(input.account);
  if (account === undefined) return fail(`no account is called ${input.account}`);
  const message = messageOf(input);
  const decision = parts.router.route(message, account);
  const intent = message.text.trim() === "" ? undefined : parts.intents?.detail(message.text);
  if (intent === undefined) return ok({ decision, lines: linesOf(decision) });
  return ok({ decision, intent, lines: [...linesOf(decision), ...linesOfIntent(intent)] });
}

/** The message those few words are: whatever else asks what would become of one makes it here. */
export function messageOf(input: ExplainInput): Message {
  const chat = input.chat ?? "direct";
  const command = input.command === undefined ? commandIn(input.text ?? "") : commandName(input.command);
  const sender = input.sender ?? "explain";
  return {
    id: "explain",
    kind: "message",
    chat: { id: "explain", kind: chat },
    sender: { id: sender, ...(input.language === undefined ? {} : { language: input.language.toLowerCase() }) },
    text: input.text ?? "",
    isAddressed: input.isAddressed ?? (chat !== "group" || command !== undefined),
    ...(command === undefined ? {} : { command }),
  };
}

function linesOf(decision: Decision): readonly string[] {
  const rules = decision.trace.map((entry, index) => `${index + 1}. ${entry.rule}: ${entry.verdict} (${entry.reason})`);
  const end = decision.keepsPool ? `the conversation's own pool, else ${decision.pool}` : `pool ${decision.pool}`;
  return [...rules, `=> ${end} (${describeDecision(decision)})`];
}
