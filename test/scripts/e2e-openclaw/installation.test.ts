/** Whoever names a broken installation is told so and what to do; the proof is never skipped in silence. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findInstallation } from "../../../scripts/e2e-openclaw/installation.ts";

let rig: string;

beforeEach(() => {
  rig = mkdtempSync(join(tmpdir(), "clawedge-rig-"));
});

afterEach(() => rmSync(rig, { recursive: true, force: true }));

const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(rig, path)), { recursive: true });
  writeFileSync(join(rig, path), text);
};

const OPENCLAW = "app/node_modules/openclaw/openclaw.mjs";
const refused = (message: RegExp) => expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) });

test.each([undefined, ""])("an unset variable (%j) says what to set", (value) => {
  expect(() => findInstallation(value)).toThrow(refused(/OPENCLAW_RIG is not set[\s\S]*npm install/));
});

test("a directory without OpenClaw is refused", () => {
  expect(() => findInstallation(rig)).toThrow(refused(/openclaw\.mjs does not exist/));
});

test("a node folder without Node is refused", () => {
  put(OPENCLAW, "");
  put("node/package.json", "{}");
  expect(() => findInstallation(rig)).toThrow(refused(/no bin\/node/));
});

test("an OpenClaw that does not start is refused", () => {
  put(OPENCLAW, "process.exit(3)");
  expect(() => findInstallation(rig)).toThrow(refused(/--version" fails/));
});

test("one that starts is taken, with this Node when the directory brings none", () => {
  put(OPENCLAW, 'console.log("OpenClaw 2026.9.6")');
  expect(findInstallation(rig)).toMatchObject({ node: process.execPath, version: "OpenClaw 2026.9.6" });
});
