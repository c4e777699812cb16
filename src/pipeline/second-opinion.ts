/**
 * What a message is about, asked once more of whoever compares meanings, when the document's own model is unsure. Beside the journey:
 * what is not known in time, or at all, changes nothing. Vectors of the document's examples stay in memory; nothing a person wrote does.
 */
import { cut } from "../classify/fold.ts";
import type { Verdict } from "../classify/intents/model.ts";
import { type Nearest, nearestOf } from "../classify/intents/nearest.ts";
import type { RoutesDocument } from "../config/schema.ts";
import type { Account } from "../core/account.ts";
import type { Message } from "../core/message.ts";
import { within } from "../links/chat/question.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Log } from "../ports/log.ts";
import type { Decision } from "../routing/router.ts";
import type { Snapshot } from "./snapshot.ts";

/** A message waits so long. */
const ASK_MS = 300;
/** At once, of one isolate: who sends nonsense by the hundred gets none. */
const MAX_ASKING = 16;
const MAX_UNITS = 1000;
/** Of one intent, and of all; in one question as many as the service takes. @see https://developers.cloudflare.com/workers-ai/models/bge-m3/ */
const MAX_EXAMPLES = { each: 20, all: 1000, atOnce: 100 };
const RETRY_MS = 60_000;

export interface SecondOpinions {
  /** Undefined: the document wants none, or there is none in time. */
  readonly nearest: (text: string, snapshot: Snapshot) => Promise<Nearest | undefined>;
}

export interface SecondOpinionPorts {
  readonly embedder: Embedder;
  readonly clock: Clock;
  readonly log: Log;
  /** For work that outlives the message that began it. */
  readonly keepAlive: (work: Promise<unknown>) => void;
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

type Find = ReturnType<typeof nearestOf>;

interface Known {
  readonly number: number;
  /** Undefined while it is worked out, or could not be. */
  readonly find?: Find;
  readonly untilMs: number;
}

/** One per isolate. */
export function createSecondOpinions({ embedder, clock, log, keepAlive }: SecondOpinionPorts): SecondOpinions {
  let known: Known | undefined;
  let asking = 0;

  const learn = async (document: RoutesDocument, number: number): Promise<void> => {
    try {
      const find = nearestOf(await embedded(examplesOf(document), embedder));
      if (known?.number === number) known = { number, find, untilMs: Number.POSITIVE_INFINITY };
    } catch (error) {
      log.write({ level: "warn", event: "second-opinion.unavailable", reason: String(error) });
    }
  };

  const findFor = ({ document, number }: Snapshot["routes"]): Find | undefined => {
    const nowMs = clock.nowMs();
    if (known?.number === number && (known.find !== undefined || nowMs < known.untilMs)) return known.find;
    known = { number, untilMs: nowMs + RETRY_MS };
    keepAlive(learn(document, number));
    return undefined;
  };

  return {
    nearest: async (text, { routes }) => {
      if (routes.document.secondOpinion === undefined || asking >= MAX_ASKING) return undefined;
      const find = findFor(routes);
      if (find === undefined) return undefined;
      asking += 1;
      const vectors = await within(clock, ASK_MS, () => embedder.embed([cut(text, MAX_UNITS)]));
      asking -= 1;
      return vectors?.[0] === undefined ? undefined : find(vectors[0]);
    },
  };
}

interface Sentence {
  readonly intent: string | undefined;
  readonly text: string;
}

/** What stands in files is not here. */
function examplesOf({ intents, outOfScope }: RoutesDocument): readonly Sentence[] {
  const named = Object.entries(intents).flatMap(([intent, { description, examples }]) =>
    [...examples, ...(description === undefined ? [] : [description])].slice(0, MAX_EXAMPLES.each).map((text) => ({ intent, text })),
  );
  const others = outOfScope.examples.map((text) => ({ intent: undefined, text }));
  return [...named, ...others].slice(0, MAX_EXAMPLES.all);
}

async function embedded(sentences: readonly Sentence[], embedder: Embedder) {
  const vectors: (readonly number[])[] = [];
  for (let from = 0; from < sentences.length; from += MAX_EXAMPLES.atOnce)
    vectors.push(...(await embedder.embed(sentences.slice(from, from + MAX_EXAMPLES.atOnce).map(({ text }) => text))));
  return sentences.map(({ intent }, at) => ({ intent, vector: vectors[at] ?? [] }));
}
