/**
 * `npm run release:record -- VERSION [--bundle DIR]`: keeps a release's Worker and the storage it leaves behind when it is killed in the middle of
 * its work, under test/fixtures/releases/VERSION. Run once for each release, with what is released; fixtures are never recorded again.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { until } from "../e2e-openclaw/until.ts";
import { ensureBundle } from "../edge/build.ts";
import { readBundle } from "../edge/manifest.ts";
import type { Edge } from "../edge/run.ts";
import { admin, type Cast, CHATS, DEAD_CHAT, type Facts, listOf, POLLER, poll, startCast, write } from "./cast.ts";
import { keepRelease, releaseNames } from "./fixture.ts";

const receiptsOf = ({ natives }: Cast) => natives.flatMap(({ receipts }) => receipts);

/** Every chat has an owner, somebody asked an agent, and a poller confirmed once. */
async function live(cast: Cast, edge: Edge): Promise<{ readonly owners: Record<string, string>; readonly pollToken: string }> {
  for (const chat of CHATS) await write(edge, "native", { chat, id: chat * 10, name: `native:first#${chat}` });
  await until("the first messages to arrive", () => receiptsOf(cast).length === CHATS.length);
  const owners = Object.fromEntries(receiptsOf(cast).map(({ name, instance }) => [name.slice("native:first#".length), instance]));
  await cast.graph.say({ from: "15550001", id: "wamid.first", text: "first" });
  await until("the agent's first answer", () => cast.graph.sent().length === 1);
  const { token } = await admin(edge, "POST", "tokens", { account: "telegram:polled", instance: POLLER });
  const pollToken = String(token);
  await poll(edge, pollToken);
  await write(edge, "polled", { chat: 601, id: 6010, name: "polled:first#601" });
  const [first] = await until("the poller's first update", async () => nonEmpty(await poll(edge, pollToken)));
  await poll(edge, pollToken, (first?.update_id ?? 0) + 1);
  return { owners, pollToken };
}

const nonEmpty = <T>(found: readonly T[]): readonly T[] | undefined => (found.length > 0 ? found : undefined);

/** One message of each kind stays where it is: waiting, dead, answered and not sent, given and not confirmed. */
async function getStuck(cast: Cast, edge: Edge, pollToken: string): Promise<number> {
  for (const native of cast.natives) await native.setFault({ kind: "status", status: 400 });
  await write(edge, "native", { chat: DEAD_CHAT, id: 5050, name: "native:dead#505" });
  await until("a dead letter", async () => listOf(await admin(edge, "GET", "dead"), "dead").length === 1);
  for (const native of cast.natives) await native.setFault({ kind: "refuse" });
  for (const chat of CHATS) await write(edge, "native", { chat, id: chat * 10 + 1, name: `native:second#${chat}` });
  await write(edge, "polled", { chat: 601, id: 6011, name: "polled:second#601" });
  const [open] = await until("the poller's second update", async () => nonEmpty(await poll(edge, pollToken)));
  cast.graph.fail({ code: 131_000, times: 1_000 });
  await cast.graph.say({ from: "15550001", id: "wamid.second", text: "second" });
  await until("an answer that cannot be sent", () => cast.graph.calls().some(({ status }) => status !== 200));
  return open?.update_id ?? 0;
}

async function record(name: string, bundleDir: string | undefined): Promise<void> {
  if (releaseNames().includes(name)) throw new Error(`${name} is recorded already: a release is recorded once`);
  const bundle = bundleDir === undefined ? await ensureBundle() : readBundle(bundleDir);
  const dir = mkdtempSync(join(tmpdir(), "clawedge-release-"));
  const cast = await startCast(dir);
  try {
    const edge = await cast.start(bundle);
    const { owners, pollToken } = await live(cast, edge);
    const openUpdate = await getStuck(cast, edge, pollToken);
    await edge.kill();
    const facts: Facts = { owners, pollToken, openUpdate };
    keepRelease(name, bundle, { stateDir: join(dir, "state"), facts });
    console.log(`recorded ${name}`);
  } finally {
    await cast.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

const { values, positionals } = parseArgs({ options: { bundle: { type: "string" } }, allowPositionals: true });
const [version] = positionals;
if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
  console.error("usage: npm run release:record -- VERSION [--bundle DIR]   VERSION as in 0.1.0");
  process.exitCode = 2;
} else await record(version, values.bundle);
