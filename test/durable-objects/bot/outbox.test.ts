import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { wakeAtMs } from "../../../durable-objects/bot/outbox.ts";
import {
  CONFIRM_MS,
  DOUBT_WAIT_MS,
  LEASE_MS,
  LOOK_MS,
  MAX_AGE_MS,
  MAX_REFUSALS,
  type Speech,
  UNREADY_MS,
} from "../../../durable-objects/bot/outbox-state.ts";
import type { SendVerdict } from "../../../src/channels/outgoing.ts";
import { ACCOUNT, freeSpeech, OutboxDriver } from "../../support/outbox.ts";

const one = { chat: "7", parts: ["hello"] };
const two = { chat: "7", parts: ["first", "second"] };
const three = { chat: "7", parts: ["first", "second", "third"] };
const NOTE = `7@|${ACCOUNT}/chat/7`;
const retry: SendVerdict = { kind: "retry", detail: "http 503" };
const giveUp: SendVerdict = { kind: "give-up", detail: "131026: undeliverable" };
const stop: SendVerdict = { kind: "stop", detail: "190: token expired" };
const template: SendVerdict = { kind: "template", detail: "131047: re-engagement" };
const slowly = (perMinute: number, burst: number): Speech => ({
  ...freeSpeech,
  pace: () => ({ chat: { perMinute, burst }, bot: { perMinute: 6000, burst: 1000 } }),
});

describe("the healthy path", () => {
  it("one part: kept and on its way in one row, taken in a second, and gone with a third", () => {
    const driver = new OutboxDriver();
    expect(driver.keep("a", one)).toEqual({ verdict: "kept" });
    expect(driver.rows.get("a")).toMatchObject({ next: 0, attempts: 1 });
    driver.take("wamid.1");
    driver.status("wamid.1", "delivered");
    driver.told("a");
    expect(driver.ends()).toEqual([{ key: "a", state: "answered", outcome: "delivered", parts: 1, repeats: 0 }]);
    driver.wake(LEASE_MS);
    expect([driver.rowsWritten, driver.rows.size, driver.state.entries.size]).toEqual([3, 0, 0]);
  });

  it("the row says that a part is under way before the call leaves", () => {
    const { writes, effects } = (() => {
      const driver = new OutboxDriver();
      driver.keep("a", two);
      return driver.take("wamid.1");
    })();
    expect(writes).toMatchObject([{ row: "update", entry: { next: 1, attempts: 1, sent: [{ part: 0, id: "wamid.1" }] } }]);
    expect(effects).toMatchObject([{ do: "count" }, { do: "send", entry: { next: 1 } }]);
  });

  it("parts go one after the other, each with the row of the one before", () => {
    const driver = new OutboxDriver();
    driver.keep("a", three);
    for (const id of ["w1", "w2", "w3"]) driver.take(id);
    expect(driver.sends()).toEqual(["a/1", "a/2", "a/3"]);
    expect(driver.rowsWritten).toBe(4);
    expect(driver.counted()).toEqual({ [`parts_total{account="${ACCOUNT}"}`]: 3 });
  });

  it("nobody says more for a minute: it was sent", () => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.take("w1");
    driver.wake(CONFIRM_MS - 1);
    expect(driver.ends()).toEqual([]);
    driver.wake(1);
    expect(driver.ends()).toMatchObject([{ state: "answered", outcome: "sent" }]);
  });

  it.each(["sent", "delivered", "read"] as const)("'%s' of an earlier part ends nothing", (status) => {
    const driver = new OutboxDriver();
    driver.keep("a", two);
    driver.take("w1");
    driver.status("w1", status);
    driver.take("w2");
    driver.status("w1", status);
    expect(driver.ends()).toEqual([]);
  });

  it("the same key is kept once, while it is open, when it has ended, and when its row is gone", () => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    expect(driver.keep("a", one)).toEqual({ verdict: "kept" });
    driver.take("w1");
    driver.status("w1", "read");
    const ended = { verdict: "ended", end: { state: "answered", outcome: "delivered", parts: 1, repeats: 0 } };
    expect(driver.keep("a", one)).toEqual(ended);
    driver.told("a");
    expect(driver.keep("a", one)).toEqual(ended);
    expect(driver.sends()).toEqual(["a/1"]);
  });
});

describe("lanes", () => {
  it("answers to one chat wait for each other, chats do not", () => {
    const driver = new OutboxDriver();
    driver.keep("a", two);
    driver.keep("b", one);
    driver.keep("c", { ...one, chat: "8" });
    expect(driver.sends()).toEqual(["a/1", "c/1"]);
    driver.take("w1", "a");
    driver.take("w2", "a");
    expect(driver.sends()).toEqual(["a/1", "c/1", "a/2", "b/1"]);
  });

  it("a wait that is short is spent awake, a longer one is the alarm's", () => {
    const short = new OutboxDriver(slowly(40, 1));
    short.keep("a", two);
    expect(short.take("w1").effects).toContainEqual(expect.objectContaining({ do: "send", waitMs: 1500 }));
    const long = new OutboxDriver(slowly(10, 1));
    long.keep("a", two);
    long.take("w1");
    expect(long.rows.get("a")).toMatchObject({ next: 1, attempts: 0 });
    expect(wakeAtMs(long.state, long.nowMs)).toBe(long.nowMs + 6000);
    long.wake(6000);
    expect(long.sends()).toEqual(["a/1", "a/2"]);
  });
});

describe("what the platform refuses", () => {
  it.each([
    ["give-up", giveUp, "undelivered: 131026: undeliverable"],
    ["template, without one", template, "outside the window: 131047: re-engagement"],
  ] as const)("%s: a dead letter that says why", (_name, verdict, outcome) => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.refuse(verdict);
    expect(driver.ends()).toEqual([{ key: "a", state: "dead", outcome, parts: 0, repeats: 0 }]);
    expect(driver.rows.get("a")).toMatchObject({ end: { state: "dead" } });
  });

  it("after earlier parts it says which one, and the next answer of the chat goes on", () => {
    const driver = new OutboxDriver();
    driver.keep("a", three);
    driver.keep("b", one);
    driver.take("w1");
    driver.refuse(giveUp);
    expect(driver.ends()).toMatchObject([{ state: "dead", outcome: "undelivered: part 2 of 3: 131026: undeliverable", parts: 1 }]);
    expect(driver.sends().at(-1)).toBe("b/1");
  });

  it("retry: waits that grow, and an end", () => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    const waits: number[] = [];
    for (let refusal = 1; refusal < MAX_REFUSALS; refusal += 1) {
      driver.refuse(retry);
      const waitMs = (wakeAtMs(driver.state, driver.nowMs) ?? 0) - driver.nowMs;
      waits.push(waitMs);
      driver.wake(waitMs);
    }
    expect(waits.slice(0, 8)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    driver.refuse(retry);
    expect(driver.ends()).toMatchObject([{ state: "dead", outcome: "undelivered: http 503", repeats: 0 }]);
  });

  it("a part that was refused was not sent: a crash afterwards repeats nothing", () => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.refuse(retry);
    driver.crash();
    driver.wake(5000);
    driver.take("w1");
    driver.wake(CONFIRM_MS);
    expect(driver.ends()).toMatchObject([{ state: "answered", repeats: 0 }]);
  });

  it.each([
    ["chat", ["c/1"]],
    ["account", []],
  ] as const)("wait, for the %s: others go on or wait with it", (scope, others) => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.refuse({ kind: "wait", scope, retryAfterMs: 30_000, detail: "slow down" });
    driver.keep("b", one);
    driver.keep("c", { ...one, chat: "8" });
    expect(driver.sends().slice(1)).toEqual(others);
    driver.wake(30_000);
    expect(driver.sends()).toContain("a/1");
    expect(driver.sends().filter((send) => send === "a/1")).toHaveLength(2);
  });

  it("stop: every chat waits, one part looks again, of another chat if there is one, and all go on once it is taken", () => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.keep("b", { ...one, chat: "8" });
    driver.refuse(stop, "a");
    driver.refuse(stop, "b");
    driver.keep("c", { ...one, chat: "9" });
    driver.wake(LOOK_MS - 1);
    expect([driver.sends(), driver.done("stopped")]).toEqual([["a/1", "b/1"], 1]);
    driver.wake(1);
    expect(driver.sends()).toEqual(["a/1", "b/1", "c/1"]);
    driver.take("w1");
    expect(driver.sends()).toEqual(["a/1", "b/1", "c/1", "a/1", "b/1"]);
    expect([driver.done("stopped"), driver.done("resumed")]).toEqual([1, 1]);
  });

  it("one answer that is refused as if the account were stopped: others show that it is not, and it is given up", () => {
    const driver = new OutboxDriver();
    const others: string[] = [];
    const minute = () => {
      const call = driver.flying[0];
      if (call?.key === "bad") driver.refuse(stop);
      else if (call !== undefined) others.push(call.key) && driver.take(`w-${call.key}`);
      driver.wake(60_000);
    };
    driver.keep("bad", one);
    for (const good of ["good0", "good1", "good2", "good3"]) {
      for (let minutes = 0; minutes < 60; minutes += 1) minute();
      driver.keep(good, { ...one, chat: good });
    }
    minute();
    expect(driver.state.entries.get("bad")?.end).toBeDefined();
    expect(others).toEqual(["good0", "good1", "good2", "good3"]);
    expect(driver.ends()).toContainEqual({ key: "bad", state: "dead", outcome: "undelivered: 190: token expired", parts: 0, repeats: 0 });
    expect([driver.done("stopped"), driver.done("resumed"), driver.state.stopped]).toEqual([1, 1, undefined]);
  });

  it("nobody is given up for what the account suffers: looks take turns, and each of them is refused", () => {
    const driver = new OutboxDriver();
    for (const chat of ["1", "2", "3"]) driver.keep(`to${chat}`, { ...one, chat });
    while (driver.flying.length > 0) driver.refuse(stop);
    for (let look = 0; look < 30; look += 1) {
      driver.wake(LOOK_MS);
      driver.refuse(stop);
    }
    expect(driver.ends()).toEqual([]);
    expect(driver.sends().slice(3, 9)).toEqual(["to1/1", "to2/1", "to3/1", "to1/1", "to2/1", "to3/1"]);
  });

  it("an account that stays stopped says so once, also after a restart, and keeps its answers for a day", () => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.refuse(stop);
    for (let look = 0; look < 3; look += 1) {
      driver.crash();
      driver.wake(LOOK_MS);
      driver.refuse(stop);
    }
    expect([driver.done("stopped"), driver.ends()]).toEqual([1, []]);
    driver.wake(MAX_AGE_MS);
    expect(driver.ends()).toMatchObject([{ state: "dead", outcome: "undelivered: could not be sent for a day: 190: token expired" }]);
  });

  it("an account that is not ready (no token, no route) waits for an operator too", () => {
    const driver = new OutboxDriver();
    driver.keep("a", two);
    driver.take("w1");
    driver.crash();
    driver.speech = undefined;
    driver.wake(DOUBT_WAIT_MS);
    expect(wakeAtMs(driver.state, driver.nowMs)).toBe(driver.nowMs + UNREADY_MS);
    driver.speech = freeSpeech;
    driver.wake(UNREADY_MS);
    expect(driver.sends().at(-1)).toBe("a/2");
  });
});

describe("the window", () => {
  const windowed = (hasTemplate: boolean): Speech => ({ ...freeSpeech, windowMs: 3_600_000, hasTemplate: () => hasTemplate });
  const old = { ...two, askedAtMs: 1_000_000 - 3_600_001 };

  it("closed and no template: dead without a call", () => {
    const driver = new OutboxDriver(windowed(false));
    expect(driver.keep("a", old)).toMatchObject({
      verdict: "ended",
      end: { state: "dead", outcome: expect.stringMatching(/^outside the window/) },
    });
    expect(driver.sends()).toEqual([]);
  });

  it("closed: the template stands for all parts, and is the end", () => {
    const driver = new OutboxDriver(windowed(true));
    driver.keep("a", old);
    expect(driver.effects).toMatchObject([{ do: "send", entry: { next: 0, templateAt: 0 } }]);
    driver.take("w1");
    driver.status("w1", "delivered");
    expect(driver.ends()).toMatchObject([{ state: "answered", outcome: "template", parts: 1 }]);
  });

  it("told by the platform: the template is tried once", () => {
    const driver = new OutboxDriver({ ...freeSpeech, hasTemplate: () => true });
    driver.keep("a", two);
    driver.take("w1");
    driver.refuse(template);
    expect(driver.flying).toMatchObject([{ part: 1, entry: { templateAt: 1 } }]);
    driver.refuse(template);
    expect(driver.ends()).toMatchObject([{ state: "dead", outcome: "outside the window: part 2 of 2: 131047: re-engagement" }]);
  });

  it("of a message that was sent again the platform is asked: the person may have written since", () => {
    const open = new OutboxDriver(windowed(true));
    open.keep("a", { ...old, parts: ["hello"], isReplay: true });
    open.take("w1");
    open.status("w1", "delivered");
    expect(open.ends()).toMatchObject([{ state: "answered", outcome: "delivered" }]);
    const closed = new OutboxDriver(windowed(true));
    closed.keep("a", { ...old, isReplay: true });
    closed.crash();
    closed.wake(DOUBT_WAIT_MS);
    closed.refuse(template);
    expect(closed.flying).toMatchObject([{ entry: { templateAt: 0 } }]);
  });

  describe("one template for each chat and window", () => {
    const SENT_ALREADY = { key: "b", state: "dead", outcome: "outside the window: the template was sent already" };
    function afterTemplate(): OutboxDriver {
      const driver = new OutboxDriver(windowed(true));
      driver.keep("a", old);
      driver.take("w1");
      return driver;
    }

    it.each([
      ["that had waited with it", (driver: OutboxDriver) => driver.keep("b", old)],
      [
        "after its own has ended",
        (driver: OutboxDriver) => {
          driver.status("w1", "delivered");
          driver.told("a");
          driver.keep("b", old);
        },
      ],
      [
        "in the next incarnation, by its row",
        (driver: OutboxDriver) => {
          driver.crash();
          driver.keep("b", old);
        },
      ],
      [
        "by the platform's word",
        (driver: OutboxDriver) => {
          driver.keep("b", { ...old, isReplay: true });
          driver.refuse(template);
        },
      ],
    ] as const)("further answers are dead: %s", (_name, act) => {
      const driver = afterTemplate();
      act(driver);
      expect(driver.ends()).toContainEqual(expect.objectContaining(SENT_ALREADY));
      expect(driver.sends().filter((send) => send.startsWith("b"))).toHaveLength(_name === "by the platform's word" ? 1 : 0);
    });

    it("another chat has its own", () => {
      const driver = afterTemplate();
      driver.keep("b", { ...old, chat: "8" });
      expect(driver.flying).toMatchObject([{ key: "b", entry: { templateAt: 0 } }]);
    });

    it.each([
      ["was not delivered", (driver: OutboxDriver) => driver.status("w1", "failed", { verdict: giveUp })],
      ["is older than the window", (driver: OutboxDriver) => driver.wake(3_600_000)],
      [
        "was answered",
        (driver: OutboxDriver) => {
          driver.nowMs += 1;
          driver.keep("c", one);
          driver.take("w2");
        },
      ],
    ] as const)("another one goes out when the first %s", (_name, act) => {
      const driver = afterTemplate();
      act(driver);
      driver.keep("b", old);
      expect(driver.flying).toMatchObject([{ key: "b", entry: { templateAt: 0 } }]);
    });
  });

  it("it closes while an answer waits", () => {
    const driver = new OutboxDriver(windowed(false));
    driver.keep("a", one);
    driver.refuse({ kind: "wait", scope: "chat", retryAfterMs: 3_600_001, detail: "slow down" });
    driver.wake(3_600_001);
    expect(driver.ends()).toMatchObject([{ state: "dead", outcome: expect.stringMatching(/^outside the window/) }]);
  });
});

describe("a call that nobody answered", () => {
  const silence = { kind: "unanswered", detail: "timeout" } as const;

  it("is repeated once, a little later, and counted", () => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.answer(silence);
    expect(driver.sends()).toHaveLength(1);
    driver.wake(DOUBT_WAIT_MS);
    driver.take("w2");
    driver.wake(CONFIRM_MS);
    expect(driver.ends()).toMatchObject([{ state: "answered", outcome: "sent", repeats: 1 }]);
    expect(driver.counted()).toMatchObject({ [`replies_repeated_total{account="${ACCOUNT}"}`]: 1 });
  });

  it.each([502, 504, 524])("something in between said %i: the same, for it may have been taken", (code) => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.refuse({ kind: "doubt", detail: `http ${code}` });
    expect(driver.rows.get("a")).toMatchObject({ attempts: 1, doubts: 1, refusals: 0 });
    driver.wake(DOUBT_WAIT_MS);
    driver.take("w2");
    driver.wake(CONFIRM_MS);
    expect(driver.ends()).toMatchObject([{ state: "answered", repeats: 1 }]);
  });

  it("is not repeated when a status says meanwhile that it was taken", () => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.answer(silence);
    driver.status("w1", "sent", { note: NOTE });
    driver.wake(CONFIRM_MS);
    expect(driver.sends()).toHaveLength(1);
    expect(driver.ends()).toMatchObject([{ state: "answered", outcome: "sent", parts: 1, repeats: 0 }]);
  });

  it("after a second silence only a status saves it; else it is dead, and nobody claims to know", () => {
    const drivers = [new OutboxDriver(), new OutboxDriver()];
    for (const driver of drivers) {
      driver.keep("a", one);
      driver.answer(silence);
      driver.wake(DOUBT_WAIT_MS);
      driver.answer(silence);
    }
    const [saved, lost] = drivers as [OutboxDriver, OutboxDriver];
    saved.status("w1", "delivered", { note: NOTE });
    lost.wake(CONFIRM_MS);
    expect(saved.ends()).toMatchObject([{ state: "answered", outcome: "delivered", repeats: 1 }]);
    expect(lost.ends()).toMatchObject([{ state: "dead", outcome: "unconfirmed: the platform did not answer, twice: timeout", repeats: 1 }]);
    expect(lost.sends()).toHaveLength(2);
  });

  it("a late status of an earlier part is not taken for this one", () => {
    const driver = new OutboxDriver();
    driver.keep("a", two);
    driver.answer(silence);
    driver.wake(DOUBT_WAIT_MS);
    driver.take("w1b");
    driver.status("w1a", "sent", { note: NOTE });
    expect(driver.state.entries.get("a")).toMatchObject({ next: 1, attempts: 1 });
  });

  it("the answer that comes after its own status changes nothing", () => {
    const driver = new OutboxDriver();
    driver.keep("a", two);
    driver.status("w1", "sent", { note: NOTE });
    expect(driver.sends()).toEqual(["a/1"]);
    driver.take("w1");
    expect(driver.sends()).toEqual(["a/1", "a/2"]);
    expect(driver.state.entries.get("a")?.sent).toEqual([{ part: 0, id: "w1" }]);
  });

  it("the answer that comes when its own status has ended everything lets the chat go on", () => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.keep("b", one);
    driver.status("w1", "delivered", { note: NOTE });
    driver.told("a");
    expect(driver.sends()).toEqual(["a/1"]);
    driver.take("w1", "a");
    expect(driver.sends()).toEqual(["a/1", "b/1"]);
  });
});

it("a lane is free again also when its answer has ended, and gone, before its call came back", () => {
  const driver = new OutboxDriver();
  driver.keep("a", one);
  driver.status("w1", "delivered", { note: NOTE });
  driver.told("a");
  driver.keep("b", one);
  driver.take("w1", "a");
  expect(driver.sends()).toEqual(["a/1", "b/1"]);
});

describe("failures that arrive later", () => {
  it.each([one, two])("close the answer, whichever part it was: %o", (kept) => {
    const driver = new OutboxDriver();
    driver.keep("a", kept);
    driver.take("w1");
    driver.status("w1", "failed", { verdict: giveUp });
    expect(driver.ends()).toMatchObject([{ state: "dead", outcome: expect.stringContaining("131026 Message undeliverable") }]);
  });

  it("one that says 'later' is sent anew, once", () => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.take("w1");
    driver.status("w1", "failed", { verdict: retry });
    driver.status("w1", "failed", { verdict: retry });
    driver.wake(1000);
    expect(driver.sends()).toEqual(["a/1", "a/1"]);
    driver.take("w2");
    driver.status("w2", "failed", { verdict: retry });
    expect(driver.ends()).toMatchObject([{ state: "dead", repeats: 1 }]);
  });

  it("the window's failure becomes the template", () => {
    const driver = new OutboxDriver({ ...freeSpeech, hasTemplate: () => true });
    driver.keep("a", one);
    driver.take("w1");
    driver.status("w1", "failed", { verdict: template });
    driver.take("w2");
    driver.status("w2", "delivered");
    expect(driver.ends()).toMatchObject([{ state: "answered", outcome: "template" }]);
  });

  it("of one member of a group end nothing", () => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.take("w1");
    driver.status("w1", "failed", { verdict: giveUp, participant: "49" });
    expect(driver.ends()).toEqual([]);
  });

  it("after the end are for the log: never a second end", () => {
    const driver = new OutboxDriver();
    driver.keep("a", one);
    driver.take("w1");
    driver.wake(CONFIRM_MS);
    driver.status("w1", "failed", { note: NOTE, verdict: giveUp });
    driver.told("a");
    driver.status("w1", "failed", { note: NOTE, verdict: giveUp });
    driver.status("somebody-else's", "failed", { verdict: giveUp });
    expect([driver.ends().length, driver.done("undelivered")]).toEqual([1, 2]);
  });
});

it("a conversation that cannot be told is told again, ever more slowly, and the row stays until it knows", () => {
  const driver = new OutboxDriver();
  driver.keep("a", one);
  driver.refuse(giveUp);
  expect(wakeAtMs(driver.state, driver.nowMs)).toBe(driver.nowMs + LEASE_MS);
  driver.wake(LEASE_MS);
  driver.wake(10_000);
  expect(driver.done("tell")).toBe(3);
  driver.crash();
  driver.wake();
  expect([driver.done("tell"), driver.rows.size]).toEqual([4, 1]);
  driver.told("a");
  driver.wake(LEASE_MS);
  expect([driver.done("tell"), driver.rows.size, wakeAtMs(driver.state, driver.nowMs)]).toEqual([4, 0, undefined]);
});

it("an answer that is handed over once more when its end was told is known, also to an incarnation that heard nothing of that", () => {
  const driver = new OutboxDriver();
  driver.keep("a", one);
  driver.take("w1");
  driver.wake(CONFIRM_MS);
  driver.told("a");
  driver.wake(100);
  driver.crash();
  driver.keep("a", one);
  driver.wake();
  expect(driver.sends()).toEqual(["a/1"]);
  driver.told("a");
  driver.wake(1000);
  expect(driver.rows.size).toBe(0);
});

/** What can happen, in any order. `arrive`: the platform gets the oldest call it has not got; `answer`: and says so. */
const happening = fc.oneof(
  fc.record({ what: fc.constant("keep" as const), chat: fc.integer({ min: 1, max: 3 }), parts: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ what: fc.constantFrom("arrive", "answer", "refuse", "status", "kill", "told") }),
  fc.record({ what: fc.constant("sleep" as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
);

/** A platform that takes what it gets and tells statuses when asked to, and a driver that dies between any two steps. */
class World {
  readonly driver = new OutboxDriver(slowly(600, 2));
  readonly kept = new Map<string, { readonly chat: string; readonly parts: number }>();
  readonly arrivals: string[] = [];
  readonly #arrived = new Map<object, string>();
  readonly #ids: string[] = [];
  kills = 0;

  keep(chat: string, parts: number): void {
    const key = `r${this.kept.size}`;
    this.kept.set(key, { chat, parts });
    this.driver.keep(key, { chat, parts: Array.from({ length: parts }, (_, index) => `${index}`) });
  }

  arrive(): void {
    const call = this.driver.flying.find((one) => !this.#arrived.has(one));
    if (call === undefined) return;
    const id = `w${this.arrivals.length}`;
    this.#arrived.set(call, id);
    this.#ids.push(id);
    this.arrivals.push(`${call.key}/${call.part}`);
  }

  answer(): void {
    const call = this.driver.flying.find((one) => this.#arrived.has(one));
    if (call !== undefined) this.driver.take(this.#arrived.get(call) ?? "", call.key);
  }

  refuse(): void {
    const call = this.driver.flying.find((one) => !this.#arrived.has(one));
    if (call !== undefined) this.driver.refuse(retry, call.key);
  }

  status(): void {
    const id = this.#ids.shift();
    if (id !== undefined) this.driver.status(id, "sent");
  }

  kill(): void {
    this.kills += 1;
    this.driver.crash();
  }

  told(): void {
    const ended = [...this.driver.state.entries.values()].find((entry) => entry.end !== undefined);
    if (ended !== undefined) this.driver.told(ended.key);
  }

  /** Whenever anything is kept, an alarm is armed: it alone brings the rest to its end. */
  settle(): void {
    for (let turn = 0; turn < 500 && this.driver.rows.size > 0; turn += 1) {
      for (let index = 0; index < 4; index += 1) {
        this.arrive();
        this.answer();
        this.told();
      }
      const atMs = this.driver.alarmAtMs;
      if (atMs === undefined && this.driver.rows.size > 0) throw new Error("rows without an alarm");
      this.driver.wake(Math.max(0, (atMs ?? 0) - this.driver.nowMs));
    }
  }
}

it("killed between any two steps: nothing is lost, order holds, and a kill repeats at most one part of an answer, which is counted", () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const world = new World();
      for (const happened of happenings) {
        if (happened.what === "keep") world.keep(`${happened.chat}`, happened.parts);
        else if (happened.what === "sleep") world.driver.wake(happened.ms);
        else world[happened.what]();
      }
      world.settle();

      expect(world.driver.rows.size).toBe(0);
      for (const chat of ["1", "2", "3"]) {
        const mine = [...world.kept].filter(([, reply]) => reply.chat === chat);
        const expected = mine.flatMap(([key, { parts }]) => Array.from({ length: parts }, (_, part) => `${key}/${part}`));
        const got = world.arrivals.filter((arrival) => expected.includes(arrival));
        expect(got.filter((arrival, index) => got.indexOf(arrival) === index)).toEqual(expected);
      }
      for (const [key] of world.kept) {
        const ends = world.driver.ends().filter((end) => end.key === key);
        const extra = world.arrivals.filter((arrival) => arrival.startsWith(`${key}/`)).length - (world.kept.get(key)?.parts ?? 0);
        expect(ends.every((end) => end.state === "answered" && end.repeats >= extra && end.repeats <= world.kills)).toBe(true);
        expect(ends.length).toBeGreaterThanOrEqual(1);
      }
    }),
    { numRuns: 300 },
  );
});
