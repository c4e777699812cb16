/**
 * The kill proof: webhooks flow while workerd is killed again and again. Afterwards every acknowledged update was received, in order per
 * conversation, by the account it was for; only what was in flight at a kill came twice.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import type { Update } from "../../scripts/fakes/telegram-bot.ts";
import { startSender } from "../../scripts/fakes/telegram-sender.ts";
import { type LiveEdge, liveEdge, routesFor, SECRET, textUpdate, until } from "../support/live-edge.ts";
import { type Kill, type Received, reconcile, type Sent } from "../support/reconcile.ts";
import { type Receipt, type Recorder, startRecorder } from "../support/recorder.ts";

const ACCOUNTS = ["telegram:support", "telegram:sales"];
const CHATS = Array.from({ length: 12 }, (_, index) => (index % 3 === 0 ? -1_000_000_000_100 - index : 500 + index));
const PER_CHAT = 40;
const TOTAL = ACCOUNTS.length * CHATS.length * PER_CHAT;
/** Acknowledgements after which workerd is killed: five times alone, once with everything around it. */
const KILLS_AT = [60, 180, 300, 420, 540];
const GROUP_KILL_AT = 660;

let edge: LiveEdge | undefined;
let recorders: readonly Recorder[] = [];
let group: ChildProcess | undefined;

afterEach(async () => {
  if (group?.pid !== undefined && group.exitCode === null && group.signalCode === null) process.kill(-group.pid, "SIGKILL");
  await edge?.close();
  await Promise.all(recorders.map((recorder) => recorder.close()));
});

/** The same ids in both accounts: whoever confuses accounts is found out by the text. */
const plan = ACCOUNTS.flatMap((account) =>
  CHATS.flatMap((chat, lane) =>
    Array.from({ length: PER_CHAT }, (_, step) => ({ account, chat, update: 10_000 + step * CHATS.length + lane, step })),
  ),
).toSorted((left, right) => left.step - right.step);

const receivedOf = ({ account, instance, update, atMs }: Receipt): Received => {
  const message = update["message"] as { readonly text: string };
  return { at: account, account: message.text, update: update.update_id, instance, atMs };
};

/** The runner as a process group of its own, on the state and the port of the edge that was just killed. */
async function startGroup({ options, dir }: LiveEdge): Promise<ChildProcess> {
  const vars = join(dir, "vars");
  writeFileSync(
    vars,
    Object.entries(options.vars ?? {})
      .map(([name, value]) => `${name}="${value}"\n`)
      .join(""),
  );
  const flags = { bundle: options.bundle.dir, routes: options.routesFile, vars, port: `${options.port}`, state: options.stateDir };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  const child = spawn(process.execPath, ["scripts/edge/main.ts", ...args], { stdio: ["ignore", "pipe", "ignore"], detached: true });
  const lines = createInterface({ input: child.stdout });
  await new Promise((resolve) => lines.once("line", resolve));
  return child;
}

async function killGroup(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("close", resolve));
  process.kill(-(child.pid ?? 0), "SIGKILL");
  await ended;
}

test("every acknowledged update is delivered in order, through five kills of workerd and one of its whole process group", async () => {
  recorders = await Promise.all(["eu-1", "eu-2"].map((name) => startRecorder({ name, accounts: ACCOUNTS, thinkMs: 8 })));
  const live = await liveEdge(routesFor(recorders, { accounts: ACCOUNTS }));
  edge = live;

  const senders = ACCOUNTS.map((account) =>
    startSender({
      nowMs: Date.now,
      target: () => ({ url: `${live.url}/webhooks/telegram/${account.slice("telegram:".length)}`, secret: SECRET, maxConnections: 40 }),
      onBody: (_update, body) => expect(body).toBe(""),
      onFailure: () => undefined,
      secondMs: 40,
    }),
  );
  let acknowledged = 0;
  const sending = plan.map(async ({ account, chat, update }): Promise<Sent> => {
    const body = JSON.parse(textUpdate(update, chat, account)) as Update;
    const record = await senders[ACCOUNTS.indexOf(account)]?.send(body);
    const isAcknowledged = record?.outcome === "delivered";
    if (isAcknowledged) acknowledged += 1;
    return { account, conversation: `${chat}`, update, isAcknowledged };
  });

  const kills: Kill[] = [];
  const kill = async (end: () => Promise<unknown>, start: () => Promise<unknown>): Promise<void> => {
    const fromMs = Date.now();
    await end();
    await start();
    kills.push({ fromMs, toMs: Date.now() });
  };
  const startInGroup = async (): Promise<void> => {
    group = await startGroup(live);
  };
  for (const count of KILLS_AT) {
    await until(
      () => acknowledged,
      (now) => now >= count,
    );
    const isLast = count === KILLS_AT.at(-1);
    await kill(live.kill, isLast ? startInGroup : live.start);
  }
  await until(
    () => acknowledged,
    (now) => now >= GROUP_KILL_AT,
  );
  await kill(() => killGroup(group ?? expect.fail("no group")), live.start);

  const sent = await Promise.all(sending);
  for (const sender of senders) sender.stop();
  const received = (): readonly Received[] =>
    recorders.flatMap(({ receipts }) => receipts.map(receivedOf)).toSorted((left, right) => left.atMs - right.atMs);
  // When it never comes to that, the verdict says what is missing.
  const distinct = (): number => new Set(received().map((one) => `${one.account}#${one.update}`)).size;
  await until(distinct, (count) => count >= TOTAL, 60_000).catch(() => undefined);

  const verdict = reconcile(sent, received(), kills);
  console.log(`acknowledged ${acknowledged}, kills ${kills.length}, lost ${verdict.lost.length}, repeated ${verdict.repeated.length}`);
  expect(acknowledged).toBe(TOTAL);
  expect(kills).toHaveLength(KILLS_AT.length + 1);
  expect(verdict).toEqual({ lost: [], reordered: [], crossed: [], invented: [], doubled: [], repeated: verdict.repeated, wandered: [] });
  // At most one hand-over per conversation is in flight when the process dies.
  expect(verdict.repeated.length).toBeLessThanOrEqual(kills.length * ACCOUNTS.length * CHATS.length);
  expect(recorders.flatMap(({ knocks }) => knocks).every(({ method }) => method === "POST")).toBe(true);
});
