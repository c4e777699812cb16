/** The checker of the soak, checked: an honest run is clean, and each planted fault is found, under its own name. */
import { expect, it } from "vitest";
import { check, type Faults } from "../../../scripts/soak/check.ts";
import { overtold } from "../../../scripts/soak/check-notices.ts";
import type { Ended, Facts, Link, Logged, Move, Part, Receipt, Said, Told, Trouble } from "../../../scripts/soak/facts.ts";

const NATIVE = "telegram:native";
const MIXED = "telegram:mixed";
const ASKED = "whatsapp:asked";
const DEATHS = ["poison", "ambiguous"];

const links: readonly Link[] = [
  { account: NATIVE, instances: ["n-1", "n-2"], speakers: [], isOnce: false, deaths: DEATHS, maxAttempts: 3, mostUnreceived: 0.2 },
  { account: MIXED, instances: ["n-3", "p-1"], speakers: ["p-1"], isOnce: false, deaths: DEATHS, maxAttempts: 3, mostUnreceived: 0.2 },
  {
    account: ASKED,
    instances: ["a-1", "a-2"],
    speakers: [],
    isOnce: true,
    deaths: [...DEATHS, "cut-off"],
    maxAttempts: 3,
    mostUnreceived: 0.5,
  },
];

const said = (name: string, chat = "1"): Said => {
  const account = name.slice(0, name.indexOf("#"));
  return { name, account, conversation: `${account}/chat/${chat}`, isAcknowledged: true };
};
const receipt = (name: string, instance: string, atMs: number, more: Partial<Receipt> = {}): Receipt => ({
  ...{ name, account: name.slice(0, name.indexOf("#")), instance, atMs, answer: "durable" },
  ...more,
});
const ended = (name: string, state: string, outcome = "accepted", more: Partial<Ended> = {}): Ended => ({
  ...{ name, conversation: `${name.slice(0, name.indexOf("#"))}/chat/1`, state, outcome, arrivedAtMs: 1_000, endedAtMs: 1_500 },
  ...more,
});
const logged = (name: string, state: string, what: Logged["what"] = "settled", atMs = 2_000): Logged => ({
  ...{ name, what, state, detail: "", atMs },
});
const part = (name: string, [from, to, total]: readonly [from: number, to: number, total: number], more: Partial<Part> = {}): Part => ({
  ...{ name, account: name.slice(0, name.indexOf("#")), conversation: `${name.slice(0, name.indexOf("#"))}/chat/1`, from, to, total },
  ...{ isWhole: true, askedAtMs: more.atMs ?? 2_000, atMs: 2_000, isConfirmed: true },
  ...more,
});
const told = (notice: Told["notice"], atMs: number, account = NATIVE): Told => ({
  ...{ notice, account, conversation: `${account}/chat/1`, atMs },
});
const move = (atMs: number, from: string, to: string): Move => ({ conversation: `${NATIVE}/chat/1`, from, to, atMs });

const [N1, N2, M1, A1, A2] = [`${NATIVE}#u1`, `${NATIVE}#u2`, `${MIXED}#u1`, `${ASKED}#w1`, `${ASKED}#w2`] as const;

/** One kill, one trouble, and everything as it should be. */
const honest: Facts = {
  links,
  said: [said(N1), said(N2), said(M1), said(A1), said(A2)],
  receipts: [
    receipt(N1, "n-1", 1_100),
    receipt(N2, "n-1", 1_200),
    receipt(M1, "p-1", 1_100),
    receipt(A1, "a-1", 1_100),
    receipt(A2, "a-1", 1_300),
  ],
  ended: [
    ended(N1, "delivered"),
    ended(N2, "delivered"),
    ended(M1, "delivered"),
    ended(A1, "answered", "sent"),
    ended(A2, "answered", "sent"),
  ],
  logged: [...[N1, N2, M1].map((name) => logged(name, "delivered")), ...[A1, A2].map((name) => logged(name, "answered"))],
  parts: [part(M1, [1, 1, 1]), part(A1, [1, 40, 90]), part(A1, [41, 90, 90]), part(A2, [1, 1, 1])],
  repeated: [],
  moves: [],
  told: [],
  strays: [],
  repeatsCounted: 9,
  kills: [{ fromMs: 5_000, toMs: 6_000 }],
  troubles: [{ where: "n-1", side: "native", kind: "hang", fromMs: 7_000, toMs: 8_000 }],
  followed: [],
  mustMeet: ["native hang"],
  least: { acknowledged: 4, kills: 1 },
};

const without = <T extends { readonly name: string }>(all: readonly T[], name: string): readonly T[] =>
  all.filter((one) => one.name !== name);
const replaced = <T extends { readonly name: string }>(all: readonly T[], name: string, more: Partial<T>): readonly T[] =>
  all.map((one) => (one.name === name ? { ...one, ...more } : one));
const broken = (facts: Partial<Facts>): readonly string[] =>
  Object.entries(check({ ...honest, ...facts }).faults as Faults).flatMap(([name, found]) => (found.length > 0 ? [name] : []));
/** Both were delivered by `n-1`, at 1,500 and 40,000; then the conversation moved away, and back. */
const apart: Partial<Facts> = { ended: replaced(honest.ended, N2, { endedAtMs: 40_000 }) };
const moved = (...atMs: readonly [number, number]): Partial<Facts> => ({
  ...apart,
  receipts: replaced(honest.receipts, N2, { instance: "n-2" }),
  moves: [move(atMs[0], "n-1", "n-2"), move(atMs[1], "n-2", "n-1")],
});
const receipts = (...more: readonly Receipt[]): Partial<Facts> => ({ receipts: [...honest.receipts, ...more] });
const dies = (name: string, outcome: string, more: Partial<Ended> = {}): Partial<Facts> => ({
  ended: replaced(honest.ended, name, { state: "dead", outcome, ...more }),
  logged: replaced(honest.logged, name, { state: "dead" }),
});

/** The second of two native messages is dead, received by nobody, at `endedAtMs`, and something was wrong at an instance. */
const inDoubt = (trouble: Partial<Trouble>, endedAtMs = 7_500): Partial<Facts> => ({
  ...dies(N2, "ambiguous", { endedAtMs }),
  receipts: without(honest.receipts, N2),
  kills: [{ fromMs: 100, toMs: 200 }],
  troubles: honest.troubles.map((each) => ({ ...each, ...trouble })),
  mustMeet: [],
});
/** As in `inDoubt`, behind a first message that was delivered so late. */
const behind = (firstEndedAtMs: number): Facts["ended"] =>
  replaced(replaced(honest.ended, N1, { endedAtMs: firstEndedAtMs }), N2, { state: "dead", outcome: "ambiguous", endedAtMs: 9_000 });
/** Killed at 45 s, back at 46 s: the second native message waited from 44 s on, and was received so late. */
const waitedUntil = (atMs: number): Partial<Facts> => ({
  kills: [...honest.kills, { fromMs: 45_000, toMs: 46_000 }],
  receipts: replaced(honest.receipts, N2, { atMs }),
  ended: replaced(honest.ended, N2, { arrivedAtMs: 44_000, endedAtMs: atMs + 10 }),
});

it("an honest run is clean", () => {
  expect(broken({})).toEqual([]);
  expect(check(honest)).toMatchObject({ isHeld: true, figures: { acknowledged: 5, kills: 1, repeatsByKill: 0, parts: 4 } });
});

it.each<readonly [what: string, facts: Partial<Facts>, found: readonly string[]]>([
  [
    "lost, and nobody says so",
    { receipts: without(honest.receipts, N2), ended: without(honest.ended, N2), logged: without(honest.logged, N2) },
    ["lost", "unfinished"],
  ],
  ["lost behind a lie", { receipts: without(honest.receipts, N2) }, ["lost", "unfounded"]],
  [
    "lost, and a duplicate of another hides the count",
    { receipts: [...without(honest.receipts, N2), receipt(N1, "n-1", 1_200)] },
    ["lost", "doubled", "unfounded"],
  ],
  ["never acknowledged", { said: replaced(honest.said, N2, { isAcknowledged: false }) }, ["unacknowledged"]],
  ["the second before the first", { receipts: honest.receipts.toReversed() }, ["reordered"]],
  ["at a listener of another account", { receipts: replaced(honest.receipts, N2, { account: MIXED }) }, ["crossed"]],
  ["at an instance of another account", { receipts: replaced(honest.receipts, N2, { instance: "n-3" }) }, ["crossed"]],
  ["what nobody said", receipts(receipt(`${NATIVE}#u9`, "n-1", 1_500)), ["invented"]],
  ["twice without a reason", receipts(receipt(N2, "n-1", 1_500)), ["doubled"]],
  ["twice, and the kill came later", receipts(receipt(N2, "n-1", 4_999)), ["doubled"]],
  ["twice over /v1, even across a kill", receipts(receipt(A2, "a-1", 6_500)), ["doubled"]],
  ["at two instances", receipts(receipt(N2, "n-2", 6_500)), ["split"]],
  [
    "an end without a receipt, of a message nobody acknowledged",
    { said: replaced(honest.said, N2, { isAcknowledged: false }), receipts: without(honest.receipts, N2) },
    ["unfounded", "unacknowledged"],
  ],
  [
    "still waiting at the end",
    { ended: replaced(honest.ended, N2, { state: "waiting" }), logged: without(honest.logged, N2) },
    ["unfinished"],
  ],
  [
    "an answer that never left",
    { ended: replaced(honest.ended, A2, { state: "replying" }), logged: without(honest.logged, A2), parts: without(honest.parts, A2) },
    ["unfinished"],
  ],
  ["a repeat that was stored as new", { ended: [...honest.ended, ended(N2, "delivered")] }, ["storedTwice"]],
  ["dead in quiet times", dies(N2, "poison: http 500"), ["groundless"]],
  ["in doubt, and nobody could have it: its instance refused with a 500", inDoubt({ kind: "status" }), ["groundless"]],
  ["in doubt, and it was another account's instance that hung", inDoubt({ where: "n-3" }), ["groundless"]],
  ["in doubt, and it was not yet its turn when an instance hung", { ...inDoubt({}, 9_000), ended: behind(8_500) }, ["groundless"]],
  [
    "two in doubt in a conversation for one kill",
    {
      receipts: honest.receipts.filter(({ name }) => name !== N1 && name !== N2),
      ended: [N1, N2].reduce((all, name) => replaced(all, name, { state: "dead", outcome: "ambiguous", endedAtMs: 5_900 }), honest.ended),
      logged: [N1, N2].reduce((all, name) => replaced(all, name, { state: "dead" }), honest.logged),
      troubles: [],
      mustMeet: [],
    },
    ["groundless"],
  ],
  ["a redirect that somebody followed", { followed: ["POST /elsewhere"] }, ["followed"]],
  ["a kind of trouble that was never there", { mustMeet: ["native hang", "native redirect"] }, ["unmet"]],
  ["a kind of trouble that nobody met", { troubles: honest.troubles.map((each) => ({ ...each, isMissed: true })) }, ["unmet"]],
  ["sent again 10,001 ms after the start, although nobody was broken", waitedUntil(56_001), ["slowRecoveries"]],
  ["dead while another's instance was broken", dies(N2, "poison: http 500", { arrivedAtMs: 6_900, endedAtMs: 7_500 }), []],
  ["dead of what this link does not know", dies(N2, "refused: http 400", { endedAtMs: 7_500 }), ["groundless"]],
  ["no line in the log", { logged: without(honest.logged, N2) }, ["unlogged"]],
  [
    "no line in the log, although a kill came right after the end",
    { ended: replaced(honest.ended, N2, { endedAtMs: 4_990 }), logged: without(honest.logged, N2) },
    ["unlogged"],
  ],
  ["two ends in the log", { logged: [...honest.logged, logged(N2, "dead")] }, ["contradicted"]],
  ["another end in the log", { logged: replaced(honest.logged, N2, { state: "dead" }) }, ["contradicted"]],
  ["an answer without its end", { parts: honest.parts.filter(({ to }) => to !== 90) }, ["garbled"]],
  ["an answer without its beginning", { parts: honest.parts.filter(({ to }) => to !== 40) }, ["garbled"]],
  [
    "parts in the wrong order",
    { parts: [part(A1, [41, 90, 90]), part(A1, [1, 40, 90]), part(M1, [1, 1, 1]), part(A2, [1, 1, 1])] },
    ["garbled"],
  ],
  ["a part with a hole", { parts: honest.parts.map((one) => (one.to === 40 ? { ...one, isWhole: false } : one)) }, ["garbled"]],
  ["answered, and nobody read it", { parts: without(honest.parts, A2) }, ["garbled"]],
  ["in another chat", { parts: replaced(honest.parts, A2, { conversation: `${ASKED}/chat/2` }) }, ["misplaced"]],
  ["by another account", { parts: replaced(honest.parts, M1, { account: NATIVE }) }, ["misplaced"]],
  [
    "the second question answered first",
    { parts: honest.parts.toReversed().toSorted((left, right) => left.from - right.from) },
    ["answeredOutOfOrder"],
  ],
  ["a part twice without a reason", { parts: [...honest.parts, part(A2, [1, 1, 1], { atMs: 3_000 })] }, ["partsDoubled"]],
  [
    "two parts of a chat for one kill",
    { parts: [...honest.parts, part(A2, [1, 1, 1], { atMs: 6_100 }), part(A2, [1, 1, 1], { atMs: 6_200 })] },
    ["partsDoubled"],
  ],
  [
    "two parts of a chat for one call that was not heard",
    {
      parts: [...honest.parts, part(A2, [1, 1, 1], { atMs: 3_000 }), part(A2, [1, 1, 1], { atMs: 4_000 })],
      repeated: [{ conversation: `${ASKED}/chat/1`, why: "unanswered", atMs: 2_900 }],
    },
    ["partsDoubled", "excessive"],
  ],
  [
    "a part twice, cut off by a kill that nobody saw",
    {
      parts: [...honest.parts, part(A2, [1, 1, 1], { atMs: 3_000 })],
      repeated: [{ conversation: `${ASKED}/chat/1`, why: "cut off", atMs: 2_900 }],
    },
    ["partsDoubled"],
  ],
  [
    "a part three times, although the platform never said that it took it",
    {
      parts: [
        ...replaced(honest.parts, A2, { isConfirmed: false }),
        ...[3_000, 4_000].map((atMs) => part(A2, [1, 1, 1], { atMs, isConfirmed: false })),
      ],
    },
    ["excessive"],
  ],
  [
    "more attempts than the pool allows",
    {
      receipts: [
        ...replaced(honest.receipts, N2, { answer: "otherwise" }),
        ...[1_300, 1_400, 1_500].map((atMs) => receipt(N2, "n-1", atMs, { answer: "otherwise" })),
      ],
    },
    ["excessive"],
  ],
  ["two repeats in a conversation for one kill", receipts(receipt(N1, "n-1", 6_500), receipt(N2, "n-1", 6_600)), ["doubled"]],
  [
    "two repeats for one word of the log",
    { ...receipts(receipt(N2, "n-1", 1_300), receipt(N2, "n-1", 1_400)), logged: [...honest.logged, logged(N2, "", "held", 1_250)] },
    ["doubled"],
  ],
  ["told twice of one wait", { told: [told("held", 50_000), told("held", 90_000)] }, ["overtold"]],
  [
    "told of a wait a third time, before the second delivery",
    { ...apart, told: [told("held", 1_400), told("held", 30_000), told("held", 39_000)] },
    ["overtold"],
  ],
  ["told of a move that never was", { told: [told("moved", 60_000)] }, ["overmoved"]],
  ["told twice of one move", { told: [told("moved", 60_000), told("moved", 61_000)], moves: [move(59_000, "n-1", "n-2")] }, ["overmoved"]],
  ["told of a move that came later", { told: [told("moved", 60_000)], moves: [move(70_000, "n-1", "n-2")] }, ["overmoved"]],
  ["a history lost twice within a minute", moved(2_000, 61_000 - 1), ["restless"]],
  [
    "to and fro, from instances that had nothing yet",
    { moves: Array.from({ length: 31 }, (_, index) => move(50_000 + index * 20, "n-1", "n-2")) },
    ["swaying"],
  ],
  ["too few messages", { least: { acknowledged: 6, kills: 1 } }, ["tooFew"]],
  ["too few kills", { least: { acknowledged: 5, kills: 2 } }, ["tooFew"]],
  [
    "a part twice that nobody counted",
    { parts: [...honest.parts, part(A2, [1, 1, 1], { atMs: 6_100 })], repeatsCounted: 0 },
    ["uncounted"],
  ],
  ["one that answers itself, and did not", { parts: without(honest.parts, M1) }, ["unanswered"]],
  ["a word that answers nothing", { strays: ["I could not confirm whether my previous reply reached this chat."] }, ["strays"]],
])("finds: %s", (_what, facts, found) => {
  expect(broken(facts)).toEqual(found);
});

it.each<readonly [what: string, facts: Partial<Facts>, figures: object]>([
  ["a repeat across a kill", receipts(receipt(N2, "n-1", 6_500)), { repeatsByKill: 1 }],
  [
    "one that the instance had not confirmed",
    { receipts: [...replaced(honest.receipts, N2, { answer: "otherwise" }), receipt(N2, "n-1", 1_500)] },
    { repeatsByPolicy: 1 },
  ],
  [
    "one that the edge did not hear, by its own log",
    { ...receipts(receipt(N2, "n-1", 1_500)), logged: [...honest.logged, logged(N2, "", "held", 1_400)] },
    { repeatsUnheard: 1 },
  ],
  ["a part across a kill", { parts: [...honest.parts, part(A2, [1, 1, 1], { atMs: 6_100 })] }, { partsRepeatedByKill: { [ASKED]: 1 } }],
  [
    "a part that the platform had not confirmed",
    { parts: [...replaced(honest.parts, A2, { isConfirmed: false }), part(A2, [1, 1, 1], { atMs: 3_000 })] },
    { partsRepeatedByPolicy: 1 },
  ],
  [
    "a part that was under way when its caller was killed, and read after that",
    { parts: [...replaced(honest.parts, A2, { askedAtMs: 5_900, atMs: 6_500 }), part(A2, [1, 1, 1], { atMs: 9_000 })] },
    { partsRepeatedByKill: { [ASKED]: 1 } },
  ],
  [
    "a part whose success the edge did not hear, by its own log",
    {
      parts: [...honest.parts, part(A2, [1, 1, 1], { atMs: 3_000 })],
      repeated: [{ conversation: `${ASKED}/chat/1`, why: "unanswered", atMs: 2_900 }],
    },
    { partsRepeatedUnheard: 1 },
  ],
  ["a word for each of two waits", { ...apart, told: [told("held", 1_400), told("held", 50_000)] }, { toldHeld: 2 }],
  [
    "a word for a move, and one whose line a kill swallowed",
    { told: [told("moved", 4_000), told("moved", 6_500)], moves: [move(3_900, "n-1", "n-2")] },
    { moves: 1, toldMoved: 2 },
  ],
  ["two moves, a minute apart", moved(2_000, 62_000), { moves: 2 }],
  [
    "a move, and before it one that came back to where it was",
    { ...moved(2_000, 3_000), moves: [move(2_000, "n-1", "n-1"), move(3_000, "n-1", "n-2")] },
    { moves: 2 },
  ],
  ["two moves in a row, the second from one that had nothing yet", { ...moved(2_000, 3_000), receipts: honest.receipts }, { moves: 2 }],
  ["an agent without words", { ended: replaced(honest.ended, A2, { outcome: "empty" }), parts: without(honest.parts, A2) }, {}],
  [
    "a line that a later incarnation wrote, and one that it wrote again",
    {
      logged: [
        ...honest.logged.map((line) => (line.name === N2 ? { ...line, isAgain: true } : line)),
        { ...logged(N1, "delivered"), isAgain: true },
      ],
    },
    { linesAgain: 1, ends: expect.objectContaining({ "telegram:native delivered": 2 }) },
  ],
  [
    "a dead letter that says why",
    { ...dies(N2, "ambiguous", { endedAtMs: 5_500 }), receipts: without(honest.receipts, N2) },
    { ends: expect.objectContaining({ "telegram:native dead ambiguous": 1 }), deadUnreceived: { [NATIVE]: 1 } },
  ],
  ["one in doubt that its instance may have stored", inDoubt({}), { deadUnreceived: { [NATIVE]: 1 } }],
  ["one in doubt that its instance has", { ...dies(N2, "ambiguous") }, { deadUnreceived: {} }],
  ["kinds of trouble", {}, { troublesMet: { "native hang": 1 } }],
  ["sent again 10 s after the start", waitedUntil(56_000), { recoveries: 1, slowestRecoveryMs: 10_000 }],
  [
    "sent again later, where the instance was broken a moment before",
    {
      ...waitedUntil(70_000),
      troubles: [...honest.troubles, { where: "n-2", side: "native", kind: "status", fromMs: 20_000, toMs: 21_000 }],
    },
    { recoveries: 0 },
  ],
  [
    "sent again later, because it was killed again meanwhile",
    { ...waitedUntil(58_000), kills: [...honest.kills, { fromMs: 45_000, toMs: 46_000 }, { fromMs: 50_000, toMs: 51_000 }] },
    { recoveries: 1, slowestRecoveryMs: 7_000 },
  ],
])("counts and excuses: %s", (_what, facts, figures) => {
  expect(broken(facts)).toEqual([]);
  expect(check({ ...honest, ...facts }).figures).toMatchObject(figures);
});

it.each([
  ["the last that waited was dead", 35_000, 0],
  ["another one waited still", 41_000, 1],
])("told of a wait again, when %s", (_what, secondEndedAtMs, count) => {
  const dead = (name: string, endedAtMs: number) => ended(name, "dead", "poison", { endedAtMs });
  const facts = { ...honest, ended: [dead(N1, 30_000), dead(N2, secondEndedAtMs)], told: [told("held", 10_000), told("held", 40_000)] };
  expect(overtold(facts)).toHaveLength(count);
});

it("finds that everything was lost as dead letters, in doubt, with a kill every ten seconds to blame", () => {
  const chats = 80;
  const names = Array.from({ length: 3_000 }, (_, index) => `${NATIVE}#u${index + 1}`);
  const at = (index: number): number => Math.floor(index / chats) * 15_000;
  const facts: Facts = {
    ...honest,
    said: names.map((name, index) => said(name, `${index % chats}`)),
    receipts: [],
    ended: names.map((name, index) => {
      const conversation = `${NATIVE}/chat/${index % chats}`;
      return ended(name, "dead", "ambiguous", { conversation, arrivedAtMs: at(index), endedAtMs: at(index) + 14_000 });
    }),
    logged: names.map((name) => logged(name, "dead")),
    parts: [],
    kills: Array.from({ length: 60 }, (_, index) => ({ fromMs: index * 10_000, toMs: index * 10_000 + 800 })),
    troubles: [],
    mustMeet: [],
  };
  expect(broken(facts)).toEqual(["perished"]);
  expect(check(facts)).toMatchObject({ isHeld: false, figures: { acknowledged: 3_000, deadUnreceived: { [NATIVE]: 3_000 } } });
});

it("a machine so busy that a seventh of all is parked unreceived, each with its kill, is held", () => {
  const names = Array.from({ length: 700 }, (_, index) => `${NATIVE}#u${index + 1}`);
  const isParked = (index: number): boolean => index % 7 === 0;
  const facts: Facts = {
    ...honest,
    said: names.map((name) => said(name, name)),
    receipts: names.flatMap((name, index) => (isParked(index) ? [] : [receipt(name, "n-1", 1_100)])),
    ended: names.map((name, index) => {
      const conversation = `${NATIVE}/chat/${name}`;
      return isParked(index)
        ? ended(name, "dead", "ambiguous", { conversation, endedAtMs: 12_000 })
        : ended(name, "delivered", "accepted", { conversation });
    }),
    logged: names.map((name, index) => logged(name, isParked(index) ? "dead" : "delivered")),
    parts: [],
  };
  expect(broken(facts)).toEqual([]);
});
