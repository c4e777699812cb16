/** A document's examples one by one, for those who compare with each of them. What stands in files is not here. */
import type { RoutesDocument } from "./schema.ts";

export interface Sentence {
  /** Undefined: out of scope. */
  readonly intent: string | undefined;
  readonly text: string;
}

export interface Most {
  /** Of one intent. */
  readonly each: number;
  readonly all: number;
}

/** On so many it is measured how like two questions must be to be one: every pair of them is compared. */
export const MEASURED: Most = { each: 50, all: 600 };

/** What is out of scope has so much of all at the least. */
const FOR_OTHERS = 0.1;

export function sentencesOf({ intents, outOfScope }: RoutesDocument, { each, all }: Most): readonly Sentence[] {
  const named = Object.entries(intents).map(([intent, { description, examples }]) =>
    [...examples, ...(description === undefined ? [] : [description])].slice(0, each).map((text) => ({ intent, text })),
  );
  const others = outOfScope.examples.map((text) => ({ intent: undefined, text }));
  const reserved = Math.max(0, Math.min(others.length, all * FOR_OTHERS, all - named.length));
  const kept = dealt(named).slice(0, all - reserved);
  return [...kept, ...others.slice(0, all - kept.length)];
}

/** Intents of which nothing stands in the document itself. */
export const silentIn = ({ intents }: RoutesDocument): readonly string[] =>
  Object.keys(intents).filter((name) => intents[name]?.examples.length === 0 && intents[name].description === undefined);

/** The first of each, then the second of each, and so on: what is cut off is cut off evenly. */
function dealt<Of>(hands: readonly (readonly Of[])[]): readonly Of[] {
  const ranked = hands.flatMap((hand) => hand.map((one, rank) => ({ one, rank })));
  return ranked.toSorted((left, right) => left.rank - right.rank).map(({ one }) => one);
}
