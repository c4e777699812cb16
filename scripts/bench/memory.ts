/** What workerd grows by while every instance hangs and thousands of messages wait, each conversation's backlog in its own object. */
import { join } from "node:path";
import type { Bundle } from "../edge/manifest.ts";
import { startBenchEdge, webhookTarget } from "./edge-target.ts";
import { run } from "./load.ts";
import { type Growth, growthDuring, residentMib } from "./resident.ts";

const WEBHOOKS = 5_000;
const CONNECTIONS = 32;
/** Long enough for the first hand-overs to time out and be repeated while everything still waits. */
const WATCH_MS = 15_000;
/** The default deadline: here the timeouts and what they leave behind are part of what is measured. */
const ATTEMPT_MS = 10_000;

export interface BacklogGrowth extends Growth {
  readonly conversations: number;
  readonly idleMib: number;
}

export async function measureBacklog(bundle: Bundle, dir: string, conversations: number): Promise<BacklogGrowth> {
  const { edge, instance, close } = await startBenchEdge({
    bundle,
    dir: join(dir, `backlog-${conversations}`),
    manner: "withholds",
    attemptMs: ATTEMPT_MS,
  });
  try {
    const idleMib = residentMib(edge.pid);
    const growth = await growthDuring(edge.pid, async () => {
      await run(webhookTarget("ClawEdge", edge.port, conversations), { connections: CONNECTIONS, requests: WEBHOOKS, from: 0 });
      if (instance.held() === 0) throw new Error("the instance holds nothing: there was no hand-over to withhold an answer from");
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    });
    return { ...growth, conversations, idleMib };
  } finally {
    await close();
  }
}
