import { expect, it } from "vitest";
import { Secret } from "../../src/core/secret.ts";

it("a secret shows itself only when it is opened", () => {
  const secret = new Secret("hunter2");
  const shown = [`${secret}`, String(secret), JSON.stringify({ secret }), Object.keys(secret).join(), JSON.stringify({ ...secret })].join();
  expect(shown).not.toContain("hunter2");
  expect(secret.open()).toBe("hunter2");
});
