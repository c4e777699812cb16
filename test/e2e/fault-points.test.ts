/** workerd dies once at every named fault point, one after the other, while people write on all three links; afterwards nothing is missing. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { faultBundle } from "../../scripts/faults/edge.ts";
import { POINTS } from "../../scripts/faults/points.ts";
import { playRound } from "../../scripts/faults/round.ts";

it("each point is hit, and every invariant of the soak holds", async () => {
  const dir = mkdtempSync(join(tmpdir(), "clawedge-faults-"));
  try {
    const { verdict, hits } = await playRound({ bundle: await faultBundle(dir), plan: POINTS, seed: 1 });
    expect(Object.entries(verdict.faults).filter(([, found]) => found.length > 0)).toEqual([]);
    expect(hits).toEqual(Object.fromEntries(POINTS.map((point) => [point, 1])));
    expect(verdict.figures.acknowledged).toBeGreaterThan(100);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 300_000);
