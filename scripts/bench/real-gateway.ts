/**
 * A real OpenClaw gateway behind the edge against the same gateway alone: how long until it has accepted an update. Only where
 * `OPENCLAW_RIG` names an installation; one update at a time, in turn, each after the answer to the one before.
 */
import { settledLines } from "../e2e-openclaw/edge-log.ts";
import { ending } from "../e2e-openclaw/ending.ts";
import { findInstallation } from "../e2e-openclaw/installation.ts";
import { ask, untilAnswered } from "../e2e-openclaw/people.ts";
import { FIRST, startWorld, type World } from "../e2e-openclaw/world.ts";
import { ratios, type Spread, spreadOf } from "./statistics.ts";
import { SECRET_HEADER } from "./update.ts";

const ROUNDS = 20;
const FIRST_CHAT = 910_000_000;
const FIRST_UPDATE = 1_900_000_000;

export interface RealGateway {
  readonly straightMs: Spread;
  readonly throughEdgeMs: Spread;
  readonly ratio: Spread;
}

/** Undefined where no installation is named. A named one that is broken throws. */
export async function measureRealGateway(rig = process.env["OPENCLAW_RIG"]): Promise<RealGateway | undefined> {
  if (rig === undefined || rig === "") return undefined;
  const end = ending();
  try {
    const world = await startWorld(findInstallation(rig), { end, isKept: false });
    const [name = ""] = FIRST;
    await world.admin.setWebhook();
    await world.join(name);
    await world.setPool([name]);
    return await compare(world, name);
  } finally {
    await end.run();
  }
}

async function compare(world: World, name: string): Promise<RealGateway> {
  const straight: number[] = [];
  const throughEdge: number[] = [];
  // The first turn after a start takes seconds: not counted.
  await throughTheEdge(world, FIRST_CHAT);
  for (let round = 1; round <= ROUNDS; round += 1) {
    straight.push(await straightTo(world, name, FIRST_CHAT + 2 * round));
    throughEdge.push(await throughTheEdge(world, FIRST_CHAT + 2 * round + 1));
  }
  return { straightMs: spreadOf(straight), throughEdgeMs: spreadOf(throughEdge), ratio: spreadOf(ratios(throughEdge, straight)) };
}

/** From the request to the gateway's durable 200. */
async function straightTo(world: World, name: string, chat: number): Promise<number> {
  const plan = world.gateways.get(name)?.plan;
  if (plan?.link !== "native") throw new Error(`${name} is not running, or has no listener`);
  const from = { id: chat, is_bot: false, first_name: "Aroha" };
  const text = `straight ${chat}`;
  const message = {
    message_id: chat,
    from,
    chat: { id: chat, type: "private", first_name: "Aroha" },
    date: Math.floor(Date.now() / 1000),
    text,
  };
  const startedAtMs = performance.now();
  const answer = await fetch(`http://127.0.0.1:${plan.listenerPort}/telegram-webhook`, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/json", [SECRET_HEADER]: plan.telegram.webhookSecret },
    body: JSON.stringify({ update_id: FIRST_UPDATE + chat - FIRST_CHAT, message }),
  });
  await answer.arrayBuffer();
  const tookMs = performance.now() - startedAtMs;
  if (answer.status !== 200) throw new Error(`the gateway answered ${answer.status}`);
  await untilAnswered(world, chat, text);
  return tookMs;
}

/** From the arrival at the edge to the gateway's durable 200, as the edge's log says. */
async function throughTheEdge(world: World, chat: number): Promise<number> {
  await ask(world, { chat, text: `edge ${chat}` });
  const settled = settledLines(world).findLast((line) => line.conversation?.endsWith(`/${chat}`));
  if (settled?.deliveredMs == null) throw new Error(`nothing was settled for ${chat}`);
  return settled.deliveredMs;
}
