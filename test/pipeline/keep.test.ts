import { describe, expect, it } from "vitest";
import type { Message } from "../../src/core/message.ts";
import { keep } from "../../src/pipeline/keep.ts";
import { loadForTest } from "../support/catalogue.ts";
import { keepPorts, keepSetting } from "../support/keep.ts";
import { directMessage, groupMessage, validDocument } from "../support/routes-document.ts";

const setting = keepSetting();
const KEY = "telegram:support/1";
const DIRECT = "telegram:support/chat/777";
const GROUP = "telegram:support/chat/-100";
const SUPERGROUP = "telegram:support/chat/-200";
const supergroup = { id: "-200", kind: "group" } as const;
const outgrown: Message = { ...groupMessage, movedTo: supergroup };
const grown: Message = { ...groupMessage, chat: supergroup, movedFrom: groupMessage.chat };

const LIMITED = 'count clawedge_messages_total{account="telegram:support",state="limited"}';
const overQuota = { isAllowed: false, retryAfterMs: 400 } as const;
const unknownQuota = { isAllowed: false, retryAfterMs: 5000, isUnknown: true } as const;

describe("a message over a quota", () => {
  it("ends as limited, with its conversation in the line", async () => {
    const { ports, kept } = keepPorts({ quota: overQuota });
    expect(await keep.message(directMessage, setting, ports)).toMatchObject({ ok: true });
    expect(kept.asked).toEqual([`knows ${DIRECT} ${KEY}`, LIMITED]);
    expect(kept.log).toMatchObject([
      { event: "message.settled", state: "limited", conversation: DIRECT, outcome: "quota: account/telegram:support" },
    ]);
  });

  it("that is kept already is a repeat, and has the one state of its first copy", async () => {
    const { ports, kept } = keepPorts({ quota: overQuota, isKnown: true });
    expect(await keep.message(directMessage, setting, ports)).toMatchObject({ ok: true });
    expect(kept.asked).toEqual([`knows ${DIRECT} ${KEY}`]);
    expect(kept.log).toMatchObject([{ event: "message.duplicate", message: "1" }]);
  });

  it("stays with the platform while nobody can say whether it is kept already", async () => {
    const { ports, kept } = keepPorts({ quota: overQuota, failing: ["knows"] });
    expect(await keep.message(directMessage, setting, ports)).toMatchObject({ problem: { kind: "unstored" } });
    expect(kept.log).toEqual([]);
  });

  it("still moves its conversation: the platform says it once", async () => {
    const { ports, kept } = keepPorts({ quota: overQuota });
    await keep.message(outgrown, setting, ports);
    expect(kept.asked).toEqual([`knows ${GROUP} ${KEY}`, `move ${GROUP} -> ${SUPERGROUP}`, LIMITED]);
  });

  it("is not acknowledged before its conversation has moved", async () => {
    const { ports, kept } = keepPorts({ quota: overQuota, failing: ["move"] });
    expect(await keep.message(outgrown, setting, ports)).toMatchObject({ problem: { kind: "unstored" } });
    expect(kept.asked).not.toContain(LIMITED);
  });
});

describe("a quota that cannot be asked, under the closed policy", () => {
  it("costs no message: the platform keeps it for us", async () => {
    const { ports, kept } = keepPorts({ quota: unknownQuota });
    expect(await keep.message(directMessage, setting, ports)).toMatchObject({
      ok: false,
      problem: { kind: "unstored", detail: "quota account/telegram:support cannot be asked", retryAfterMs: 5000 },
    });
    expect([kept.commits, kept.log]).toEqual([[], []]);
  });

  it("lets the repeat of a kept message pass", async () => {
    const { ports } = keepPorts({ quota: unknownQuota, isKnown: true });
    expect(await keep.message(directMessage, setting, ports)).toMatchObject({ ok: true });
  });
});

describe("the first message of a chat that was another one", () => {
  it("is kept after the old conversation was told to hand over", async () => {
    const { ports, kept } = keepPorts();
    expect(await keep.message(grown, setting, ports)).toMatchObject({ ok: true });
    expect(kept.asked).toEqual([`move ${GROUP} -> ${SUPERGROUP}`, `commit ${SUPERGROUP}`]);
  });

  it("is kept when the old conversation cannot be asked, and the log says so", async () => {
    const { ports, kept } = keepPorts({ failing: ["move"] });
    expect(await keep.message(grown, setting, ports)).toMatchObject({ ok: true });
    expect(kept.commits).toHaveLength(1);
    expect(kept.log).toMatchObject([{ level: "warn", event: "conversation.unmoved", conversation: GROUP, to: SUPERGROUP }]);
  });

  it("never moves a conversation to itself", async () => {
    const { ports, kept } = keepPorts();
    await keep.message({ ...groupMessage, movedFrom: groupMessage.chat }, setting, ports);
    expect(kept.asked).toEqual([`commit ${GROUP}`]);
  });
});

describe("how complex a message is", () => {
  const support = { ...validDocument.pools.support, agent: "fast", tiers: { complex: "deep" } };
  const document = { ...validDocument, pools: { ...validDocument.pools, support } };
  const tiered = loadForTest(document);
  const tied = loadForTest({ ...document, rules: [{ name: "tie", when: { chat: "direct" }, pool: "sales", mode: "tie-break" }] });
  const long = "please compare the two plans for a team of twelve that travels, ".repeat(4);

  it.each([
    ["a pool that asks two agents", tiered, long, true],
    ["a pool that asks two agents", tiered, "hello", undefined],
    ["a pool that asks one", setting.snapshot, long, undefined],
    ["where only its conversation knows which pool it keeps", tied, long, true],
  ])("goes along to %s", async (_, snapshot, text, isComplex) => {
    const { ports, kept } = keepPorts();
    await keep.message({ ...directMessage, text }, { ...setting, snapshot }, ports);
    expect(kept.commits.map((commit) => commit.isComplex)).toEqual([isComplex]);
  });
});
