/** The gateway behind the edge in a bench: healthy to every probe, and on its webhook either durable at once or silent for ever. */
import { answerJson, listen } from "../fakes/http-service.ts";

export type Manner = "withholds" | "accepts";

export interface BenchInstance {
  readonly url: string;
  /** Updates it accepted. */
  readonly accepted: () => number;
  /** Connections it holds without an answer, which a silent one must have: otherwise nothing was handed over. */
  readonly held: () => number;
  readonly close: () => Promise<void>;
}

export async function startInstance(manner: Manner): Promise<BenchInstance> {
  let accepted = 0;
  let held = 0;
  const service = await listen(0, (request, response) => {
    if (request.method === "GET") return answerJson(response, 200, { ok: true, ready: true, status: "started" });
    request.resume();
    if (manner === "withholds") {
      held += 1;
      response.on("close", () => (held -= 1));
      return;
    }
    request.on("end", () => {
      accepted += 1;
      response.writeHead(200, { "x-openclaw-delivery-accepted": "durable" }).end();
    });
  });
  return { url: service.url, accepted: () => accepted, held: () => held, close: service.close };
}
