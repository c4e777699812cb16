import fc from "fast-check";
import { expect, it } from "vitest";
import { drop, find, from, put, type Sorted } from "../../../durable-objects/bot/sorted-map.ts";

const change = fc.tuple(fc.constantFrom("put", "drop"), fc.stringMatching(/^[a-f]{1,2}$/), fc.nat());

it("is a map in the order of its keys, and no change touches the map it was made from", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), fc.stringMatching(/^[a-f]{0,2}$/), (changes, first) => {
      let tree: Sorted<number>;
      const model = new Map<string, number>();
      for (const [what, key, value] of changes) {
        const before = tree;
        const held = [...from(before)];
        tree = what === "put" ? put(tree, key, value) : drop(tree, key);
        if (what === "put") model.set(key, value);
        else model.delete(key);
        expect([...from(before)]).toEqual(held);
      }
      const expected = [...model].toSorted(([one], [other]) => (one < other ? -1 : 1));
      expect([...from(tree)]).toEqual(expected);
      expect([...from(tree, first)]).toEqual(expected.filter(([key]) => key >= first));
      for (const key of ["a", "bb", "zz"]) expect(find(tree, key)).toBe(model.get(key));
    }),
  );
});

it("the same keys make the same tree, in whatever order they came, and it stays flat", () => {
  const keys = Array.from({ length: 10_000 }, (_, index) => `${index}`.padStart(16, "0"));
  const grown = (order: readonly string[]) => order.reduce<Sorted<string>>((tree, key) => put(tree, key, key), undefined);
  const depth = (tree: Sorted<string>): number => (tree === undefined ? 0 : 1 + Math.max(depth(tree.left), depth(tree.right)));
  const tree = grown(keys);
  expect(depth(tree)).toBeLessThan(50);
  expect(grown(keys.toReversed())).toEqual(tree);
});
