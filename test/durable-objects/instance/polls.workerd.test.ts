/** Offers and pollers at the instance object in real workerd: sockets, hibernation, crashes, revoked tokens, and what it all costs. */
import { abortAllDurableObjects, env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { botDesk } from "../../../durable-objects/bot/stub.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import type { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import { conversationsOf } from "../../../durable-objects/conversation/stub.ts";
import type { Env } from "../../../durable-objects/env.ts";
import type { Instance } from "../../../durable-objects/instance/durable-object.ts";
import { OutboxRows } from "../../../durable-objects/instance/outbox-rows.ts";
import { pollersOf } from "../../../durable-objects/instance/poll-stub.ts";
import { newPoller } from "../../../durable-objects/instance/poller.ts";
import { drainInstance, instancesOf, pollsOf, showInstance } from "../../../durable-objects/instance/stub.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { Shard } from "../../../durable-objects/shard/durable-object.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import type { LogLine } from "../../../src/core/log-line.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import type { PollAsk, PollVerdict } from "../../../src/ports/pollers.ts";
import { commitOf, Driver, deliveryRules } from "../../support/conversation.ts";

const edge = env as unknown as Env;
const ACCOUNT = "telegram:support";
const OTHER = "telegram:sales";
/** Of a pool of one, in which little may fail. */
const LONE = "telegram:lone";
const WHOLE = "telegram:whole";
const polls = pollsOf(edge);
const pollers = pollersOf(edge);
const stubOf = (name: string): DurableObjectStub<Instance> => objectOf(edge, edge.INSTANCE, name);

/** Every test has an instance of its own. */
const NAMES = [
  ...["plain", "waits", "asleep", "crash", "late", "dies", "never", "silent", "two", "again", "future", "negative", "kinds"],
  ...["revoked", "unpolled", "budget", "idle", "recovers", "half", "bad-body", "batch", "purge", "gone", "lost", "full", "returns"],
  ...["slow", "poison", "drained", "hot"],
] as const;
const account = { pool: "p", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } };
const document = {
  accounts: { [ACCOUNT]: account, [OTHER]: account, [LONE]: { ...account, pool: "off" }, [WHOLE]: { ...account, pool: "whole" } },
  instances: {
    ...Object.fromEntries(NAMES.map((name) => [name, { poll: [ACCOUNT, OTHER] }])),
    off: { poll: [LONE] },
    whole: { poll: [WHOLE] },
  },
  pools: {
    p: { instances: NAMES },
    whole: { instances: ["whole"] },
    off: { instances: ["off"], failover: { attemptMs: 200, maxAttempts: 3 } },
  },
};

beforeEach(async () => {
  const answer = await configOf(edge).push(JSON.stringify(document));
  if (answer.status === "rejected") throw new Error(JSON.stringify(answer));
});

const asked = (offset = 0, bent: Partial<PollAsk> = {}): PollAsk => ({
  ...{ account: ACCOUNT, generation: 1, offset, limit: 100, waitMs: 0 },
  ...bent,
});
const ask = (name: string, offset = 0, bent: Partial<PollAsk> = {}): Promise<PollVerdict> => pollers.ask(name, asked(offset, bent));
const offer = (name: string, key: string, bent: { readonly deadlineMs?: number; readonly kind?: string; readonly account?: string } = {}) =>
  polls.offer(name, {
    ...{ account: ACCOUNT, key, kind: "message", deadlineMs: 20_000 },
    body: utf8(JSON.stringify({ update_id: 999_000, message: { text: key } })),
    ...bent,
  });

/** `text@id` of each update. */
function updatesIn(verdict: PollVerdict): string {
  if (verdict.verdict === "nothing") return "";
  if (verdict.verdict !== "answer") return verdict.verdict;
  const { result } = JSON.parse(verdict.body) as { result: { update_id: number; message: { text: string } }[] };
  return result.map(({ update_id, message }) => `${message.text}@${update_id}`).join(" ");
}
const told = async (name: string, offset = 0, bent: Partial<PollAsk> = {}): Promise<string> => updatesIn(await ask(name, offset, bent));

const isOpen = (name: string, count = 1) =>
  expect.poll(async () => (await pollers.pending(name, { account: ACCOUNT, generation: 1 })) ?? 0).toBe(count);
/** Given as it comes, so that however short its time is, it has been given by then. */
async function givenAtOnce(name: string, key: string, by: { readonly offset: number; readonly deadlineMs: number; readonly id: number }) {
  const waiting = told(name, by.offset, { waitMs: 50_000 });
  await isWaiting(name);
  const outcome = offer(name, key, by);
  expect(await waiting).toBe(`${key}@${by.id}`);
  return { outcome };
}
const isWaiting = (name: string) => expect.poll(async () => (await showInstance(edge, name)).pollers[0]?.isWaiting).toBe(true);

/** Log lines and a clock of the test's own; both end with the incarnation. */
async function within(name: string, bend: { readonly aheadMs?: number } = {}): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  await runInDurableObject(stubOf(name), (instance: Instance) => {
    const { clock } = instance.ports;
    Object.assign(instance.ports, {
      log: { write: (line: LogLine) => lines.push(line) },
      clock: { ...clock, nowMs: () => Date.now() + (bend.aheadMs ?? 0) },
    });
  });
  return lines;
}

describe("from offer to confirmation", () => {
  it("an update is given under an id of the instance's own, and accepted when the next question confirms it", async () => {
    expect(await told("plain")).toBe("");
    const outcome = offer("plain", "a");
    await isOpen("plain");
    expect(await told("plain")).toBe("a@1");
    expect(await told("plain", 1)).toBe("a@1");
    expect(await told("plain", 2)).toBe("");
    expect(await outcome).toMatchObject({ kind: "accepted" });
    expect(await offer("plain", "a")).toMatchObject({ kind: "accepted", detail: "confirmed before" });
  });

  it("who waits gets it at once", async () => {
    const waiting = told("waits", 0, { waitMs: 50_000 });
    await isWaiting("waits");
    const outcome = offer("waits", "a");
    expect(await waiting).toBe("a@1");
    expect(await told("waits", 2)).toBe("");
    expect((await outcome).kind).toBe("accepted");
  });

  it("who waits in vain gets nothing, and is no longer waiting", async () => {
    expect(await ask("waits", 9, { waitMs: 300 })).toEqual({ verdict: "nothing" });
    await expect.poll(async () => (await showInstance(edge, "waits")).pollers[0]).toMatchObject({ isWaiting: false, open: 0 });
  });

  it("many offers are given together, in the order they came, as many as wanted", async () => {
    await told("batch");
    const outcomes: Promise<Outcome>[] = [];
    for (const key of ["a", "b", "c"]) {
      outcomes.push(offer("batch", key));
      await isOpen("batch", outcomes.length);
    }
    expect(await told("batch", 0, { limit: 2 })).toBe("a@1 b@2");
    expect(await told("batch", 3)).toBe("c@3");
    expect(await told("batch", 4)).toBe("");
    expect((await Promise.all(outcomes)).map(({ kind }) => kind)).toEqual(["accepted", "accepted", "accepted"]);
  });

  it("accounts have ids of their own", async () => {
    await told("two");
    await told("two", 0, { account: OTHER });
    void offer("two", "a");
    void offer("two", "b", { account: OTHER });
    await isOpen("two");
    expect([await told("two"), await told("two", 0, { account: OTHER })]).toEqual(["a@1", "b@1"]);
  });

  it("what is no update is refused for good", async () => {
    const body = utf8("no json");
    expect(await polls.offer("bad-body", { account: ACCOUNT, key: "x", kind: "message", body, deadlineMs: 1000 })).toMatchObject({
      kind: "refused",
      isPermanent: true,
    });
  });
});

it("an outbox takes no more than its object can hold: what is too much waits in its conversation", async () => {
  await told("full");
  const body = utf8(JSON.stringify({ update_id: 1, message: { text: "x".repeat(1024 * 1024) } }));
  const large = (index: number) => polls.offer("full", { account: ACCOUNT, key: `k${index}`, kind: "message", body, deadlineMs: 20_000 });
  const held = Array.from({ length: 31 }, (_, index) => large(index));
  await isOpen("full", 31);
  expect(await large(31)).toMatchObject({ kind: "busy", mayHave: false, detail: "the outbox is full" });
  expect(updatesIn(await ask("full", -1)).length).toBeGreaterThan(1024 * 1024);
  await Promise.all(held.slice(0, 30));
  void large(32);
  await isOpen("full", 2);
});

describe("at the deadline", () => {
  it("nobody ever called: unreachable at once", async () => {
    expect(await offer("never", "a")).toEqual({ kind: "unreachable", detail: "no poller has called ever" });
  });

  it("not asked for in time by one that still lives: busy, it does not have it, and it is given no more", async () => {
    await told("late");
    expect(await offer("late", "a", { deadlineMs: 50 })).toEqual({ kind: "busy", detail: "the poller has not asked yet" });
    expect(await told("late")).toBe("");
  });

  it("not asked for in time, again and again: a slow poller is not taken out", async () => {
    await told("slow");
    for (const key of ["a", "b", "c", "d"]) await instancesOf(edge).report("slow", await offer("slow", key, { deadlineMs: 50 }));
    expect(await showInstance(edge, "slow")).toMatchObject({ isHealthy: true, ejectionsInARow: 0 });
  });

  it("silent by then: unreachable", async () => {
    await told("slow");
    const outcome = offer("slow", "e", { deadlineMs: 3000 });
    await isOpen("slow");
    await within("slow", { aheadMs: 130_000 });
    const { kind, mayHave } = await outcome;
    expect([kind, mayHave]).toEqual(["unreachable", undefined]);
  });

  it("given and not confirmed: busy, and it may have it; what confirms it later is told to the next offer", async () => {
    const { outcome } = await givenAtOnce("late", "b", { offset: 0, deadlineMs: 500, id: 1 });
    expect(await outcome).toMatchObject({ kind: "busy", mayHave: true });
    expect(await told("late", 2)).toBe("");
    expect((await offer("late", "b")).kind).toBe("accepted");
  });

  it("given, and then no word from the poller: unreachable, as the next offer is, and it may have it", async () => {
    await told("dies");
    const { outcome } = await givenAtOnce("dies", "a", { offset: 0, deadlineMs: 3000, id: 1 });
    await within("dies", { aheadMs: 130_000 });
    expect(await outcome).toMatchObject({ kind: "unreachable", mayHave: true });
    expect(await offer("dies", "a")).toMatchObject({
      kind: "unreachable",
      mayHave: true,
      detail: expect.stringMatching(/^given, and no poller/),
    });
    const other = await offer("dies", "b");
    expect([other.kind, other.mayHave]).toEqual(["unreachable", undefined]);
  });
});

describe("a poller that died with a message in its hands", () => {
  const toldLone = (offset: number) => told("off", offset, { account: LONE });

  it("is off for longer than its silence, comes back and is given it once more: nothing is dead", async () => {
    const ref = { key: `${LONE}/chat/777` };
    const conversation: DurableObjectStub<Conversation> = objectOf(edge, edge.CONVERSATION, ref.key);
    const head = async () => (await conversation.show()).messages[0];
    const body = utf8(JSON.stringify({ update_id: 1, message: { text: "mine" } }));
    await toldLone(0);
    const commit = commitOf({ ref, account: LONE, pool: "off", arrivedAtMs: Date.now(), body });
    expect(await conversationsOf(edge).commit(commit)).toMatchObject({ state: "stored" });
    await expect.poll(() => toldLone(1)).toBe("mine@1");

    await within("off", { aheadMs: 130_000 });
    // More hand-overs than may fail.
    await expect.poll(async () => (await head())?.attempts, { timeout: 30_000 }).toBeGreaterThan(4);
    expect(await head()).toMatchObject({ state: "waiting", lastDetail: expect.stringMatching(/^given, and no poller has called/) });

    await within("off");
    await expect.poll(() => toldLone(1), { timeout: 20_000 }).toBe("mine@1");
    expect(await toldLone(2)).toBe("");
    await expect.poll(head, { timeout: 10_000 }).toMatchObject({ state: "delivered", outcome: "accepted" });
  }, 60_000);
});

describe("an update that its poller dies of", () => {
  /** It dies of each answer, starts again, and asks for what it has not confirmed. An offer that was over before it came is made anew. */
  async function lives(): Promise<readonly [Outcome, Outcome]> {
    const offers = ["bad", "other"].map((key) => offer("poison", key, { deadlineMs: 150 })) as [Promise<Outcome>, Promise<Outcome>];
    let isOver = false;
    void offers[0].then(() => {
      isOver = true;
    });
    await expect.poll(async () => isOver || (await pollers.pending("poison", { account: ACCOUNT, generation: 1 })) !== 0).toBe(true);
    for (let life = 0; life < 2; life += 1) await told("poison", 1, { waitMs: 1 });
    const outcomes = await Promise.all(offers);
    return outcomes[0].detail === "the poller has not asked yet" ? lives() : outcomes;
  }

  it("ends as poison, and takes nothing with it that came in one answer with it", async () => {
    const driver = new Driver(deliveryRules({ instances: ["poison"] }));
    driver.commit({ messageId: "bad" });
    driver.place("poison");
    await told("poison");
    const others: string[] = [];
    for (let attempt = 0; attempt < 30 && driver.endings().length === 0; attempt += 1) {
      const [bad, other] = await lives();
      driver.answer(bad);
      driver.wake(60_000);
      others.push(other.kind);
    }
    expect(driver.endings()).toEqual(["bad dead: poison: given again and again, and never confirmed"]);
    expect(others).not.toContain("unknown");
    const last = offer("poison", "other");
    await isOpen("poison");
    expect([await told("poison", 1), await told("poison", 3)]).toEqual(["other@2", ""]);
    expect((await last).kind).toBe("accepted");
  });
});

describe("what outlives the object", () => {
  it("a poller that waits: it hears of an offer to the next incarnation", async () => {
    const waiting = told("asleep", 7, { waitMs: 50_000 });
    await isWaiting("asleep");
    await evictDurableObject(stubOf("asleep"), { webSockets: "hibernate" });
    expect((await showInstance(edge, "asleep")).pollers[0]).toMatchObject({ isWaiting: true, isSilent: false });
    await evictDurableObject(stubOf("asleep"), { webSockets: "hibernate" });
    const outcome = offer("asleep", "a");
    expect(await waiting).toBe("a@7");
    expect(await told("asleep", 8)).toBe("");
    expect((await outcome).kind).toBe("accepted");
  });

  it("an id: after a crash between giving and confirming the same update has the same one", async () => {
    await told("crash");
    const lost = offer("crash", "a");
    await isOpen("crash");
    expect(await told("crash")).toBe("a@1");
    await abortAllDurableObjects();
    expect((await lost).kind).toBe("unknown");
    const again = offer("crash", "a");
    await isOpen("crash");
    expect(await told("crash", 1)).toBe("a@1");
    expect(await told("crash", 2)).toBe("");
    expect((await again).kind).toBe("accepted");
    void offer("crash", "b");
    await isOpen("crash");
    expect(await told("crash", 2)).toBe("b@2");
  });

  it("a confirmation, also one that came while nobody offered", async () => {
    await told("gone");
    const { outcome } = await givenAtOnce("gone", "a", { offset: 0, deadlineMs: 300, id: 1 });
    await outcome;
    await evictDurableObject(stubOf("gone"));
    expect(await told("gone", 2)).toBe("");
    await evictDurableObject(stubOf("gone"));
    expect((await offer("gone", "a")).kind).toBe("accepted");
  });

  it("that an answer was lost: a later offset does not confirm it", async () => {
    await told("lost");
    const { outcome } = await givenAtOnce("lost", "a", { offset: 1, deadlineMs: 300, id: 1 });
    await outcome;
    expect(await told("lost", 1)).toBe("");
    await evictDurableObject(stubOf("lost"));
    void offer("lost", "b");
    await isOpen("lost");
    expect(await told("lost", 1)).toBe("b@2");
    expect(await told("lost", 3)).toBe("");
    void offer("lost", "a");
    await isOpen("lost");
    expect(await told("lost", 3)).toBe("a@3");
  });

  it("the newest id, whatever is purged", async () => {
    await told("purge");
    for (const [key, offset] of [
      ["a", 1],
      ["b", 2],
    ] as const) {
      const outcome = offer("purge", key);
      await isOpen("purge");
      await told("purge", offset);
      await told("purge", offset + 1);
      await outcome;
    }
    const ids = () =>
      runInDurableObject(stubOf("purge"), (_, { storage }) => storage.sql.exec("SELECT id, state FROM polled ORDER BY id").toArray());
    await within("purge", { aheadMs: 10 * 3_600_000 });
    expect(await ids()).toHaveLength(2);
    await runDurableObjectAlarm(stubOf("purge"));
    expect(await ids()).toEqual([{ id: 2, state: "confirmed" }]);
  });
});

it("what was given and never confirmed keeps its id for a month: whoever is back by then is not asked a second time", async () => {
  const DAY_MS = 24 * 3_600_000;
  const left = await runInDurableObject(stubOf("gone"), (_, { storage: { sql } }) => {
    const [rows, nowMs] = [new OutboxRows(sql), Date.now()];
    const given = (key: string, id: number) => ({ row: "given" as const, key, id });
    rows.write(LONE, [given("older", 1)], nowMs - 40 * DAY_MS);
    rows.write(LONE, [given("waits", 2)], nowMs - 30 * DAY_MS);
    rows.write(LONE, [given("newest", 3)], nowMs);
    rows.purge(nowMs);
    return [...rows.load(newPoller(LONE)).given.keys()];
  });
  expect(left).toEqual(["newest", "waits"]);
});

it("what is purged is looked for by reading every row a few times, however many there are", async () => {
  await told("purge");
  const [nowMs, count] = [Date.now(), 3000];
  const read = await runInDurableObject(stubOf("purge"), (_, { storage: { sql } }) => {
    const rows = Array.from({ length: count }, (_one, index) => ({ row: "confirmed" as const, key: `m${index}`, id: 10 + index }));
    new OutboxRows(sql).write(OTHER, rows, nowMs - 10 * 3_600_000);
    let rowsRead = 0;
    const exec = (...asked: Parameters<SqlStorage["exec"]>) => {
      const cursor = sql.exec(...asked);
      const all = cursor.toArray();
      rowsRead += cursor.rowsRead;
      return { toArray: () => all };
    };
    new OutboxRows({ exec } as unknown as SqlStorage).purge(nowMs);
    return rowsRead;
  });
  expect(read).toBeLessThan(5 * count);
  const left = await runInDurableObject(stubOf("purge"), (_, { storage }) =>
    storage.sql.exec("SELECT COUNT(*) AS left FROM polled WHERE account = ?", OTHER).one(),
  );
  expect(left).toEqual({ left: 2000 });
});

it("while it is drained it is given again what it may have, and may confirm it", async () => {
  await told("drained");
  const { outcome } = await givenAtOnce("drained", "a", { offset: 1, deadlineMs: 300, id: 1 });
  expect(await outcome).toMatchObject({ kind: "busy", mayHave: true });
  await drainInstance(edge, "drained");
  const again = offer("drained", "a");
  await isOpen("drained");
  expect([await told("drained", 1), await told("drained", 2)]).toEqual(["a@1", ""]);
  expect((await again).kind).toBe("accepted");
});

describe("offsets", () => {
  it("of the future: the next update comes under it, and that is said once", async () => {
    const lines = await within("future");
    expect(await told("future", 800_000_000)).toBe("");
    expect(await told("future", 800_000_000)).toBe("");
    void offer("future", "a");
    await isOpen("future");
    expect(await told("future", 800_000_000)).toBe("a@800000000");
    expect(lines.filter(({ event }) => event === "poll.jumped")).toMatchObject([{ account: ACCOUNT, from: 1, to: 800_000_000 }]);
  });

  it("that are negative: all but the newest are forgotten, and their conversations are told so", async () => {
    const lines = await within("negative");
    await told("negative");
    const outcomes: Promise<Outcome>[] = [];
    for (const key of ["a", "b", "c"]) {
      outcomes.push(offer("negative", key));
      await isOpen("negative", outcomes.length);
    }
    expect(await told("negative", -1)).toBe("c@3");
    expect(await Promise.all(outcomes.slice(0, 2))).toMatchObject([
      { kind: "accepted", detail: expect.stringContaining("forgotten") },
      { kind: "accepted", detail: expect.stringContaining("forgotten") },
    ]);
    expect((await offer("negative", "a")).kind).toBe("accepted");
    expect(lines.filter(({ event }) => event === "poll.forgotten")).toMatchObject([{ level: "warn", count: 2, offset: -1 }]);
  });
});

describe("two pollers", () => {
  it("of one account: the older is ended in the platform's way, and the newer waits on", async () => {
    await told("again");
    const lines = await within("again");
    const older = ask("again", 0, { waitMs: 50_000 });
    await isWaiting("again");
    const newer = told("again", 0, { waitMs: 50_000 });
    expect(await older).toEqual({ verdict: "conflict" });
    void offer("again", "a");
    expect(await newer).toBe("a@1");
    expect(lines.map(({ event }) => event)).toEqual(["poll.conflict"]);
  });
});

describe("kinds of events", () => {
  it("are remembered until the next list, over restarts; what is not asked for is settled without being given", async () => {
    await told("kinds", 0, { kinds: ["message"] });
    expect(await offer("kinds", "a", { kind: "callback_query" })).toEqual({
      kind: "unmarked",
      detail: "the instance does not ask for callback_query",
    });
    await evictDurableObject(stubOf("kinds"));
    expect((await offer("kinds", "b", { kind: "callback_query" })).kind).toBe("unmarked");
    await told("kinds", 0, { kinds: [] });
    expect((await offer("kinds", "c", { kind: "chat_member" })).kind).toBe("unmarked");
    void offer("kinds", "d", { kind: "callback_query" });
    await isOpen("kinds");
  });
});

describe("tokens", () => {
  it("of a revoked generation end at once, also for one who waits and for one who counts", async () => {
    const waiting = ask("revoked", 0, { waitMs: 50_000 });
    await isWaiting("revoked");
    expect((await botDesk(edge).revokeToken(ACCOUNT, "revoked")).ok).toBe(true);
    expect(await waiting).toEqual({ verdict: "revoked" });
    expect(await ask("revoked")).toEqual({ verdict: "revoked" });
    expect(await pollers.pending("revoked", { account: ACCOUNT, generation: 1 })).toBeUndefined();
    await evictDurableObject(stubOf("revoked"));
    expect(await ask("revoked")).toEqual({ verdict: "revoked" });
    expect(await told("revoked", 0, { generation: 2 })).toBe("");
  });

  it("that were revoked before the outbox knew of revocations are asked of the bot, once", async () => {
    expect((await botDesk(edge).revokeToken(OTHER, "unpolled")).ok).toBe(true);
    await runInDurableObject(stubOf("unpolled"), (_, { storage }) => void storage.sql.exec("DELETE FROM pollers"));
    await evictDurableObject(stubOf("unpolled"));
    expect(await ask("unpolled", 0, { account: OTHER })).toEqual({ verdict: "revoked" });
    expect(await ask("unpolled", 0, { account: OTHER, generation: 2 })).toMatchObject({ verdict: "answer" });
  });
});

describe("health", () => {
  const statusOf = async (name: string) => (await instancesOf(edge).status([name]))[0];

  it("an instance whose pollers never called takes no messages; the first call makes it well", async () => {
    expect(await statusOf("silent")).toMatchObject({ isHealthy: false });
    expect((await showInstance(edge, "silent")).reason).toBe(`the poller of ${ACCOUNT}, ${OTHER} has not called ever`);
    const lines = await within("silent");
    await told("silent");
    expect(await statusOf("silent")).toMatchObject({ isHealthy: true });
    expect(lines).toMatchObject([{ event: "instance.recovered" }]);
  });

  it("silence is noticed by the alarm, though nobody asks, and over a restart", async () => {
    await told("recovers");
    await evictDurableObject(stubOf("recovers"));
    const lines = await within("recovers", { aheadMs: 200_000 });
    await runDurableObjectAlarm(stubOf("recovers"));
    await expect.poll(() => lines).toMatchObject([{ event: "instance.ejected", instance: "recovers", by: "silence" }]);
    expect((await offer("recovers", "a")).detail).toMatch(/^no poller has called for 1\d\d s$|^no poller has called for 2\d\d s$/);
  });

  it("whatever could not be given to it while it was away: the first call brings it back", async () => {
    await told("returns");
    await within("returns", { aheadMs: 200_000 });
    for (const key of ["a", "b", "c"]) await instancesOf(edge).report("returns", await offer("returns", key));
    const details = await showInstance(edge, "returns");
    expect([details.isHealthy, details.ejectionsInARow]).toEqual([false, 1]);
    const lines = await within("returns", { aheadMs: 201_000 });
    await told("returns");
    expect(lines).toMatchObject([{ event: "instance.recovered" }]);
    expect(await statusOf("returns")).toMatchObject({ isHealthy: true });
  });

  it("one silent poller of two is a note, and no outage", async () => {
    await told("half");
    expect(await showInstance(edge, "half")).toMatchObject({
      isHealthy: true,
      pollers: [
        { account: ACCOUNT, isSilent: false },
        { account: OTHER, isSilent: true, calledAtMs: 0 },
      ],
    });
  });
});

describe("a poller that asks in a loop without a pause", () => {
  const counted = () => runInDurableObject(stubOf("hot"), ({ requests }: Instance) => requests);

  it("waits for its answers, whether there is nothing or the same again; what is new it has at once", async () => {
    await told("hot");
    const before = await counted();
    const until = Date.now() + 2500;
    while (Date.now() < until) await ask("hot");
    expect((await counted()) - before).toBeLessThanOrEqual(5);

    const untilNews = async (): Promise<string> => (await told("hot")) || untilNews();
    const waiting = untilNews();
    await isWaiting("hot");
    void offer("hot", "a");
    expect(await waiting).toBe("a@1");
    const again = await counted();
    const later = Date.now() + 2500;
    while (Date.now() < later) expect(await told("hot")).toBe("a@1");
    expect((await counted()) - again).toBeLessThanOrEqual(5);
    expect(await told("hot", 2)).toBe("");
  });
});

describe("what it costs", () => {
  it("100 updates to one who waits for each: two requests and two rows an update", async () => {
    await told("budget");
    const counted = () => runInDurableObject(stubOf("budget"), ({ requests, rowsWritten }: Instance) => ({ requests, rowsWritten }));
    const before = await counted();
    let offset = 1;
    let waiting = told("budget", offset, { waitMs: 50_000 });
    await isWaiting("budget");
    for (let index = 0; index < 100; index += 1) {
      const outcome = offer("budget", `k${index}`);
      expect(await waiting).toBe(`k${index}@${offset}`);
      offset += 1;
      waiting = told("budget", offset, { waitMs: 50_000 });
      expect((await outcome).kind).toBe("accepted");
    }
    const after = await counted();
    // Besides them the first question, and an alarm that may have rung.
    expect((after.requests - before.requests) / 100).toBeLessThanOrEqual(2.03);
    expect((after.rowsWritten - before.rowsWritten) / 100).toBeLessThanOrEqual(2.03);
  });

  it.each([
    ["a quick poller", { many: 100, slowMs: 0, first: 1 }],
    ["one that confirms after three seconds", { many: 1, slowMs: 3000, first: 102 }],
  ])(
    "a polled update with its conversation, of %s: at most 4 requests and 6 rows",
    { timeout: 30_000 },
    async (_, { many, slowMs, first }) => {
      const ref = { key: `${WHOLE}/chat/${4242 + many}` };
      const indexed = vi.spyOn(Shard.prototype, "setPending");
      const whole = (offset: number) => told("whole", offset, { account: WHOLE, waitMs: 50_000 });
      const isConfirmed = () => expect.poll(async () => (await showInstance(edge, "whole")).pollers[0]?.open).toBe(0);
      const conversation: DurableObjectStub<Conversation> = objectOf(edge, edge.CONVERSATION, ref.key);
      const cost = async () => {
        const own = await runInDurableObject(conversation, (object) => ({
          requests: object.requests,
          rows: object.storage.rowsWritten + object.clock.rows,
        }));
        const outbox = await runInDurableObject(stubOf("whole"), ({ requests, rowsWritten }: Instance) => ({
          requests,
          rows: rowsWritten,
        }));
        return { requests: own.requests + outbox.requests + indexed.mock.calls.length, rows: own.rows + outbox.rows };
      };
      const say = async (index: number): Promise<void> => {
        const body = utf8(JSON.stringify({ update_id: 1, message: { text: `m${index}` } }));
        const commit = commitOf({ ref, account: WHOLE, pool: "whole", arrivedAtMs: Date.now(), body });
        expect(await conversationsOf(edge).commit(commit)).toMatchObject({ state: "stored" });
      };
      let waiting = whole(first);
      await isWaiting("whole");
      await say(0);
      expect(await waiting).toBe(`m0@${first}`);
      waiting = whole(first + 1);
      await isConfirmed();
      // Nothing of the first is due any more.
      await runDurableObjectAlarm(conversation);
      const before = await cost();
      for (let index = 1; index <= many; index += 1) {
        await say(index);
        expect(await waiting).toBe(`m${index}@${first + index}`);
        await new Promise((resolve) => setTimeout(resolve, slowMs));
        waiting = whole(first + index + 1);
        await isConfirmed();
      }
      if (many > 1) await runDurableObjectAlarm(conversation);
      const after = await cost();
      expect((after.requests - before.requests) / many).toBeLessThanOrEqual(4);
      expect((after.rows - before.rows) / many).toBeLessThanOrEqual(6);
      expect(indexed).not.toHaveBeenCalled();
      indexed.mockRestore();
    },
  );

  it("an hour of an idle poller that waits 30 s: at most 200 requests, with the alarms", async () => {
    let aheadMs = 0;
    await told("idle");
    const stub = stubOf("idle");
    await runInDurableObject(stub, ({ ports }: Instance) => {
      Object.assign(ports, { clock: { ...ports.clock, nowMs: () => 1_900_000_000_000 + aheadMs } });
    });
    const counted = () =>
      runInDurableObject(stub, async (instance: Instance, { storage }) => ({
        requests: instance.requests,
        rowsWritten: instance.rowsWritten,
        busyMs: instance.busyMs,
        alarmAtMs: (await storage.getAlarm()) ?? 0,
      }));
    await runDurableObjectAlarm(stub);
    const before = await counted();
    let alarmRows = 0;
    for (let atMs = 0; atMs < 3_600_000; atMs += 30_000) {
      aheadMs = atMs;
      // Nobody sleeps for half a minute here: the socket is closed, which is what its Worker does in the end.
      expect(await ask("idle", 1, { waitMs: 1 })).toEqual({ verdict: "nothing" });
      if ((await counted()).alarmAtMs <= 1_900_000_000_000 + atMs) {
        await runDurableObjectAlarm(stub);
        alarmRows += 1;
      }
    }
    const after = await counted();
    expect(after.requests - before.requests).toBeLessThanOrEqual(200);
    expect(after.rowsWritten - before.rowsWritten + alarmRows).toBeLessThanOrEqual(120);
  });
});
