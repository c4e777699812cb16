/**
 * A planned restart while people write: `clawedge rollout` restarts both gateways of a pool, one after the other. Every message is
 * answered once, in order, by the gateway that always answered; nobody is told anything of it, and no turn is cut.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "../../scripts/cli/main.ts";
import { listen, type Service, sleep } from "../../scripts/fakes/http-service.ts";
import { type Instance, type InstanceOptions, startInstance } from "../../scripts/fakes/instance.ts";
import { startTelegramApi, type TelegramApi } from "../../scripts/fakes/telegram-api.ts";
import { ADMIN_TOKEN, type LiveEdge, liveEdge, textUpdate, until } from "../support/live-edge.ts";
import { INSTANCE_SECRET } from "../support/recorder.ts";

const ACCOUNT = "telegram:support";
const TOKEN = "123456789:AAF-real_token_of_the_bot_0123456789";
const GATEWAY_TOKEN = "the-gateways-own-token";
const NAMES = ["eu-1", "eu-2"];
const CHATS = Array.from({ length: 8 }, (_, index) => 7_000 + index);
/** Between two messages of one person: a bot may answer once a second, and what waited is answered in that time. */
const PACE_MS = 3_000;

let api: TelegramApi;
let edge: LiveEdge;
let restarter: Service;
const dir = mkdtempSync(join(tmpdir(), "clawedge-rollout-"));
const gateways = new Map<string, { readonly options: InstanceOptions; instance: Instance }>();
/** What a gateway had accepted and not answered when it was stopped. */
const unfinished: number[] = [];

beforeAll(async () => {
  api = await startTelegramApi({ tokens: [TOKEN] });
  edge = await liveEdge(
    routesWith("http://127.0.0.1:9", () => "http://127.0.0.1:9/hook"),
    { TELEGRAM_API_BASE: api.url, GATEWAY_TOKEN },
  );
  for (const name of NAMES) {
    const { json } = await edge.admin("POST", "/admin/tokens", { account: ACCOUNT, instance: name });
    const options = {
      name,
      secret: INSTANCE_SECRET,
      token: json.token,
      apiRoot: json.apiRoot ?? `${edge.url}/egress/telegram/support/${name}`,
    };
    const slow = { thinkMs: 300, prepareMs: 200, admin: { token: GATEWAY_TOKEN, retryAfterMs: 500 } };
    const all = { ...options, ...slow, stateFile: join(dir, `${name}.jsonl`) };
    gateways.set(name, { options: all, instance: await startInstance(all) });
  }
  edge.writeRoutes(
    routesWith(
      (name) => gatewayOf(name).instance.url,
      (name) => gatewayOf(name).instance.listenerUrl,
    ),
  );
  await until(allWell, (isWell) => isWell, 60_000);
  restarter = await listen(0, async (_, response, { pathname }) => {
    await restart(pathname.slice(1));
    response.end();
  });
});

afterAll(async () => {
  await restarter.close();
  await Promise.all([...gateways.values()].map(({ instance }) => instance.stop()));
  await edge.close();
  await api.stop();
  rmSync(dir, { recursive: true, force: true });
});

type UrlOf = string | ((name: string) => string);
const urlFor = (of: UrlOf, name: string): string => (typeof of === "string" ? of : of(name));

function routesWith(url: UrlOf, listener: UrlOf): object {
  const instance = (name: string) => ({
    ...{ url: urlFor(url, name), adminRpc: true, secrets: { gateway: "GATEWAY_TOKEN" }, probe: { intervalMs: 1_000 } },
    native: { [ACCOUNT]: { url: urlFor(listener, name), secret: "INSTANCE_SECRET" } },
  });
  return {
    accounts: { [ACCOUNT]: { pool: "support", secrets: { webhook: "TG_SECRET", token: "TG_TOKEN" } } },
    instances: Object.fromEntries(NAMES.map((name) => [name, instance(name)])),
    pools: { support: { instances: NAMES, failover: { policy: "hold-then-move", holdMs: 1_000, attemptMs: 2_000 } } },
  };
}

const gatewayOf = (name: string) => gateways.get(name) ?? expect.fail(`no gateway is called ${name}`);

async function allWell(): Promise<boolean> {
  const { json } = await edge.admin("GET", "/admin/instances");
  return json.instances.every(
    (one: { isHealthy: boolean; url: string; lastProbe?: { verdict: string } }) => one.isHealthy && one.lastProbe?.verdict === "up",
  );
}

/** As a supervisor does it, on the same ports and with what is on its disk. */
async function restart(name: string): Promise<void> {
  const gateway = gatewayOf(name);
  const { accepted, answered } = gateway.instance.counts();
  unfinished.push(accepted - answered);
  const portOf = (url: string): number => Number(new URL(url).port);
  const ports = { port: portOf(gateway.instance.url), listenerPort: portOf(gateway.instance.listenerUrl) };
  await gateway.instance.stop();
  await sleep(500);
  gateway.instance = await startInstance({ ...gateway.options, ...ports });
}

let updateId = 1_000;
async function say(chat: number, text: string): Promise<void> {
  updateId += 1;
  expect(await edge.post("support", textUpdate(updateId, chat, text))).toMatchObject({ status: 200, body: "" });
}

/** Everybody writes numbers, one after the other, until told to stop; resolves with how far each came. */
async function talk(isOver: () => boolean): Promise<ReadonlyMap<number, number>> {
  const said = new Map<number, number>();
  for (let round = 1; !isOver(); round += 1) {
    await Promise.all(CHATS.map((chat) => say(chat, String(round))));
    for (const chat of CHATS) said.set(chat, round);
    await sleep(PACE_MS);
  }
  return said;
}

async function clawedge(...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    env: { ...process.env, CLAWEDGE_URL: edge.url, CLAWEDGE_ADMIN_TOKEN: ADMIN_TOKEN },
    directory: dir,
    nowMs: () => Date.now(),
    // What it waits for by the edge's clock stays as long; its own pauses pass in a fifth of the time.
    sleep: (ms) => sleep(ms / 5),
    interrupts: () => new AbortController().signal,
  });
  return { code, out: out.join(""), err: err.join("") };
}

const RESTART = "fetch(process.argv[1] + process.env.CLAWEDGE_INSTANCE, { method: 'POST' }).then(({ ok }) => process.exit(ok ? 0 : 1))";
const answersIn = (chat: number): readonly string[] => api.sent(chat).map(({ text }) => text);
const ANSWER = /^\[(eu-[12])\] turn (\d+): you said "(\d+)"$/;

it("loses nothing, repeats nothing, moves nobody, keeps the order, and nobody is told", { timeout: 240_000 }, async () => {
  let isOver = false;
  const talking = talk(() => isOver);
  await until(
    () => CHATS.map((chat) => answersIn(chat).length),
    (counts) => counts.every((count) => count >= 1),
  );
  const rolled = await clawedge("rollout", "support", "--json", "--", process.execPath, "-e", RESTART, `${restarter.url}/`);
  isOver = true;
  const said = await talking;
  expect([rolled.code, rolled.err.split("\n").filter((line) => line.includes("back in service")).length], rolled.err).toEqual([0, 2]);
  const { instances } = JSON.parse(rolled.out);
  expect(instances).toMatchObject(NAMES.map((instance) => ({ instance, stage: "done", suspension: "ready" })));
  expect(unfinished).toEqual([0, 0]);

  for (const chat of CHATS) {
    const count = said.get(chat) ?? 0;
    const answers = await until(
      () => answersIn(chat),
      (texts) => texts.length >= count,
      90_000,
    );
    const read = answers.map((text) => ANSWER.exec(text) ?? expect.fail(`somebody was told: ${text}`));
    const numbers = Array.from({ length: count }, (_, index) => `${index + 1}`);
    expect(read.map(([, , , number]) => number)).toEqual(numbers);
    expect(read.map(([, , turn]) => turn)).toEqual(numbers);
    expect(new Set(read.map(([, name]) => name)).size).toBe(1);
  }
  expect(new Set(CHATS.map((chat) => ANSWER.exec(answersIn(chat)[0] ?? "")?.[1]))).toEqual(new Set(NAMES));
  const events = edge.log().map(({ event }) => event);
  expect(events.filter((event) => event === "conversation.moved" || event === "egress.suppressed")).toEqual([]);
  console.log(JSON.stringify({ said: [...said.values()].reduce((sum, count) => sum + count, 0), instances }));
});
