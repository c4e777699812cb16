/** What every link promises, whatever it is made of. A link's own test calls this with a way to hand over through ports that fail as told. */
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/core/outcome.ts";
import type { Clock } from "../../src/ports/clock.ts";

/** - throws, rejects: the way out does so - hangs: it never answers, and ignores that it is told to stop */
export type Way = "throws" | "rejects" | "hangs";
export const WAYS: readonly Way[] = ["throws", "rejects", "hangs"];

export interface LinkPromises {
  readonly link: { readonly name: string; readonly absorbsRepeats: boolean; readonly attemptMs: number };
  /** Hands over a genuine message through ports of which every one goes this way. */
  readonly handOver: (way: Way, clock: Clock) => Promise<Outcome>;
  /** The bytes it was given to hand over, to see that they stay as they are. */
  readonly body: () => Uint8Array;
}

/** A port that goes a way, whatever it is asked for. */
export function going(way: Way): () => Promise<never> {
  return () => {
    if (way === "throws") throw new Error("thrown by a port");
    return way === "rejects" ? Promise.reject(new Error("rejected by a port")) : new Promise(() => undefined);
  };
}

/** Time that is over at once: whatever waits for a deadline waits no longer. */
const hurried: Clock = { nowMs: () => 0, sleep: async () => undefined };

export function keepsTheLinkPromises({ link, handOver, body }: LinkPromises): void {
  describe(`the link ${link.name}`, () => {
    it.each(WAYS)("never throws, and never says accepted, when its way out %s", async (way) => {
      const outcome = await handOver(way, hurried);
      expect(["unknown", "unreachable", "failed", "busy"]).toContain(outcome.kind);
      expect(outcome.detail).not.toBe("");
    });

    it("leaves the stored bytes as they are", async () => {
      const before = Array.from(body());
      await handOver("rejects", hurried);
      expect(Array.from(body())).toEqual(before);
    });

    it("says how long an attempt may take", () => expect(link.attemptMs).toBeGreaterThan(0));
  });
}
