import { expect, it } from "vitest";
import { fixed } from "../../../src/routing/strategies/fixed.ts";
import { candidate, describeStrategy } from "../../contract/strategy.ts";

describeStrategy(fixed, { options: { instance: "b" }, mayLeaveNone: true });

it("chooses its instance and no other", () => {
  const selector = fixed.create({ instance: "b" });
  expect(selector.select([candidate("a"), candidate("b")])?.name).toBe("b");
  expect(selector.select([candidate("a")])).toBeUndefined();
});
