/** workerd dies once at each fault point that is passed soon after a start, while people write on all three links; afterwards nothing is missing. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { faultBundle } from "../../scripts/faults/edge.ts";
import type { Point } from "../../scripts/faults/points.ts";
import { playRound } from "../../scripts/faults/round.ts";

/** The others are passed some seconds after a kill: `npm run faults` has the time. */
const SOON: readonly Point[] = [
  "inMigration",
  "beforeAlarm",
  "conversation.beforeCommit",
  "conversation.afterCommit",
  "conversation.afterEffects",
  "conversation.beforeSend",
  "instance.beforeSave",
];

it("each point is hit, and every invariant of the soak holds", async () => {
  const dir = mkdtempSync(join(tmpdir(), "clawedge-faults-"));
  try {
    const { verdict, hits } = await playRound({ bundle: await faultBundle(dir), plan: SOON, seed: 1 });
    expect(Object.entries(verdict.faults).filter(([, found]) => found.length > 0)).toEqual([]);
    expect(hits).toEqual(Object.fromEntries(SOON.map((point) => [point, 1])));
    expect(verdict.figures.acknowledged).toBeGreaterThan(10);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 300_000);
