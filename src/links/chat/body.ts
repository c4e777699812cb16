/**
 * The body of a question: JSON whose files become base64 while they are sent. A file that breaks off ends the request before its JSON
 * is complete, so that a gateway cannot have begun a turn.
 */
import { utf8 } from "../../core/bytes.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Upload } from "../stream-exchange.ts";
import { uploadOf } from "../upload.ts";
import { base64Of } from "./base64.ts";
import { MAX_FILE_BYTES, type Question, type Shown, within } from "./question.ts";
import { type Asking, frameOf, type Way } from "./request.ts";
import { notFetched } from "./words.ts";

/** For the head of one file, while the gateway waits for the rest of the request. */
const OPEN_MS = 15_000;
/** A platform that pauses longer than this in the middle of a file has broken it off. */
const PAUSE_MS = 15_000;
/** Of what a platform said of its files less than 17 MiB can come: this is for a platform that lies. */
const MAX_BODY_BYTES = 18 * 1024 * 1024;

/** What every file's JSON ends with, after its base64. */
const FILE_END = '"}}';
/** Stands for the parts while the frame around them is written; nothing of a person's is in that frame. */
const PARTS = "\u0000";

export function bodyOf(question: Question, way: Way, asking: Asking, clock: Clock): Uint8Array<ArrayBuffer> | Upload {
  if (question.shown.length === 0) return utf8(frameOf(way, asking, question.text));
  const frame = frameOf(way, asking, [PARTS]);
  return uploadOf((signal) => capped(pieces(question, way, frame, { clock, signal })));
}

interface Sending {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

async function* capped(body: AsyncGenerator<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    if (length > MAX_BODY_BYTES) throw new Error("the files are longer than their platform said");
    yield piece;
  }
}

async function* pieces(question: Question, way: Way, frame: string, sending: Sending): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const [before = "", after = ""] = frame.split(JSON.stringify(PARTS));
  const text = question.text === "" ? "" : JSON.stringify(way.text(question.text));
  yield utf8(before + text);
  let separator = text === "" ? "" : ",";
  for (const shown of question.shown) {
    yield utf8(separator);
    yield* filePieces(shown, way, sending);
    separator = ",";
  }
  yield utf8(after);
}

async function* filePieces({ media, found }: Shown, way: Way, { clock, signal }: Sending): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const opened = await within(clock, OPEN_MS, () => found.open(MAX_FILE_BYTES));
  if (opened?.ok !== true) {
    yield utf8(JSON.stringify(way.text(notFetched(media))));
    return;
  }
  const reader = opened.value.getReader();
  const giveUp = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener("abort", giveUp);
  try {
    if (signal.aborted) return;
    yield utf8(JSON.stringify(way.file(media)).slice(0, -FILE_END.length));
    yield* base64Of({ read: () => nextOf(reader, clock) });
    yield utf8(FILE_END);
  } finally {
    signal.removeEventListener("abort", giveUp);
    giveUp();
  }
}

async function nextOf(reader: ReadableStreamDefaultReader<Uint8Array>, clock: Clock): Promise<ReadableStreamReadResult<Uint8Array>> {
  const next = await within(clock, PAUSE_MS, () => reader.read());
  if (next === undefined) throw new Error("a file broke off");
  return next;
}
