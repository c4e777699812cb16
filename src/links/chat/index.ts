/** The chat link: a turn is asked over a gateway's /v1, and the streamed answer comes back as part of the outcome. */
import type { Outcome } from "../../core/outcome.ts";
import type { Link } from "../link.ts";
import type { ChatHandOver, ChatPorts } from "./hand-over.ts";

const ATTEMPT_MS = 120_000;

async function handOver(_request: ChatHandOver, _ports: ChatPorts): Promise<Outcome> {
  return { kind: "unreachable", detail: "not built yet" };
}

/** `/v1` ignores idempotency keys: the same turn twice is two turns. */
export const chat = { name: "chat", absorbsRepeats: false, attemptMs: ATTEMPT_MS, handOver } as const satisfies Link<
  ChatHandOver,
  ChatPorts
>;
