import { describe, expect, it } from "vitest";
import type { IntentDetail } from "../../src/classify/intents/model.ts";
import { linesOfIntent } from "../../src/routing/explain-intent.ts";

const names = ["refund", "pricing", "hours", "jobs", "press", "other"];
const detail: IntentDetail = {
  intent: "refund",
  best: "refund",
  confidence: 0.934,
  threshold: 0.6234,
  confidences: names.map((intent, index) => ({ intent, confidence: index === 0 ? 0.934 : 0.01 })),
  for: [
    { feature: "refund", weight: 1.5 },
    { feature: "re", weight: 0.5 },
  ],
  against: [{ feature: "how much", weight: -0.125 }],
  unknownShare: 0.377,
};

describe("what a model makes of a text is told", () => {
  it("with the five best, and what weighed", () => {
    expect(linesOfIntent(detail)).toEqual([
      "intent: refund 0.934, above the threshold of 0.6234",
      "  confidences: refund 0.93, pricing 0.01, hours 0.01, jobs 0.01, press 0.01",
      '  for: "refund" 1.5, "re" 0.50',
      '  against: "how much" -0.13',
      "  never seen in training: 0.37 of it",
    ]);
  });

  it.each([
    [0.6211, undefined, "intent: refund 0.6211, below the threshold of 0.6234"],
    [0.62339, undefined, "intent: refund 0.6233, below the threshold of 0.6234"],
    [0.62341, undefined, "intent: refund 0.6234, just below the threshold of 0.6234"],
    [0.62345, "refund", "intent: refund 0.6234, above the threshold of 0.6234"],
    [0.7, "refund", "intent: refund 0.70, above the threshold of 0.6234"],
  ])("with one number for the threshold, whatever is held against it: %d", (confidence, intent, line) => {
    expect(linesOfIntent({ ...detail, threshold: 0.62342, intent, confidence })[0]).toBe(line);
  });

  it("in one line where nothing weighed, and nothing is known", () => {
    const nothing = {
      ...detail,
      intent: undefined,
      best: undefined,
      confidence: 0,
      confidences: [],
      for: [],
      against: [],
      unknownShare: 1,
    };
    expect(linesOfIntent(nothing)).toEqual(["intent: none, nothing in it is known"]);
    expect(linesOfIntent({ ...detail, for: [], against: [], unknownShare: 0 })).toHaveLength(2);
  });
});
