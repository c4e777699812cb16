/** Writes a trained model as the bytes that `openArtefact` opens. */
import { ARTEFACT_VERSION, checksum, HEADER_WORDS, MAGIC, type ModelParts, padded } from "./layout.ts";

export function writeArtefact(parts: ModelParts): Uint8Array {
  const { vocabulary, calibration } = parts;
  const names = new TextEncoder().encode(JSON.stringify(parts.names));
  const numbers = Float32Array.of(parts.scale, parts.usual, calibration.threshold, ...calibration.coefficients);
  const sections = [
    numbers,
    parts.entrySizes,
    vocabulary.bucketSizes,
    vocabulary.fingerprints,
    vocabulary.rarities,
    parts.distances,
    parts.levels,
    names,
  ];
  const bytes = new Uint8Array(HEADER_WORDS * 4 + sections.reduce((sum, { byteLength }) => sum + padded(byteLength), 0));
  let at = HEADER_WORDS * 4;
  for (const section of sections) {
    bytes.set(new Uint8Array(section.buffer, section.byteOffset, section.byteLength), at);
    at += padded(section.byteLength);
  }
  const words = new Uint32Array(bytes.buffer);
  words.set([MAGIC, ARTEFACT_VERSION, bytes.length, 0, parts.classCount, vocabulary.size, vocabulary.bits]);
  words.set([vocabulary.unknownRarity, parts.levels.length, names.length], 7);
  words[3] = checksum(words, 4);
  return bytes;
}
