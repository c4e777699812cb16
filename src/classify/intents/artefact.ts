/** Opens a trained model: bytes in, a model or a sentence out. Nothing is parsed but the intents' names. */
import { fail, ok, type Result } from "../../core/result.ts";
import { checksum, HEADER_WORDS, MAGIC, NUMBERS, padded, ARTEFACT_VERSION as VERSION } from "./layout.ts";
import { type IntentModel, modelOf } from "./model.ts";

/** Raised whenever the same bytes would classify differently: a Worker refuses what it does not know. */
export const ARTEFACT_VERSION: number = VERSION;

/** The model of an artefact. The checksum finds accidents; that the bytes are the publisher's is for the caller to know. */
export function openArtefact(bytes: Uint8Array): Result<IntentModel, string> {
  if (bytes.length < HEADER_WORDS * 4 || bytes.length % 4 !== 0) return fail("the artefact is truncated");
  // Typed arrays need their place in memory to be a multiple of four.
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(whole.buffer, whole.byteOffset, whole.length / 4);
  const word = (at: number): number => words[at] as number;
  if (word(0) !== MAGIC) return fail("this is not an artefact of intents");
  if (word(1) !== VERSION) return fail(`the artefact has version ${word(1)}, not ${VERSION}`);
  if (word(2) !== whole.length) return fail("the artefact is truncated");
  if (word(3) !== checksum(words, 4)) return fail("the artefact is damaged: its checksum does not fit");

  let at = whole.byteOffset + HEADER_WORDS * 4;
  const take = (size: number): number => {
    const from = at;
    at += padded(size);
    return from;
  };
  const { buffer } = whole;
  const [, , , , classCount, entries, bits, unknownRarity, weights, nameBytes] = words as unknown as readonly number[] as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const numbers = new Float32Array(buffer, take(NUMBERS * 4), NUMBERS);
  const entrySizes = new Uint16Array(buffer, take(entries * 2), entries);
  const bucketSizes = new Uint8Array(buffer, take(2 ** bits), 2 ** bits);
  const fingerprints = new Uint8Array(buffer, take(entries), entries);
  const rarities = new Uint8Array(buffer, take(entries), entries);
  const distances = new Uint8Array(buffer, take(weights), weights);
  const levels = new Int8Array(buffer, take(weights), weights);
  const names: readonly string[] = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, take(nameBytes), nameBytes)));
  return ok(
    modelOf({
      names,
      classCount,
      vocabulary: { size: entries, bits, bucketSizes, fingerprints, rarities, unknownRarity },
      entrySizes,
      distances,
      levels,
      scale: numbers[0] as number,
      calibration: { threshold: numbers[1] as number, coefficients: [...numbers.subarray(2)] },
    }),
  );
}
