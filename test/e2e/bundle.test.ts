/** The minified bundle stays within its budget and holds nothing that does not belong in it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkBundle } from "../../scripts/check-bundle.ts";
import { ensureBundle } from "../../scripts/edge/build.ts";

it("the bundle is within its budget", async () => {
  const { dir, manifest } = await ensureBundle();
  const report = checkBundle(readFileSync(join(dir, manifest.main), "utf8"));
  expect(report.complaints).toEqual([]);
  expect(report.gzipBytes).toBeGreaterThan(50 * 1024);
});
