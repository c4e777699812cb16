/**
 * What a message is about, asked once more of whoever compares meanings, when the document's own model is unsure. Beside the journey:
 * what is not known in time, or at all, changes nothing. Vectors of the document's examples stay in memory; nothing a person wrote does.
 */
import type { Verdict } from "../classify/intents/model.ts";
import { type Nearest, nearestOf } from "../classify/intents/nearest.ts";
import type { RoutesDocument } from "../config/schema.ts";
import { type Sentence, sentencesOf, silentIn } from "../config/sentences.ts";
import type { Account } from "../core/account.ts";
import type { Message } from "../core/message.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Log } from "../ports/log.ts";
import type { Decision } from "../routing/router.ts";
import { createAsker } from "./asker.ts";
import { createLearned, type LearnedPorts } from "./learned.ts";
import type { Snapshot } from "./snapshot.ts";
import { withVectors } from "./vectors.ts";

const MAX_EXAMPLES = { each: 20, all: 1000 };

export interface SecondOpinions {
  /** Undefined: the document wants none, or there is none in time. */
  readonly nearest: (text: string, snapshot: Snapshot) => Promise<Nearest | undefined>;
}

export interface SecondOpinionPorts extends LearnedPorts {
  readonly embedder: Embedder;
  readonly log: Log;
}

/** By the rules; once more where the model was unsure, and somebody else may know. */
export async function routed(
  message: Message,
  { snapshot, account }: { readonly snapshot: Snapshot; readonly account: Account },
  opinions: SecondOpinions | undefined,
): Promise<Decision> {
  const first = snapshot.router.route(message, account);
  const second = first.labels.isUnsure === true ? await secondVerdict(message.text, snapshot, opinions) : undefined;
  return second === undefined ? first : snapshot.router.route(message, account, second);
}

/** As sure as the threshold asks, and no surer: a rule that asks for more does not get it from here. */
export async function secondVerdict(text: string, snapshot: Snapshot, opinions: SecondOpinions | undefined): Promise<Verdict | undefined> {
  const least = snapshot.routes.document.secondOpinion?.minSimilarity;
  const { intents } = snapshot;
  if (opinions === undefined || least === undefined || intents === undefined) return undefined;
  const nearest = await opinions.nearest(text, snapshot);
  if (nearest?.intent === undefined || nearest.similarity < least) return undefined;
  return { intent: nearest.intent, best: nearest.intent, confidence: intents.threshold };
}

/** One per isolate. */
export function createSecondOpinions({ embedder, clock, log, keepAlive }: SecondOpinionPorts): SecondOpinions {
  const ask = createAsker({ embedder, clock });
  const examples = createLearned(
    {
      sentencesOf: comparable,
      make: async (sentences) => nearestOf(await withVectors(sentences, embedder)),
      failed: (error) => log.write({ level: "warn", event: "second-opinion.unavailable", reason: String(error) }),
    },
    { clock, keepAlive },
  );

  return {
    nearest: async (text, { routes: { document } }) => {
      const find = document.secondOpinion && examples.of(document);
      const vector = find && (await ask(text));
      return vector && find(vector);
    },
  };
}

/** None, where what is about one of the intents would be taken for what is about another. */
const comparable = (document: RoutesDocument): readonly Sentence[] =>
  silentIn(document).length > 0 ? [] : sentencesOf(document, MAX_EXAMPLES);
