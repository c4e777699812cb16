/** Media in words, for everything that an agent is told of and not shown. Never content, and nothing that could pass for a line of its own. */
import type { MediaRef } from "../../core/turn.ts";

const MAX_NAME_LENGTH = 100;

/** `[document "offer.docx", application/vnd…, 84 kB]`; `remark` says why it is not shown. */
export function described(media: MediaRef, bytes: number | undefined, remark?: string): string {
  const facts = [titleOf(media), media.mimeType, bytes === undefined ? "" : lengthOf(bytes)].map(oneLine).filter((fact) => fact !== "");
  return `[${facts.join(", ")}${remark === undefined ? "" : `: ${remark}`}]`;
}

export const notFetched = (media: MediaRef): string => `[${titleOf(media)}: could not be fetched]`;

export const transcribed = (media: MediaRef, said: string): string => `[${titleOf(media)}, transcribed: "${said}"]`;

function titleOf({ kind, isVoice, name }: MediaRef): string {
  const title = isVoice === true ? "voice message" : kind;
  return name === undefined ? title : `${title} "${plainName(name)}"`;
}

/** A name as somebody chose it, without what would end the quotes or the line. */
export const plainName = (name: string): string => oneLine(name).replaceAll('"', "'").slice(0, MAX_NAME_LENGTH).toWellFormed();

const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}[\]]+/gu, " ").trim();

function lengthOf(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 999_500 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
