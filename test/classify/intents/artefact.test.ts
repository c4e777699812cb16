import fc from "fast-check";
import { expect, it } from "vitest";
import { ARTEFACT_VERSION, openArtefact } from "../../../src/classify/intents/artefact.ts";
import { checksum } from "../../../src/classify/intents/layout.ts";
import { train } from "../../../src/classify/intents/train.ts";
import { miniSetOf, miniSets } from "./mini-sets.ts";
import { opened } from "./sets.ts";

const [spanish] = miniSets;
if (spanish === undefined) throw new Error("no set");
const bytes = train(miniSetOf(spanish));

it("opens, wherever in memory the bytes begin", () => {
  const texts = spanish.messages.map(([text]) => text);
  const model = opened(bytes);
  for (const offset of [0, 1, 2, 3, 4]) {
    const moved = new Uint8Array(bytes.length + offset + 3);
    moved.set(bytes, offset);
    const other = opened(moved.subarray(offset, offset + bytes.length));
    expect(texts.map((text) => other.detail(text))).toEqual(texts.map((text) => model.detail(text)));
  }
  expect(model.names).toEqual(["order", "refund", "hours", "person"]);
});

it("refuses an artefact that was cut short anywhere, or has something behind it", () => {
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), (length) => {
      expect(openArtefact(bytes.subarray(0, length)).ok).toBe(false);
    }),
  );
  expect(openArtefact(Uint8Array.of(...bytes, 0, 0, 0, 0))).toEqual({ ok: false, problem: "the artefact is truncated" });
});

it("refuses an artefact with any one bit flipped", () => {
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      expect(openArtefact(flipped).ok).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

const word = (at: number, value: number): Uint8Array => {
  const changed = bytes.slice();
  new DataView(changed.buffer).setUint32(at * 4, value, true);
  return changed;
};

it("says why", () => {
  const problems = [new Uint8Array(0), word(0, 1), word(1, ARTEFACT_VERSION + 1), word(3, 7)].map((one) => openArtefact(one));
  expect(problems).toEqual([
    { ok: false, problem: "the artefact is truncated" },
    { ok: false, problem: "this is not an artefact of intents" },
    { ok: false, problem: `the artefact has version ${ARTEFACT_VERSION + 1}, not ${ARTEFACT_VERSION}` },
    { ok: false, problem: "the artefact is damaged: its checksum does not fit" },
  ]);
});

it.each([4, 5, 6, 8, 9])("refuses counts that do not fit, whoever wrote the checksum: word %i", (at) => {
  const bent = word(at, 0xffff_ffff);
  const words = new Uint32Array(bent.buffer);
  words[3] = checksum(words, 4);
  expect(openArtefact(bent)).toEqual({ ok: false, problem: "the artefact is damaged: its parts do not fit" });
});

it("opens what Node reads from a file, which may begin anywhere and copies nothing when sliced", () => {
  const file = Buffer.concat([Buffer.from("x"), bytes]).subarray(1);
  expect(opened(file).names).toEqual(opened(bytes).names);
});
