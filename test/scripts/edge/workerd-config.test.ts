import { expect, test } from "vitest";
import { workerdConfig } from "../../../scripts/edge/workerd-config.ts";

const manifest = {
  main: "index.js",
  compatibilityDate: "2026-10-15",
  compatibilityFlags: ["global_fetch_strictly_public", "other_flag"],
  crons: [],
  kvBindings: ["ROUTES"],
  objects: [
    { binding: "BOT", className: "Bot" },
    { binding: "BOT_AGAIN", className: "Bot" },
  ],
  vars: {},
};
const config = workerdConfig({ manifest, varNames: ["TOKEN"], port: 8787, stateDir: '/tmp/a "quoted"\\dir' });

test("every class is declared once, on SQLite, under a key that never changes", () => {
  expect(config.match(/className = "Bot"/g)).toHaveLength(1);
  expect(config).toContain('(className = "Bot", uniqueKey = "clawedge-Bot", enableSql = true)');
  expect(config).toContain('(name = "BOT_AGAIN", durableObjectNamespace = "Bot")');
});

test("the flag that would forbid loopback is left out, the others stay", () => {
  expect(config).toContain('compatibilityFlags = ["other_flag"]');
});

test("only loopback is listened on", () => {
  expect(config.match(/address = "[^"]*"/g)).toEqual(['address = "127.0.0.1:8787"', 'address = "127.0.0.1:0"']);
});

test("a path with quotes and backslashes stays one literal", () => {
  expect(config).toContain('path = "/tmp/a \\"quoted\\"\\\\dir/kv"');
});

test("V8 collects what is young early", () => {
  expect(config).toMatch(/v8Flags = \[\s*"--max-semi-space-size=2"\s*\]/);
});
