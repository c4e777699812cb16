/** The native link: the platform's bytes go to the instance's own webhook listener, which verifies them again and answers the person itself. */
import type { Outcome } from "../../core/outcome.ts";
import { exchange } from "../exchange.ts";
import type { Link, LinkPorts } from "../link.ts";
import { outcomeOf, readsBody } from "./outcome.ts";
import { type NativeHandOver, nativeCall } from "./request.ts";

async function handOver(request: NativeHandOver, ports: LinkPorts): Promise<Outcome> {
  const answer = await exchange(nativeCall(request, readsBody), ports);
  return outcomeOf(answer, ports.clock.nowMs());
}

/** A listener remembers the ids it completed, so a repeat to the same instance makes no second turn. */
export const native = {
  name: "native",
  absorbsRepeats: true,
  attemptMs: 10_000,
  takesPermit: true,
  handOver,
} as const satisfies Link<NativeHandOver>;
