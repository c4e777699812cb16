/** The rows of a step before they are written: one for a message, as it stands at the end of the step. */
import { expect, it } from "vitest";
import type { Entry, Write } from "../../../durable-objects/conversation/state.ts";
import { foldWrites } from "../../../durable-objects/conversation/writes.ts";
import { commitOf } from "../../support/conversation.ts";

const entry = (seq: number, tries: number) => ({ seq, tries }) as Entry;
const update = (seq: number, tries: number): Write => ({ row: "update", entry: entry(seq, tries) });
const insert = (seq: number, tries: number): Write => ({ row: "insert", entry: entry(seq, tries), commit: commitOf({ key: "k" }) });
const told: Write = { row: "told", isTold: true };

it.each<readonly [string, readonly Write[], readonly (readonly [string, number])[]]>([
  ["stored and sent", [insert(1, 0), told, update(1, 1)], [["insert", 1]]],
  [
    "held, given up and sent",
    [update(1, 1), update(2, 5), update(1, 2)],
    [
      ["update", 5],
      ["update", 2],
    ],
  ],
  ["stored and changed twice", [insert(1, 0), update(1, 1), update(1, 2)], [["insert", 2]]],
])("%s: one row for each message", (_what, writes, rows) => {
  const folded = foldWrites(writes);
  expect(folded.flatMap((write) => (write.row === "insert" || write.row === "update" ? [[write.row, write.entry.tries]] : []))).toEqual(
    rows,
  );
  expect(folded.filter(({ row }) => row === "told")).toEqual(writes.filter(({ row }) => row === "told"));
});
