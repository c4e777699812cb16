/**
 * What production would decide about a message that nobody has sent: the same router, asked with a message made of a few words.
 * It reads nothing and changes nothing.
 */
import * as z from "zod";
import { commandIn, commandName } from "../classify/command.ts";
import type { Routes } from "../config/routes.ts";
import type { Message } from "../core/message.ts";
import { fail, ok, type Result } from "../core/result.ts";
import { type Decision, describeDecision, type Router } from "./router.ts";

export const explainSchema = z.strictObject({
  account: z.string().describe("Account id, as in telegram:support"),
  text: z.string().max(100_000).default(""),
  chat: z.enum(["direct", "group", "channel"]).default("direct"),
  sender: z.string().optional().describe("The platform's id of the sender"),
  language: z.string().optional().describe("The sender's IETF language tag"),
  command: z.string().optional().describe("Without slash; by default the one the text begins with"),
  isAddressed: z.boolean().optional().describe("In a group: whether the bot is meant; by default only by a command"),
});

export type ExplainInput = z.input<typeof explainSchema>;

export interface Explanation {
  readonly decision: Decision;
  /** The trace in the order of the rules, then the outcome: to be printed as it is. */
  readonly lines: readonly string[];
}

export interface ExplainParts {
  readonly routes: Pick<Routes, "accounts">;
  readonly router: Router;
}

/** The problem is a sentence for the person who asked. */
export function explain(input: ExplainInput, parts: ExplainParts): Result<Explanation, string> {
  const account = parts.routes.accounts.get(input.account);
  if (account === undefined) return fail(`no account is called ${input.account}`);
  const decision = parts.router.route(messageOf(input), account);
  return ok({ decision, lines: linesOf(decision) });
}

function messageOf(input: ExplainInput): Message {
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
