/**
 * What a question means and what another must have in common with it to be the same, for answers that may be given again. Beside
 * delivery: what is not known in time is not known. How like two must be is measured on the document's own examples, behind messages.
 */
import { fold } from "../classify/fold.ts";
import { marksOf } from "../classify/marks.ts";
import { boundOf, falseLikeness } from "../classify/nearness.ts";
import { tokensOf } from "../classify/tokens.ts";
import type { Routes } from "../config/routes.ts";
import { MEASURED, type Sentence, sentencesOf } from "../config/sentences.ts";
import { mostSeen, trialsNeeded } from "../core/ceiling.ts";
import { type Direction, directionOf } from "../core/direction.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Log } from "../ports/log.ts";
import { createAsker } from "./asker.ts";
import { createLearned, type LearnedPorts } from "./learned.ts";
import { withVectors } from "./vectors.ts";

export interface NearQuestion {
  readonly direction: Direction;
  /** Whoever differs in one of these asks something else. */
  readonly marks: readonly string[];
  /** What is more alike is the same. */
  readonly above: number;
}

/** Why only the same words are the same, or what else is. */
export type Nearness = { readonly above: number; readonly examples: number } | { readonly off: string };

export interface NearQuestions {
  /** Undefined: nothing can be compared, or not in time. */
  readonly ask: (text: string, routes: Routes, pool: string) => Promise<NearQuestion | undefined>;
  /** Undefined: the pool does not ask for it. */
  readonly nearness: (routes: Routes, pool: string) => Nearness | undefined;
}

export interface NearQuestionPorts extends LearnedPorts {
  readonly embedder: Embedder;
  readonly log: Log;
}

interface Measured {
  readonly likest: readonly number[];
  readonly isKnown: (word: string) => boolean;
}

/** One per isolate. */
export function createNearQuestions(ports: NearQuestionPorts): NearQuestions {
  const meaningOf = createAsker(ports);
  const examples = createLearned<Measured>(
    {
      sentencesOf: (document) => sentencesOf(document, MEASURED),
      make: (sentences) => measured(sentences, ports),
      failed: (error) => ports.log.write({ level: "warn", event: "answer-cache.unmeasured", reason: String(error) }),
    },
    ports,
  );

  const nearness = ({ document, pools }: Routes, pool: string): Nearness | undefined => {
    const ceiling = pools.get(pool)?.answerCache?.similar?.falseHits;
    if (ceiling === undefined) return undefined;
    const count = examples.sentences(document).length;
    if (mostSeen(count, ceiling) < 0) return { off: `needs ${trialsNeeded(ceiling)} examples, and has ${count}` };
    const made = examples.of(document);
    if (made === undefined) return { off: "not measured yet" };
    const above = boundOf(made.likest, ceiling);
    return above === undefined ? { off: "all examples are of one intent" } : { above, examples: count };
  };

  const ask = async (text: string, routes: Routes, pool: string): Promise<NearQuestion | undefined> => {
    const near = nearness(routes, pool);
    if (near === undefined || "off" in near) return undefined;
    const isKnown = examples.of(routes.document)?.isKnown;
    const vector = await meaningOf(text);
    return isKnown && vector && { direction: directionOf(vector), marks: marksOf(text, isKnown), above: near.above };
  };

  return { ask, nearness };
}

async function measured(sentences: readonly Sentence[], { embedder, clock }: NearQuestionPorts): Promise<Measured> {
  const isKnown = wordsIn(sentences);
  const samples = (await withVectors(sentences, embedder)).map(({ intent, text, vector }) => ({
    intent,
    marks: JSON.stringify(marksOf(text, isKnown)),
    direction: directionOf(vector),
  }));
  return { likest: await falseLikeness(samples, () => clock.sleep(0)), isKnown };
}

/** What the examples say is everyday talk; a word that none of them has may be a name. */
function wordsIn(sentences: readonly Sentence[]): (word: string) => boolean {
  const words = new Set(sentences.flatMap(({ text }) => tokensOf(fold(text)).map((token) => token.text)));
  return (word) => words.has(word);
}
