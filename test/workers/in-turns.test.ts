import { expect, it } from "vitest";
import { inTurns } from "../../workers/in-turns.ts";

it("never does more at once than it was told, does all of it, and keeps the order", async () => {
  let underWay = 0;
  let most = 0;
  const items = Array.from({ length: 100 }, (_, index) => index);
  const results = await inTurns(items, 20, async (item) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setTimeout(resolve, item % 3));
    underWay -= 1;
    return item;
  });
  expect(most).toBe(20);
  expect(results).toEqual(items.map((value) => ({ status: "fulfilled", value })));
});

it("one that fails takes nobody's turn", async () => {
  const results = await inTurns(["a", "b", "c"], 1, async (name) => {
    if (name === "a") throw new Error("no");
    return name;
  });
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
});

it("nothing to do is done at once", async () => {
  expect(await inTurns([], 20, () => Promise.reject(new Error("nobody asked")))).toEqual([]);
});
