import { describe, expect, it } from "vitest";
import { freshIndices } from "../../../scripts/bench/rounds.ts";
import { quantile, ratios, spreadOf } from "../../../scripts/bench/statistics.ts";
import { update } from "../../../scripts/bench/update.ts";

describe("figures of a bench", () => {
  it("one disturbed round does not move the median", () => {
    expect(spreadOf([10, 11, 900, 9, 10])).toEqual({ median: 10, low: 9, high: 900 });
  });

  it("a quantile of nothing is no number", () => expect(quantile([], 0.5)).toBeNaN());

  it("ratios compare neighbours, not medians", () => expect(ratios([1, 4], [2, 2])).toEqual([0.5, 2]));
});

describe("updates of a bench", () => {
  it("no index is handed out twice", () => {
    const fresh = freshIndices();
    expect([fresh(10), fresh(5), fresh(1)]).toEqual([0, 10, 15]);
  });

  it("are dealt out to so many chats, each under its own number", () => {
    const updates = Array.from({ length: 8 }, (_, index) => JSON.parse(update(index, 4)));
    expect(new Set(updates.map((one) => one.update_id)).size).toBe(8);
    expect(new Set(updates.map((one) => one.message.chat.id)).size).toBe(4);
  });
});
