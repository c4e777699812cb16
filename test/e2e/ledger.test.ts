/**
 * A thousand webhooks of every kind, a kill in the middle and one at the end: the metrics' totals equal the ledger, which is what was
 * sent on one side and the log's terminal states on the other. Every message has exactly one.
 */
import { afterEach, expect, test } from "vitest";
import { inLanes } from "../support/lanes.ts";
import { ADMIN_TOKEN, type LiveEdge, type LogEntry, liveEdge, routesFor, textUpdate, until } from "../support/live-edge.ts";
import { type Recorder, startRecorder } from "../support/recorder.ts";

let edge: LiveEdge | undefined;
let recorders: readonly Recorder[] = [];

afterEach(async () => {
  await edge?.close();
  await Promise.all(recorders.map((recorder) => recorder.close()));
});

const BURST = 40;
const CHATTY = 900;

type Kind = "plain" | "refused" | "poll" | "not-json" | "too-deep" | "chatty";
interface Webhook {
  readonly kind: Kind;
  readonly account: "support" | "sales";
  readonly lane: string;
  readonly body: string;
}

const times = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => make(index));

const messages = (
  kind: Kind,
  account: Webhook["account"],
  ids: readonly [first: number, count: number],
  chatOf: (index: number) => number,
) =>
  times(ids[1], (index): Webhook => {
    const chat = chatOf(index);
    return { kind, account, lane: `${account}/${chat}`, body: textUpdate(ids[0] + index, chat, `hello ${index}`) };
  });

const others = (kind: Kind, count: number, bodyOf: (index: number) => string) =>
  times(count, (index): Webhook => ({ kind, account: "support", lane: `${kind}/${index % 4}`, body: bodyOf(index) }));

const plain = messages("plain", "support", [1_000, 600], (index) => 100 + (index % 30));
const webhooks: readonly Webhook[] = [
  ...plain,
  ...messages("refused", "sales", [1_000, 100], (index) => 100 + (index % 10)),
  ...messages("chatty", "support", [5_000, 100], () => CHATTY),
  ...others("poll", 80, (index) => JSON.stringify({ update_id: 7_000 + index, poll: { id: `${index}`, question: "?" } })),
  ...others("not-json", 40, (index) => `{"update_id": ${8_000 + index}, "message": `),
  ...others("too-deep", 20, (index) => `{"update_id": ${9_000 + index}, "message": ${"[".repeat(100_000)}`),
];
/** The first sixty again, after all others: a platform repeats what it is not sure of. */
const DUPLICATES = 60;
const EXPECTED = { delivered: 600 + BURST, dead: 100, limited: 100 - BURST, ignored: 80, rejected: 60 };
const TOTAL = Object.values(EXPECTED).reduce((sum, count) => sum + count, 0);

const countBy = (states: Iterable<string>): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(states, (state) => state)].map(([state, all]) => [state, all.length]));

/** Terminal states by message, out of the log: a line marked `again` tells what the killed incarnation may have told already. */
function ledger(log: readonly LogEntry[]) {
  const lines = log.filter(({ event }) => event === "message.settled");
  const named = Map.groupBy(
    lines.filter(({ message }) => message !== null),
    ({ account, message }) => `${account}/${message}`,
  );
  const told = [...named.values()].map((all) => all.filter(({ again }) => again !== true).length);
  const states = [...named.values()].map((all) => [...new Set(all.map(({ state }) => String(state)))]);
  const nameless = lines.filter(({ message }) => message === null).map(({ state }) => String(state));
  return { totals: countBy([...states.map((all) => all.join("+")), ...nameless]), toldTwice: told.filter((count) => count > 1).length };
}

async function totalsOf({ call }: LiveEdge): Promise<Readonly<Record<string, number>>> {
  const { status, body } = await call("GET", "/metrics", undefined, [["authorization", `Bearer ${ADMIN_TOKEN}`]]);
  expect(status).toBe(200);
  const samples = [...body.matchAll(/^clawedge_messages_total\{.*state="(\w+)".*\} (\d+)$/gm)];
  return Object.fromEntries(
    [...Map.groupBy(samples, ([, state]) => state ?? "")].map(([state, all]) => [
      state,
      all.reduce((sum, [, , count]) => sum + Number(count), 0),
    ]),
  );
}

const sumOf = (totals: Readonly<Record<string, number>>): number => Object.values(totals).reduce((sum, count) => sum + count, 0);

test("after a thousand webhooks and two kills the metrics' totals equal the ledger", async () => {
  recorders = await Promise.all([
    startRecorder({ name: "takes", accounts: ["telegram:support"], thinkMs: 3 }),
    startRecorder({ name: "refuses", accounts: ["telegram:sales"] }),
  ]);
  await recorders[1]?.setFault({ kind: "status", status: 400 });
  const base = routesFor(recorders, { accounts: ["telegram:support", "telegram:sales"] });
  const live = await liveEdge({
    ...base,
    accounts: { ...base.accounts, "telegram:sales": { ...base.accounts["telegram:sales"], pool: "sales" } },
    pools: { support: { instances: ["takes"] }, sales: { instances: ["refuses"] } },
    limits: { perSender: { perMinute: 0.001, burst: BURST } },
  });
  edge = live;
  const post = async ({ account, body }: Webhook): Promise<string> => {
    const answer = await live.post(account, body);
    return `${answer.status}${answer.body}`;
  };
  const isFirstHalf = (_: Webhook, index: number): boolean => index % 2 === 0;

  const first = await inLanes(webhooks.filter(isFirstHalf), ({ lane }) => lane, post);
  await live.kill();
  await live.start();
  const second = await inLanes(
    webhooks.filter((webhook, index) => !isFirstHalf(webhook, index)),
    ({ lane }) => lane,
    post,
  );
  const again = await inLanes(plain.slice(0, DUPLICATES), ({ lane }) => lane, post);
  expect(countBy([...first, ...second, ...again])).toEqual({ "200": webhooks.length + DUPLICATES });

  await until(
    () => sumOf(ledger(live.log()).totals),
    (count) => count >= TOTAL,
    60_000,
  );
  // In the middle of reporting: what a conversation had sent, and not yet noted as sent, goes out again.
  await until(
    () => totalsOf(live),
    (totals) => sumOf(totals) >= TOTAL / 2,
    60_000,
  );
  await live.kill();
  await live.start();

  await until(
    () => totalsOf(live),
    (totals) => sumOf(totals) >= TOTAL,
    60_000,
  );
  expect(ledger(live.log())).toEqual({ totals: EXPECTED, toldTwice: 0 });
  expect(await totalsOf(live)).toEqual(EXPECTED);
  expect(live.log().filter(({ event }) => event === "message.duplicate")).toHaveLength(DUPLICATES);
  const { json } = await live.admin("GET", "/admin/dead?limit=500");
  expect(new Set(json.dead.map(({ id }: { readonly id: string }) => id)).size).toBe(EXPECTED.dead);
  const received = recorders[0]?.receipts.map(({ update }) => update.update_id) ?? [];
  expect(new Set(received).size).toBe(EXPECTED.delivered);

  // What is owed twice would show by now: a clean stop and another start add nothing.
  await live.stop();
  await live.start();
  await live.post("support", plain[0]?.body ?? "");
  expect(await totalsOf(live)).toEqual(EXPECTED);
});
