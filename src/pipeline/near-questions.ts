/**
 * What a question means and what another must have in common with it to be the same, for answers that may be given again. Beside
 * delivery: what is not known in time is not known. How like two must be is measured on the document's own examples, behind messages.
 */
import { fold } from "../classify/fold.ts";
import { marksOf } from "../classify/marks.ts";
import { boundOf, falseLikeness } from "../classify/nearness.ts";
import { tokensOf } from "../classify/tokens.ts";
import type { Routes } from "../config/routes.ts";
import type { RoutesDocument } from "../config/schema.ts";
import { MEASURED, type Sentence, sentencesOf } from "../config/sentences.ts";
import { mostSeen, trialsNeeded } from "../core/ceiling.ts";
import { type Direction, directionOf } from "../core/direction.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Log } from "../ports/log.ts";
import { createAsker } from "./asker.ts";
import { withVectors } from "./vectors.ts";

const RETRY_MS = 60_000;

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

export interface NearQuestionPorts {
  readonly embedder: Embedder;
  readonly clock: Clock;
  readonly log: Log;
  /** For work that outlives the message that began it. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

interface Known {
  readonly document: RoutesDocument;
  readonly sentences: readonly Sentence[];
  readonly isKnown: (word: string) => boolean;
  /** Undefined while it is worked out, or could not be. */
  readonly likest?: readonly number[];
  readonly untilMs: number;
}

/** One per isolate. */
export function createNearQuestions(ports: NearQuestionPorts): NearQuestions {
  const meaningOf = createAsker(ports);
  let known: Known | undefined;

  /** Most documents that follow have the same examples. */
  const knownOf = (document: RoutesDocument): Known => {
    if (known?.document === document) return known;
    const sentences = sentencesOf(document, MEASURED);
    const isSame = known !== undefined && JSON.stringify(sentences) === JSON.stringify(known.sentences);
    known = isSame && known ? { ...known, document } : { document, sentences, isKnown: wordsIn(sentences), untilMs: 0 };
    return known;
  };

  const learn = async ({ sentences, isKnown }: Known): Promise<void> => {
    try {
      const likest = await measured(sentences, isKnown, ports);
      if (known?.sentences === sentences) known = { ...known, likest };
    } catch (error) {
      ports.log.write({ level: "warn", event: "answer-cache.unmeasured", reason: String(error) });
    }
  };

  const likestOf = (of: Known): readonly number[] | undefined => {
    const nowMs = ports.clock.nowMs();
    if (of.likest === undefined && nowMs >= of.untilMs) {
      known = { ...of, untilMs: nowMs + RETRY_MS };
      ports.keepAlive(learn(known));
    }
    return of.likest;
  };

  const nearness = ({ document, pools }: Routes, pool: string): Nearness | undefined => {
    const ceiling = pools.get(pool)?.answerCache?.similar?.falseHits;
    if (ceiling === undefined) return undefined;
    const of = knownOf(document);
    const examples = of.sentences.length;
    if (mostSeen(examples, ceiling) < 0) return { off: `needs ${trialsNeeded(ceiling)} examples, and has ${examples}` };
    const likest = likestOf(of);
    if (likest === undefined) return { off: "not measured yet" };
    const above = boundOf(likest, ceiling);
    return above === undefined ? { off: "all examples are of one intent" } : { above, examples };
  };

  const ask = async (text: string, routes: Routes, pool: string): Promise<NearQuestion | undefined> => {
    const near = nearness(routes, pool);
    if (near === undefined || "off" in near) return undefined;
    const vector = await meaningOf(text);
    if (vector === undefined) return undefined;
    return { direction: directionOf(vector), marks: marksOf(text, knownOf(routes.document).isKnown), above: near.above };
  };

  return { ask, nearness };
}

async function measured(
  sentences: readonly Sentence[],
  isKnown: Known["isKnown"],
  { embedder, clock }: NearQuestionPorts,
): Promise<readonly number[]> {
  const samples = (await withVectors(sentences, embedder)).map(({ intent, text, vector }) => ({
    intent,
    marks: JSON.stringify(marksOf(text, isKnown)),
    direction: directionOf(vector),
  }));
  return await falseLikeness(samples, () => clock.sleep(0));
}

/** What the examples say is everyday talk; a word that none of them has may be a name. */
function wordsIn(sentences: readonly Sentence[]): (word: string) => boolean {
  const words = new Set(sentences.flatMap(({ text }) => tokensOf(fold(text)).map((token) => token.text)));
  return (word) => words.has(word);
}
