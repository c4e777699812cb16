import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exposition } from "../../src/core/exposition.ts";
import { addDeltas, observation, series } from "../../src/core/series.ts";
import { expositionFaults } from "../support/exposition-faults.ts";

const GOLDEN = `# HELP clawedge_ack_ms Milliseconds from the arrival of a delivery to its durable acknowledgement.
# TYPE clawedge_ack_ms histogram
clawedge_ack_ms_bucket{channel="telegram",le="5"} 0
clawedge_ack_ms_bucket{channel="telegram",le="10"} 1
clawedge_ack_ms_bucket{channel="telegram",le="25"} 1
clawedge_ack_ms_bucket{channel="telegram",le="50"} 1
clawedge_ack_ms_bucket{channel="telegram",le="100"} 1
clawedge_ack_ms_bucket{channel="telegram",le="250"} 1
clawedge_ack_ms_bucket{channel="telegram",le="500"} 2
clawedge_ack_ms_bucket{channel="telegram",le="1000"} 2
clawedge_ack_ms_bucket{channel="telegram",le="2500"} 2
clawedge_ack_ms_bucket{channel="telegram",le="5000"} 2
clawedge_ack_ms_bucket{channel="telegram",le="10000"} 2
clawedge_ack_ms_bucket{channel="telegram",le="30000"} 2
clawedge_ack_ms_bucket{channel="telegram",le="120000"} 2
clawedge_ack_ms_bucket{channel="telegram",le="+Inf"} 3
clawedge_ack_ms_sum{channel="telegram"} 200307
clawedge_ack_ms_count{channel="telegram"} 3
# HELP clawedge_active_conversations Conversations seen in the last hour by the instance they are pinned to.
# TYPE clawedge_active_conversations gauge
clawedge_active_conversations{instance="eu-1"} 4
# HELP clawedge_messages_total Messages by the terminal state they ended in.
# TYPE clawedge_messages_total counter
clawedge_messages_total{state="dead"} 1
clawedge_messages_total{state="delivered"} 41
# TYPE clawedge_something_new untyped
clawedge_something_new{why="a \\"quote\\", a \\\\ and a\\nline"} 0.5
`;

describe("the metrics text", () => {
  it("is the golden one", () => {
    const delta = addDeltas(
      { [series("messages_total", { state: "delivered" })]: 41, [series("messages_total", { state: "dead" })]: 1 },
      observation("ack_ms", { channel: "telegram" }, 300),
      observation("ack_ms", { channel: "telegram" }, 7),
      observation("ack_ms", { channel: "telegram" }, 200_000),
      { [series("something_new", { why: 'a "quote", a \\ and a\nline' })]: 0.5 },
      { [series("active_conversations", { instance: "eu-1" })]: 4 },
    );
    expect(exposition(delta)).toBe(GOLDEN);
    expect(expositionFaults(GOLDEN)).toEqual([]);
  });

  it("is empty when nothing was counted", () => {
    expect(exposition({})).toBe("");
  });

  it("sums two spellings of one series instead of showing it twice", () => {
    const delta = { 'messages_total{a="1",b="2"}': 1, 'clawedge_messages_total{b="2",a="1"}': 2 };
    expect(exposition(delta)).toContain('clawedge_messages_total{a="1",b="2"} 3\n');
    expect(expositionFaults(exposition(delta))).toEqual([]);
  });

  it("leaves out what is no series and no number", () => {
    expect(exposition({ "not a series": 1, messages_total: Number.NaN, __proto: 1 })).toBe(
      "# TYPE clawedge___proto untyped\nclawedge___proto 1\n",
    );
  });

  it("is well-formed for any observations, counters and labels", () => {
    const labels = fc.record({ channel: fc.constantFrom("telegram", "slack"), instance: fc.string() });
    const observed = fc.tuple(fc.constantFrom("ack_ms", "delivered_ms"), labels, fc.integer({ min: 0, max: 300_000 }));
    const counted = fc.tuple(fc.constantFrom("messages_total", "refused_total", "unknown_thing"), labels, fc.nat());
    fc.assert(
      fc.property(fc.array(observed), fc.array(counted), (histograms, counters) => {
        const text = exposition(
          addDeltas(
            ...histograms.map(([name, facts, valueMs]) => observation(name, facts, valueMs)),
            ...counters.map(([name, facts, n]) => ({ [series(name, facts)]: n })),
          ),
        );
        expect(expositionFaults(text)).toEqual([]);
      }),
    );
  });
});

describe("the linter of the metrics text", () => {
  it.each([
    [
      "a bucket that falls",
      'clawedge_ack_ms_bucket{channel="telegram",le="500"} 2',
      'clawedge_ack_ms_bucket{channel="telegram",le="500"} 0',
    ],
    ["a count that is not +Inf", '_count{channel="telegram"} 3', '_count{channel="telegram"} 2'],
    [
      "a sample twice",
      'clawedge_messages_total{state="dead"} 1\n',
      'clawedge_messages_total{state="dead"} 1\nclawedge_messages_total{state="dead"} 1\n',
    ],
    ["a value that is none", '_count{channel="telegram"} 3', '_count{channel="telegram"} NaNa'],
    ["a family out of order", "# TYPE clawedge_active_conversations", "# TYPE clawedge_aaa"],
  ])("finds %s", (_, from, to) => {
    expect(GOLDEN).toContain(from);
    expect(expositionFaults(GOLDEN.replace(from, to))).not.toEqual([]);
  });
});
