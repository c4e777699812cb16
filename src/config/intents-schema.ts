/** Intents, as operators write them: what people say when they mean it, here or in a file beside the document; and what is meant by nobody. */
import * as z from "zod/mini";
import { described } from "./described.ts";
import { matching, text } from "./words.ts";

export const MAX_INTENTS = 1_000;
export const MAX_EXAMPLE_UNITS = 1_000;

/** People write percents where shares belong. */
export const shareUpTo = (most: number) => {
  const sentence = `a share from 0 to ${most}: 0.8 is 80 %`;
  return z.number(sentence).check(z.minimum(0, sentence), z.maximum(most, sentence));
};

/** In any script, for operators have them from elsewhere: `card_declined`, `返金`. */
const intentName = matching(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.-]{0,62}$/u, "letters, digits, dashes, dots and underscores, 63 at most");

const examplesSchema = z.strictObject({
  examples: described(
    z._default(z.array(z.string().check(z.maxLength(MAX_EXAMPLE_UNITS), z.regex(/\S/, "an example without words"))), []),
    "What people write who mean this, a sentence each",
  ),
  examplesFile: described(
    z.optional(matching(/^.{1,400}\.(?:txt|jsonl)$/, "a .txt file with an example in each line, or .jsonl with a text in each")),
    "More of them, in a file beside the document: .txt, or .jsonl. Read by `clawedge routes push`",
  ),
});

const intentSchema = z.extend(examplesSchema, {
  description: described(z.optional(text(1, MAX_EXAMPLE_UNITS)), "In a few words: it counts as one more example"),
});

export const intentsSchema = z
  .record(intentName, intentSchema)
  .check(z.refine((intents) => Object.keys(intents).length <= MAX_INTENTS, `more than ${MAX_INTENTS} intents`));

/** For whoever has a Workers AI binding. */
export const secondOpinionSchema = z.strictObject({
  minSimilarity: described(shareUpTo(1), "How like an example a message has to be, as a cosine. See it with POST /admin/classify"),
});

export const outOfScopeSchema = z.extend(examplesSchema, {
  share: described(
    z._default(shareUpTo(0.95), 0.1),
    "How many of all messages are expected to be none of the intents: the threshold follows from it",
  ),
});
