/** How fast a genuine update is acknowledged, durably, against the least that a durable acknowledgement costs in the same runtime. */
import { join } from "node:path";
import type { Bundle } from "../edge/manifest.ts";
import { type BareWorker, startBareWorker } from "./bare-worker.ts";
import { startBenchEdge, webhookTarget } from "./edge-target.ts";
import { post, run, type Target } from "./load.ts";
import { startNginx } from "./nginx.ts";
import { type Contestant, freshIndices, interleave, type Plan, type Results } from "./rounds.ts";
import { update } from "./update.ts";
import { whatsappTarget } from "./whatsapp.ts";

export const NAMES = {
  nothing: "a Worker that does nothing",
  commit: "bare commit",
  withheld: "ClawEdge ack, answers withheld",
  whatsapp: "WhatsApp ack with HMAC, answers withheld",
  delivering: "ClawEdge ack, delivery running",
  forward: "bare forward",
  nginx: "nginx ip_hash",
} as const;

const CONVERSATIONS = 64;

export interface AckPlan {
  readonly throughput: Plan;
  readonly latency: Plan;
}

/** Many short rounds: on a busy machine neighbours in time are what can be compared. */
export const ackPlan = (rounds: number): AckPlan => ({
  throughput: { rounds, connections: 32, requests: 1_000 },
  latency: { rounds, connections: 1, requests: 300 },
});

const WARM_UP_REQUESTS = 3_000;

export interface AckResults {
  readonly throughput: Results;
  readonly latency: Results;
  readonly hasNginx: boolean;
}

const bare = (name: string, port: number): Target => ({
  name,
  port,
  request: (index) => post(`/${index % CONVERSATIONS}`, update(index, CONVERSATIONS)),
});

interface World {
  readonly contestants: readonly Contestant[];
  readonly hasNginx: boolean;
  readonly close: () => Promise<void>;
}

async function startWorld(bundle: Bundle, dir: string): Promise<World> {
  const { compatibilityDate } = bundle.manifest;
  const worker = (name: "commit" | "forward" | "nothing", upstream?: string): Promise<BareWorker> =>
    startBareWorker({ name, stateDir: join(dir, name), compatibilityDate, ...(upstream === undefined ? {} : { upstream }) });
  const nothing = await worker("nothing");
  const [commit, forward] = [await worker("commit"), await worker("forward", `http://127.0.0.1:${nothing.port}/`)];
  const nginx = await startNginx(join(dir, "nginx"), nothing.port);
  const withheld = await startBenchEdge({ bundle, dir: join(dir, "withheld"), manner: "withholds" });
  const delivering = await startBenchEdge({ bundle, dir: join(dir, "delivering"), manner: "accepts" });

  const contestants: readonly Contestant[] = [
    { target: bare(NAMES.nothing, nothing.port) },
    { target: bare(NAMES.commit, commit.port) },
    { target: webhookTarget(NAMES.withheld, withheld.edge.port, CONVERSATIONS) },
    {
      target: webhookTarget(NAMES.delivering, delivering.edge.port, CONVERSATIONS),
      settled: () => untilStill(delivering.instance.accepted),
    },
    // Not next to the other account of its edge: two that are busy at the same time would have half of the room each.
    { target: whatsappTarget(NAMES.whatsapp, withheld.edge.port, CONVERSATIONS) },
    { target: bare(NAMES.forward, forward.port) },
    ...(nginx === undefined ? [] : [{ target: bare(NAMES.nginx, nginx.port) }]),
  ];
  const close = async (): Promise<void> => {
    await Promise.all([nothing, commit, forward, nginx].map((one) => one?.stop()));
    await Promise.all([withheld.close(), delivering.close()]);
  };
  return { contestants, hasNginx: nginx !== undefined, close };
}

/** Deliveries of a round are over when the count stands still. */
async function untilStill(count: () => number): Promise<void> {
  for (let before = -1; before !== count(); ) {
    before = count();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

export async function measureAck(bundle: Bundle, dir: string, plan: AckPlan): Promise<AckResults> {
  const world = await startWorld(bundle, dir);
  const fresh = freshIndices();
  try {
    for (const { target, settled } of world.contestants) {
      await run(target, { ...plan.throughput, requests: WARM_UP_REQUESTS, from: fresh(WARM_UP_REQUESTS) });
      await settled?.();
    }
    const throughput = await interleave(world.contestants, plan.throughput, fresh);
    const latency = await interleave(world.contestants, plan.latency, fresh);
    return { throughput, latency, hasNginx: world.hasNginx };
  } finally {
    await world.close();
  }
}
