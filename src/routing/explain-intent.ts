/** What a model makes of a text, in lines for whoever wrote the text: how sure, of what else, and which pieces of it spoke for and against. */
import type { IntentDetail, Weighed } from "../classify/intents/model.ts";
import { shownDown, shownUp } from "./shares.ts";

const SHOWN = 5;

export function linesOfIntent({ intent, best, confidence, threshold, ...detail }: IntentDetail): readonly string[] {
  if (best === undefined) return ["intent: none, nothing in it is known"];
  const least = intent === undefined ? `below the threshold of ${shownUp(threshold)}` : `above the threshold of ${shownDown(threshold)}`;
  const others = detail.confidences.slice(0, SHOWN).map((one) => `${one.intent} ${shownDown(one.confidence)}`);
  return [
    `intent: ${best} ${shownDown(confidence)}, ${least}`,
    `  confidences: ${others.join(", ")}`,
    ...weighedLine("for", detail.for),
    ...weighedLine("against", detail.against),
    ...(detail.unknownShare > 0 ? [`  never seen in training: ${shownDown(detail.unknownShare)} of it`] : []),
  ];
}

/** A word is counted as a word and as letters; to whoever reads it is one thing. */
function weighedLine(name: string, weighed: readonly Weighed[]): readonly string[] {
  const sums = new Map<string, number>();
  for (const { feature, weight } of weighed) sums.set(feature, (sums.get(feature) ?? 0) + weight);
  const shown = [...sums].map(([feature, sum]) => `${JSON.stringify(feature)} ${sum.toPrecision(2)}`);
  return shown.length === 0 ? [] : [`  ${name}: ${shown.join(", ")}`];
}
