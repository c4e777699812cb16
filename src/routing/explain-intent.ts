/** What a model makes of a text, in lines for whoever wrote the text: how sure, of what else, and which pieces of it spoke for and against. */
import type { IntentDetail, Weighed } from "../classify/intents/model.ts";
import { shownDown, shownThreshold } from "./shares.ts";

const SHOWN = 5;

export function linesOfIntent({ intent, best, confidence, threshold, ...detail }: IntentDetail): readonly string[] {
  if (best === undefined) return ["intent: none, nothing in it is known"];
  const [sure, least] = [shownThreshold(confidence), shownThreshold(threshold)];
  const side = intent === undefined ? `${sure === least ? "just " : ""}below` : "above";
  const others = detail.confidences.slice(0, SHOWN).map((one) => `${one.intent} ${shownDown(one.confidence)}`);
  return [
    `intent: ${best} ${sure}, ${side} the threshold of ${least}`,
    `  confidences: ${others.join(", ")}`,
    ...weighedLine("for", detail.for),
    ...weighedLine("against", detail.against),
    ...(detail.unknownShare > 0 ? [`  never seen in training: ${shownDown(detail.unknownShare)} of it`] : []),
  ];
}

function weighedLine(name: string, weighed: readonly Weighed[]): readonly string[] {
  const shown = weighed.map(({ feature, weight }) => `${JSON.stringify(feature)} ${weight.toPrecision(2)}`);
  return shown.length === 0 ? [] : [`  ${name}: ${shown.join(", ")}`];
}
