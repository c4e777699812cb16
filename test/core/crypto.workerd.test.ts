import { expect, it } from "vitest";
import { equalsSecret } from "../../src/core/crypto.ts";

it("secrets of unequal length compare as different instead of throwing", async () => {
  expect(await equalsSecret("short", "a longer secret")).toBe(false);
  expect(await equalsSecret("same", "same")).toBe(true);
  expect(await equalsSecret("", "")).toBe(false);
});
