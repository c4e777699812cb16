/** The gateway behind the edge in a bench: healthy to every probe, and on its webhook either durable at once or silent until it is told to refuse. */
import type { ServerResponse } from "node:http";
import { answerJson, listen, sleep } from "../fakes/http-service.ts";

export type Manner = "withholds" | "accepts";

export interface BenchInstance {
  readonly url: string;
  /** Updates it accepted. */
  readonly accepted: () => number;
  /** Connections it holds without an answer, which a silent one must have: otherwise nothing was handed over. */
  readonly held: () => number;
  /** Refuses for good what it holds and whatever comes, until nothing has come for a while; then it is as it was. */
  readonly drain: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Whoever waits because of a message that got no answer looks again within this. */
const STILL_MS = 5_000;

const refuse = (response: ServerResponse): void => answerJson(response, 400, { error: { message: "not wanted" } });

export async function startInstance(manner: Manner): Promise<BenchInstance> {
  let accepted = 0;
  let refusedAtMs: number | undefined;
  const held = new Set<ServerResponse>();
  const service = await listen(0, (request, response) => {
    if (request.method === "GET") return answerJson(response, 200, { ok: true, ready: true, status: "started" });
    request.resume();
    if (refusedAtMs !== undefined) {
      refusedAtMs = performance.now();
      return refuse(response);
    }
    if (manner === "withholds") {
      held.add(response);
      response.on("close", () => held.delete(response));
      return;
    }
    request.on("end", () => {
      accepted += 1;
      response.writeHead(200, { "x-openclaw-delivery-accepted": "durable" }).end();
    });
  });
  const drain = async (): Promise<void> => {
    refusedAtMs = performance.now();
    for (const response of held) refuse(response);
    while (performance.now() - refusedAtMs < STILL_MS) await sleep(100);
    refusedAtMs = undefined;
  };
  return { url: service.url, accepted: () => accepted, held: () => held.size, drain, close: service.close };
}
