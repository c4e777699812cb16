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
    { feature: "refund", weight: 1.25 },
    { feature: "re", weight: 0.5 },
    { feature: "refund", weight: 0.25 },
  ],
  against: [{ feature: "how much", weight: -0.125 }],
  unknownShare: 0.377,
};

describe("what a model makes of a text is told", () => {
  it("with the five best, and a piece that counts twice as one", () => {
    expect(linesOfIntent(detail)).toEqual([
      "intent: refund 0.93, above the threshold of 0.62",
      "  confidences: refund 0.93, pricing 0.01, hours 0.01, jobs 0.01, press 0.01",
      '  for: "refund" 1.5, "re" 0.50',
      '  against: "how much" -0.13',
      "  never seen in training: 0.37 of it",
    ]);
  });

  it("so that what is below the threshold does not read as equal to it, nor what is above as below", () => {
    expect(linesOfIntent({ ...detail, intent: undefined, confidence: 0.6211 })[0]).toBe("intent: refund 0.62, below the threshold of 0.63");
    expect(linesOfIntent({ ...detail, confidence: 0.625 })[0]).toBe("intent: refund 0.62, above the threshold of 0.62");
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
