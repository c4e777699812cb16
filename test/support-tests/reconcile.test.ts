/** The checker of the kill proof must refuse logs that contain a known fault. */
import { describe, expect, it } from "vitest";
import { type Kill, type Received, reconcile, type Sent, type Verdict } from "../support/reconcile.ts";

const clean: Verdict = { lost: [], reordered: [], crossed: [], invented: [], doubled: [], repeated: [], wandered: [] };
const KILL: Kill = { fromMs: 1_000, toMs: 1_500 };

const sent: readonly Sent[] = ["a", "b"].flatMap((account) =>
  ["1", "2"].flatMap((conversation) =>
    [0, 1, 2].map((step) => ({ account, conversation, update: Number(conversation) * 10 + step, isAcknowledged: true })),
  ),
);

const received: readonly Received[] = sent.map((one, index) => ({
  at: one.account,
  account: one.account,
  update: one.update,
  instance: `i${one.conversation}`,
  atMs: 500 + index * 10,
}));

const received0 = (index: number): Received => received[index] ?? expect.fail("no such receipt");

describe("the checker", () => {
  it("finds nothing in a log without a fault, whatever the order across conversations", () => {
    expect(reconcile(sent, received, [KILL])).toEqual(clean);
    const byStep = received.toSorted((left, right) => (left.update % 10) - (right.update % 10));
    expect(reconcile(sent, byStep, [KILL])).toEqual(clean);
  });

  it("names an acknowledged update that nobody received", () => {
    expect(reconcile(sent, received.toSpliced(4, 1), [])).toEqual({ ...clean, lost: ["a#21"] });
  });

  it("does not miss what was never acknowledged", () => {
    const unacknowledged = sent.with(5, { ...(sent[5] ?? expect.fail()), isAcknowledged: false });
    expect(reconcile(unacknowledged, received.toSpliced(5, 1), [])).toEqual(clean);
  });

  it("names two updates of one conversation that arrived the wrong way round", () => {
    const swapped = received.with(0, received0(1)).with(1, received0(0));
    expect(reconcile(sent, swapped, [])).toEqual({ ...clean, reordered: ["a#11 before a#10"] });
  });

  it("looks at first receipts: a late repeat is no disorder", () => {
    const repeated = [...received.slice(0, 2), { ...received0(0), atMs: 1_600 }, ...received.slice(2)];
    expect(reconcile(sent, repeated, [KILL])).toEqual({ ...clean, repeated: ["a#10"] });
  });

  it("names an update that another account's listener took", () => {
    const crossed = received.with(3, { ...received0(3), at: "b" });
    expect(reconcile(sent, crossed, [])).toEqual({ ...clean, crossed: ["a#20"] });
  });

  it("names an update that nobody sent", () => {
    expect(reconcile(sent, [...received, { ...received0(0), update: 99 }], []).invented).toEqual(["a#99"]);
  });

  it.each([
    ["before any kill", 510, 600],
    ["after every kill", 1_501, 1_600],
  ])("names a double %s", (_when, firstMs, secondMs) => {
    const doubled = [{ ...received0(0), atMs: firstMs }, { ...received0(0), atMs: secondMs }, ...received.slice(1)];
    expect(reconcile(sent, doubled, [KILL])).toEqual({ ...clean, doubled: ["a#10"] });
  });

  it("names a second repeat where one kill explains only one", () => {
    const twice = [700, 1_600, 1_700].map((atMs) => ({ ...received0(0), atMs }));
    expect(reconcile(sent, [...twice, ...received.slice(1)], [KILL])).toEqual({ ...clean, repeated: ["a#10"], doubled: ["a#10"] });
  });

  it("names a conversation that changed its instance", () => {
    expect(reconcile(sent, received.with(1, { ...received0(1), instance: "i9" }), []).wandered).toEqual(["a/1"]);
  });
});
