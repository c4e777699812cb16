/** What an agent is asked: the words of a turn, and those of its files that can be shown to it. The rest is told in words. */
import type { MediaRef, Turn } from "../../core/turn.ts";
import type { Clock } from "../../ports/clock.ts";
import type { FoundMedia } from "../../ports/media.ts";
import type { ChatPorts } from "./hand-over.ts";
import { described, notFetched, transcribed } from "./words.ts";

/** One file that goes along; opened when its turn has come. */
export interface Shown {
  readonly media: MediaRef;
  readonly found: FoundMedia;
}

export interface Question {
  readonly text: string;
  readonly shown: readonly Shown[];
}

/** Gateways take files of 5 MB and images of 10 MB by default, and models often no image above 5. @see https://docs.openclaw.ai/gateway/openresponses-http-api */
export const MAX_FILE_BYTES = 5 * 1024 * 1024;
/** @see https://docs.openclaw.ai/gateway/openai-http-api */
const MAX_SHOWN = 8;
/** 16 MiB of base64: gateways read bodies of 20 MB. */
export const MAX_SHOWN_BYTES = 12 * 1024 * 1024;

/** What both asks of a gateway take, and every model that sees. */
const IMAGES: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/webp", "image/gif"]);

/** For a platform that does not answer: the person is waiting. */
const FIND_MS = 15_000;
const TRANSCRIBE_MS = 30_000;

export const isPdf = ({ kind, mimeType }: MediaRef): boolean => kind === "document" && mimeType === "application/pdf";
const isImage = ({ kind, mimeType }: MediaRef): boolean => kind === "image" && IMAGES.has(mimeType);
const canBeShown = (media: MediaRef): boolean => isPdf(media) || isImage(media);

interface Had {
  readonly media: MediaRef;
  /** Undefined: it cannot be had. */
  readonly found: FoundMedia | undefined;
  readonly said: string | undefined;
}

export interface Preparing {
  /** Whose token opens the media. */
  readonly account: string;
  /** What is not had by then is told in words. */
  readonly untilMs: number;
}

export async function questionOf(turn: Turn, preparing: Preparing, ports: ChatPorts): Promise<Question> {
  const all = await Promise.all(turn.media.map((media) => had(media, preparing, ports)));
  const shown: Shown[] = [];
  const lines = [turn.text];
  let bytes = 0;
  for (const one of all) {
    const size = one.found?.bytes ?? MAX_FILE_BYTES;
    const fits = size <= MAX_FILE_BYTES && shown.length < MAX_SHOWN && bytes + size <= MAX_SHOWN_BYTES;
    const isShown = fits && one.found !== undefined && canBeShown(one.media);
    if (isShown) {
      shown.push({ media: one.media, found: one.found });
      bytes += size;
    }
    lines.push(isShown ? captionOf(one) : toldOf(one));
  }
  return { text: lines.filter((line) => line !== "").join("\n"), shown };
}

/** The same question for a gateway that does not take the files. */
export const inWords = ({ text, shown }: Question): Question => ({
  text: [text, ...shown.map(({ media, found }) => described(media, found.bytes, "could not be passed on"))]
    .filter((line) => line !== "")
    .join("\n"),
  shown: [],
});

async function had(media: MediaRef, { account, untilMs }: Preparing, { media: files, clock, transcriber }: ChatPorts): Promise<Had> {
  const atMost = (ms: number): number => Math.max(0, Math.min(ms, untilMs - clock.nowMs()));
  const answer = await within(clock, atMost(FIND_MS), () => files.find(account, media));
  const found = answer?.ok === true ? answer.value : undefined;
  if (found === undefined || transcriber === undefined || media.isVoice !== true) return { media, found, said: undefined };
  return { media, found, said: await within(clock, atMost(TRANSCRIBE_MS), () => transcriber.transcribe(media, found)) };
}

/** A file is not kept in a session's history, so that its name has to be. An image speaks for itself. */
const captionOf = ({ media, found }: Had): string => (isPdf(media) ? described(media, found?.bytes) : "");

function toldOf({ media, found, said }: Had): string {
  if (said !== undefined) return transcribed(media, said);
  if (!canBeShown(media)) return described(media, found?.bytes);
  if (found === undefined) return notFetched(media);
  const isTooLarge = (found.bytes ?? 0) > MAX_FILE_BYTES;
  return described(media, found.bytes, isTooLarge ? "too large to pass on" : "more than can be passed on");
}

/** Undefined when it fails or takes too long. */
export async function within<Value>(clock: Clock, ms: number, work: () => Promise<Value>): Promise<Value | undefined> {
  const done = new AbortController();
  const late = clock.sleep(ms, done.signal).then(() => undefined);
  try {
    return await Promise.race([work(), late]);
  } catch {
    return undefined;
  } finally {
    done.abort();
  }
}
