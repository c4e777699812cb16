import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("a deployed edge keeps no invocation logs: their URLs would hold edge tokens", () => {
  const config = readFileSync("wrangler.toml", "utf8");
  const logs = /^\[observability\.logs\]$([^[]*)/m.exec(config)?.[1];
  expect(logs).toMatch(/^invocation_logs = false$/m);
});
