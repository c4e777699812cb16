/**
 * What is worked out once of a document's sentences, behind the messages that would like to know it, and kept in the memory of one
 * isolate: for the documents after it as well, as long as they have the same sentences.
 */
import type { RoutesDocument } from "../config/schema.ts";
import type { Sentence } from "../config/sentences.ts";
import type { Clock } from "../ports/clock.ts";

/** What could not be worked out is not tried again before. */
const RETRY_MS = 60_000;

export interface Lesson<Made> {
  readonly sentencesOf: (document: RoutesDocument) => readonly Sentence[];
  readonly make: (sentences: readonly Sentence[]) => Promise<Made>;
  readonly failed: (error: unknown) => void;
}

export interface LearnedPorts {
  readonly clock: Clock;
  /** For work that outlives the message that began it. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

export interface Learned<Made> {
  readonly sentences: (document: RoutesDocument) => readonly Sentence[];
  /** Undefined while it is worked out, or could not be. */
  readonly of: (document: RoutesDocument) => Made | undefined;
}

interface Known<Made> {
  readonly document: RoutesDocument;
  readonly sentences: readonly Sentence[];
  readonly made?: Made;
  readonly untilMs: number;
}

/** One per isolate, for each purpose. */
export function createLearned<Made>(lesson: Lesson<Made>, { clock, keepAlive }: LearnedPorts): Learned<Made> {
  let known: Known<Made> | undefined;

  const knownOf = (document: RoutesDocument): Known<Made> => {
    if (known?.document === document) return known;
    const sentences = lesson.sentencesOf(document);
    const isSame = known !== undefined && JSON.stringify(sentences) === JSON.stringify(known.sentences);
    known = isSame && known ? { ...known, document } : { document, sentences, untilMs: 0 };
    return known;
  };

  const learn = async (sentences: readonly Sentence[]): Promise<void> => {
    try {
      const made = await lesson.make(sentences);
      if (known?.sentences === sentences) known = { ...known, made };
    } catch (error) {
      lesson.failed(error);
    }
  };

  return {
    sentences: (document) => knownOf(document).sentences,
    of: (document) => {
      const { made, untilMs, sentences } = knownOf(document);
      const nowMs = clock.nowMs();
      if (made === undefined && nowMs >= untilMs && sentences.length > 0) {
        known = { document, sentences, untilMs: nowMs + RETRY_MS };
        keepAlive(learn(sentences));
      }
      return made;
    },
  };
}
