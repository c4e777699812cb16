/**
 * A client that nobody changed, polling the running edge instead of Telegram: grammY's own `Bot` with another `apiRoot`. Killed,
 * restarted and doubled, it gets every message, in order, under the same ids.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startTelegramApi, type TelegramApi } from "../../scripts/fakes/telegram-api.ts";
import { type LiveEdge, liveEdge, textUpdate, until } from "../support/live-edge.ts";

const TOKEN = "123456789:AAF-real_token_of_the_bot_0123456789";
const ACCOUNT = "telegram:support";

interface Line {
  readonly id?: number;
  readonly chat?: number;
  readonly text?: string;
  readonly isStarted?: boolean;
  readonly error?: number | string;
}

interface Client {
  readonly lines: readonly Line[];
  readonly kill: () => Promise<void>;
}

let api: TelegramApi;
let edge: LiveEdge;
let token: string;
let clients: ChildProcess[] = [];

const routes = {
  accounts: { [ACCOUNT]: { pool: "support", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } } },
  instances: { "eu-2": { poll: [ACCOUNT] } },
  pools: { support: { instances: ["eu-2"] } },
};

beforeAll(async () => {
  api = await startTelegramApi({ tokens: [TOKEN] });
  edge = await liveEdge(routes, { TELEGRAM_API_BASE: api.url });
  const issued = await edge.admin("POST", "/admin/tokens", { account: ACCOUNT, instance: "eu-2" });
  token = issued.json.token;
});

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGKILL");
  });

afterEach(async () => {
  await Promise.all(clients.map(ended));
  clients = [];
});

afterAll(async () => {
  await edge.close();
  await api.stop();
});

async function startBot(how: readonly "hangs"[] = []): Promise<Client> {
  const args = ["test/support/polling-bot.ts", `${edge.url}/egress/telegram/support/eu-2`, token, ...how];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  clients.push(child);
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line) as Line));
  await until(
    () => lines,
    (all) => all.some(({ isStarted }) => isStarted === true),
  );
  return { lines, kill: () => ended(child) };
}

let updateId = 5000;
async function say(chat: number, text: string): Promise<void> {
  updateId += 1;
  expect(await edge.post("support", textUpdate(updateId, chat, text))).toMatchObject({ status: 200 });
}
const textsOf = ({ lines }: Client): readonly string[] => lines.flatMap(({ text }) => text ?? []);
const idsOf = ({ lines }: Client): readonly number[] => lines.flatMap(({ id }) => id ?? []);
const got = (client: Client, count: number) =>
  until(
    () => textsOf(client),
    (texts) => texts.length >= count,
  );
const answersIn = (chat: number): readonly string[] => api.sent(chat).map(({ text }) => text);
const poller = async () => (await edge.admin("GET", "/admin/instances/eu-2")).json.pollers[0];
/** It confirmed what it got, and asks for more. */
const isCalm = () => until(poller, ({ isWaiting, open }) => isWaiting && open === 0);

it("starts, gets messages in order, answers them, and neither loses nor repeats one over a kill", async () => {
  const first = await startBot();
  for (const text of ["one", "two", "three"]) await say(71, text);
  expect(await got(first, 3)).toEqual(["one", "two", "three"]);
  await until(
    () => answersIn(71),
    (texts) => texts.length === 3,
  );
  await isCalm();
  await first.kill();

  for (const text of ["four", "five"]) await say(71, text);
  const second = await startBot();
  expect(await got(second, 2)).toEqual(["four", "five"]);
  await until(
    () => answersIn(71),
    (texts) => texts.length === 5,
  );
  await isCalm();
  expect(answersIn(71)).toEqual(["one", "two", "three", "four", "five"].map((text) => `echo ${text}`));
  expect([...idsOf(first), ...idsOf(second)]).toEqual([1, 2, 3, 4, 5]);
  expect(textsOf(second)).toHaveLength(2);
});

it("killed with a message in its hands it gets that one again, under the id it had, and what follows after it", async () => {
  const first = await startBot(["hangs"]);
  await say(72, "mine");
  await got(first, 1);
  await say(72, "next");
  await say(73, "meanwhile");
  await first.kill();
  const second = await startBot();
  expect((await got(second, 3)).toSorted()).toEqual(["meanwhile", "mine", "next"]);
  await isCalm();
  expect(idsOf(second)[0]).toBe(idsOf(first)[0]);
  expect(answersIn(72)).toEqual(["echo mine", "echo next"]);
  expect(answersIn(73)).toEqual(["echo meanwhile"]);
});

it("a killed edge changes no id, and confirms nothing by itself", async () => {
  const bot = await startBot();
  await say(74, "before");
  await until(
    () => answersIn(74),
    (texts) => texts.length === 1,
  );
  await edge.kill();
  await edge.start();
  await say(74, "after");
  await until(
    () => answersIn(74),
    (texts) => texts.length === 2,
  );
  expect(answersIn(74)).toEqual(["echo before", "echo after"]);
  const ids = idsOf(bot);
  expect(ids).toEqual(ids.toSorted((left, right) => left - right));
});

it("two of them with one token: the older one is told so by Telegram's 409, and the newer goes on", async () => {
  const older = await startBot();
  await until(poller, ({ isWaiting }) => isWaiting);
  const newer = await startBot();
  await until(
    () => older.lines,
    (lines) => lines.some(({ error }) => error === 409),
  );
  await say(75, "hello");
  await until(
    () => textsOf(newer),
    (texts) => texts.includes("hello"),
  );
  expect(edge.log().some(({ event }) => event === "poll.conflict")).toBe(true);
});
