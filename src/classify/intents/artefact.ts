/** Opens a trained model: bytes in, a model or a sentence out. Nothing is parsed but the intents' names. Never throws. */
import { fail, ok, type Result } from "../../core/result.ts";
import { checksum, HEADER_WORDS, MAGIC, type ModelParts, NUMBERS, padded, ARTEFACT_VERSION as VERSION } from "./layout.ts";
import { type IntentModel, modelOf } from "./model.ts";

/** Raised whenever the same bytes would classify differently: a Worker refuses what it does not know. */
export const ARTEFACT_VERSION: number = VERSION;

/** The model of an artefact. The checksum finds accidents; that the bytes are the publisher's is for the caller to know. */
export function openArtefact(bytes: Uint8Array): Result<IntentModel, string> {
  if (bytes.length < HEADER_WORDS * 4 || bytes.length % 4 !== 0) return fail("the artefact is truncated");
  // Typed arrays need their place in memory to be a multiple of four.
  const whole = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  const words = new Uint32Array(whole.buffer, whole.byteOffset, whole.length / 4);
  if (words[0] !== MAGIC) return fail("this is not an artefact of intents");
  if (words[1] !== VERSION) return fail(`the artefact has version ${words[1]}, not ${VERSION}`);
  if (words[2] !== whole.length) return fail("the artefact is truncated");
  if (words[3] !== checksum(words, 4)) return fail("the artefact is damaged: its checksum does not fit");
  try {
    return ok(modelOf(partsIn(whole, words)));
  } catch {
    return fail("the artefact is damaged: its parts do not fit");
  }
}

/** The header's counts say where everything lies. */
function partsIn({ buffer, byteOffset }: Uint8Array, words: Uint32Array): ModelParts {
  let at = byteOffset + HEADER_WORDS * 4;
  const take = (size: number): number => {
    const from = at;
    at += padded(size);
    return from;
  };
  const [classCount = 0, size = 0, bits = 0, unknownRarity = 0, weights = 0, nameBytes = 0] = words.subarray(4, HEADER_WORDS);
  const numbers = new Float32Array(buffer, take(NUMBERS * 4), NUMBERS);
  const [scale = 0, usual = 1, threshold = 0, ...coefficients] = numbers;
  return {
    classCount,
    entrySizes: new Uint16Array(buffer, take(size * 2), size),
    vocabulary: {
      size,
      bits,
      bucketSizes: new Uint8Array(buffer, take(2 ** bits), 2 ** bits),
      fingerprints: new Uint8Array(buffer, take(size), size),
      rarities: new Uint8Array(buffer, take(size), size),
      unknownRarity,
    },
    distances: new Uint8Array(buffer, take(weights), weights),
    levels: new Int8Array(buffer, take(weights), weights),
    names: JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, take(nameBytes), nameBytes))),
    scale,
    usual,
    calibration: { threshold, coefficients },
  };
}
