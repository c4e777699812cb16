import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kvDir, offerRoutes } from "../../../scripts/edge/kv-files.ts";

const newState = (): string => mkdtempSync(join(tmpdir(), "clawedge-kv-"));
const key = (state: string): string => join(kvDir(state), "routes");

test("a new document is copied", () => {
  const state = newState();
  expect(offerRoutes(state, "one")).toBe(true);
  expect(readFileSync(key(state), "utf8")).toBe("one");
});

test("an unchanged document never overwrites what was pushed since", () => {
  const state = newState();
  offerRoutes(state, "one");
  writeFileSync(key(state), "pushed");
  expect(offerRoutes(state, "one")).toBe(false);
  expect(readFileSync(key(state), "utf8")).toBe("pushed");
});

test("a changed document does", () => {
  const state = newState();
  offerRoutes(state, "one");
  writeFileSync(key(state), "pushed");
  expect(offerRoutes(state, "two")).toBe(true);
  expect(readFileSync(key(state), "utf8")).toBe("two");
});
