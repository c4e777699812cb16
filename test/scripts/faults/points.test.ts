/** The list of fault points is the one in the shells, and the command line takes no other. */
import { expect, it } from "vitest";
import { readCommandLine } from "../../../scripts/faults/command-line.ts";
import { POINTS, passingsOf } from "../../../scripts/faults/points.ts";
import { missing } from "../../../scripts/faults/verdict.ts";
import { productFiles, textOf } from "../../habits/sources.ts";

const CALL = /\b(?:blockAt|haltAt|stopsAt)\("([\w.]+)"/g;

it("every point in the shells is in the list, once, and the other way round", () => {
  const found = productFiles().flatMap((file) => [...textOf(file).matchAll(CALL)].map(([, name]) => name));
  expect(found.toSorted()).toEqual(POINTS.toSorted());
});

it("nothing of a point stays where it is not switched on: every call stands behind the constant", () => {
  const bare = productFiles().flatMap((file) =>
    textOf(file)
      .split("\n")
      .filter((line) => new RegExp(CALL).test(line) && !/^\s*if \(FAULTS/.test(line)),
  );
  expect(bare).toEqual([]);
});

it("each fires at its first passing at the latest when it is passed seldom", () => {
  expect(passingsOf("instance.beforeSave")).toBe(1);
  expect(passingsOf("conversation.beforeSend")).toBeGreaterThan(1);
});

it.each([
  [["--times", "0"], /--times 0/],
  [["--point", "nowhere"], /nowhere does not exist/],
  [["--seed", "x"], /--seed x/],
])("%j is refused", (args, complaint) => expect(() => readCommandLine(args, 1)).toThrow(complaint));

it("one point alone, or all of them", () => {
  expect(readCommandLine(["--times", "3", "--point", "inMigration"], 7)).toMatchObject({ times: 3, points: ["inMigration"], seed: 7 });
  expect(readCommandLine([], 7)?.points).toEqual(POINTS);
});

const proven = { isHeld: true, hits: 200, times: 200, acknowledged: 1 };

it.each([
  ["every kill a hit, and somebody served", {}, []],
  ["one hit of 200", { hits: 1 }, ["hit 1 of 200 times"]],
  ["one missed", { hits: 199 }, ["hit 199 of 200 times"]],
  ["an edge that acknowledges nothing", { acknowledged: 0 }, ["nothing was acknowledged"]],
  ["an invariant", { isHeld: false }, ["an invariant was broken"]],
])("a point is proven by all of it: %s", (_what, bent, lacks) => expect(missing({ ...proven, ...bent })).toEqual(lacks));
