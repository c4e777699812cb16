/**
 * What rules are asked about: a message, and what classification says of it. Each label is found out when the first rule asks for
 * it, then shared by all; what nobody asks for is never worked out.
 */
import { type Complexity, complexityOf } from "../classify/complexity.ts";
import { fold } from "../classify/fold.ts";
import type { IntentModel, Verdict } from "../classify/intents/model.ts";
import { indexText, type TextIndex } from "../classify/tokens.ts";
import type { Account } from "../core/account.ts";
import type { Message } from "../core/message.ts";
import { shownDown } from "./shares.ts";

export interface Label<T> {
  readonly ask: () => T;
  /** What was answered, when somebody asked. */
  readonly known: () => T | undefined;
}

interface ShownVerdict extends Verdict {
  /** `0.41`, or whose word it is. */
  readonly sure: string;
  /** `refund 0.41`: written once, for however many rules give it as their reason. */
  readonly shown: string;
}

const NONE: ShownVerdict = { intent: undefined, best: undefined, confidence: 0, sure: "", shown: "" };

/** Who says what a message is about. */
export interface Judges {
  readonly intents: IntentModel | undefined;
  /** In place of the model's. */
  readonly opinion: Verdict | undefined;
}

export interface Subject {
  readonly message: Message;
  readonly account: Account;
  readonly text: Label<TextIndex>;
  /** For no intent without a model, and of what has no words of its own. */
  readonly verdict: Label<ShownVerdict>;
  readonly complexity: Label<Complexity | undefined>;
}

/** A button, a reaction or an edit refers to what was said before: its words are not asked about. */
export function subjectOf(message: Message, account: Account, judges: Judges): Subject {
  const text = message.isFollowUp === true ? "" : message.text;
  const hasWords = text.trim() !== "";
  return {
    message: { ...message, text },
    account,
    text: once(() => indexText(fold(text))),
    verdict: once(() => (hasWords ? verdictOn(text, judges) : NONE)),
    complexity: once(() => (hasWords ? complexityOf(text) : undefined)),
  };
}

function verdictOn(text: string, { intents, opinion }: Judges): ShownVerdict {
  const verdict = opinion ?? intents?.classify(text);
  if (verdict === undefined) return NONE;
  const sure = opinion === undefined ? shownDown(verdict.confidence) : "second opinion";
  return { ...verdict, sure, shown: `${verdict.best ?? ""} ${shownDown(verdict.confidence)}` };
}

function once<T>(make: () => T): Label<T> {
  let known: T | undefined;
  const ask = (): T => {
    known ??= make();
    return known;
  };
  return { ask, known: () => known };
}
