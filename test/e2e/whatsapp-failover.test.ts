/**
 * Two agents asked over /v1, and one that hangs with all it has: it costs its conversation the message that it may have, and says so; the
 * next one is answered by the other. The gateways are processes of their own, so that one can be stopped as a whole, probes included.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type GraphApi, startGraphApi } from "../../scripts/fakes/graph-api.ts";
import { type LiveEdge, type LogEntry, liveEdge, until } from "../support/live-edge.ts";

const NUMBER = "106540352242922";
const PERSON = "15550000077";
const HOLD_MS = 3_000;
const MOVED_WITHIN_MS = HOLD_MS + 3_000;
const NOTICES = { held: "One moment please.", moved: "I had to start over.", unanswered: "Sorry, I could not answer that." };

interface Agent {
  readonly url: string;
  readonly process: ChildProcess;
}

let edge: LiveEdge;
let graph: GraphApi;
let agents: Readonly<Record<string, Agent>>;

async function startAgent(name: string): Promise<readonly [name: string, agent: Agent]> {
  const chat = JSON.stringify({ mode: "trusted-proxy", userHeader: "x-clawedge-user", agents: ["sales-public"] });
  const flags = { name, secret: "unused", token: "1:unused", "api-root": "http://127.0.0.1:9", reply: "{name} says {text}", chat };
  const args = ["scripts/fakes/main-instance.ts", ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = await once(createInterface(child.stdout), "line");
  return [name, { url: JSON.parse(String(line)).url, process: child }];
}

beforeAll(async () => {
  graph = await startGraphApi({ appSecret: "app", numbers: [{ id: NUMBER, token: "wa-token" }], secondMs: 50, statuses: true });
  agents = Object.fromEntries(await Promise.all(["one", "two"].map(startAgent)));
  const probe = { intervalMs: 1_000, timeoutMs: 500 };
  edge = await liveEdge(
    {
      accounts: {
        "whatsapp:sales": { pool: "sales", phoneNumberId: NUMBER, secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" } },
      },
      instances: Object.fromEntries(Object.entries(agents).map(([name, { url }]) => [name, { url, probe }])),
      pools: {
        sales: {
          ...{ instances: Object.keys(agents), agent: "sales-public", notices: NOTICES },
          failover: { policy: "hold-then-move", holdMs: HOLD_MS, attemptMs: 4_000 },
        },
      },
    },
    { WA_APP: "app", WA_VERIFY: "verify", WA_TOKEN: "wa-token", WHATSAPP_API_BASE: graph.url },
  );
  graph.setCallback(`${edge.url}/webhooks/whatsapp/sales`);
});

afterAll(async () => {
  for (const { process } of Object.values(agents)) process.kill("SIGKILL");
  await edge.close();
  await graph.stop();
});

/** Says something; resolves with the line of its end. */
async function say(text: string): Promise<LogEntry> {
  const id = `wamid.${text}`;
  await graph.say({ from: PERSON, text, id });
  const ends = (): readonly LogEntry[] => edge.log().filter(({ event, message }) => event === "message.settled" && message === id);
  const [end] = await until(ends, (lines) => lines.length > 0, 50_000);
  return end ?? expect.fail(text);
}

const read = (): readonly string[] => graph.sent(PERSON).map(({ text }) => text ?? "");
const tsOf = ({ ts }: LogEntry): number => Date.parse(String(ts));

it("the message that hangs with its agent is dead and said to be, and the next one is answered by the other", async () => {
  const first = await say("first");
  const home = String(first["instance"]);
  const other = home === "one" ? "two" : "one";
  agents[home]?.process.kill("SIGSTOP");

  expect(await say("hangs")).toMatchObject({ state: "dead", outcome: "ambiguous: timeout" });
  await until(read, (texts) => texts.includes(NOTICES.unanswered));

  const next = await say("next");
  expect(next).toMatchObject({ state: "answered", instance: other, epoch: Number(first["epoch"]) + 1 });
  const moved = edge.log().find(({ event }) => event === "conversation.moved") ?? expect.fail("not moved");
  expect(moved).toMatchObject({ from: home, instance: other });
  expect(tsOf(moved) - (tsOf(next) - Number(next["deliveredMs"]))).toBeLessThanOrEqual(MOVED_WITHIN_MS);

  agents[home]?.process.kill("SIGCONT");
  expect(await say("later")).toMatchObject({ state: "answered", instance: other });
  expect(read()).toEqual([
    `${home} says first`,
    NOTICES.unanswered,
    NOTICES.held,
    NOTICES.moved,
    `${other} says next`,
    `${other} says later`,
  ]);
});
