/**
 * The beginning of a request's body, and the whole of it again as a body that can be sent on. At most the head and one chunk
 * are ever held; the rest streams from the instance to the platform at the platform's pace.
 */
import { HEAD_BYTES } from "../../src/channels/egress.ts";
import { joinBytes } from "../../src/core/read-at-most.ts";

export interface SplitBody {
  /** At most `HEAD_BYTES`. */
  readonly head: Uint8Array;
  readonly isComplete: boolean;
  /** The whole body, head included; to be taken once. Undefined when there is none. */
  readonly takeBody: () => BodyInit | undefined;
}

const NOTHING: SplitBody = { head: new Uint8Array(), isComplete: true, takeBody: () => undefined };

export async function splitBody(request: Request): Promise<SplitBody> {
  const stream: ReadableStream<Uint8Array> | null = request.body;
  if (stream === null) return NOTHING;
  const reader = stream.getReader();
  const { bytes, isDone } = await readAtLeast(reader, HEAD_BYTES);
  reader.releaseLock();
  const rest = { bytes, stream, length: lengthOf(request.headers) };
  const takeBody = () => (isDone ? wholeOf(bytes) : rejoin(rest));
  return { head: bytes.subarray(0, HEAD_BYTES), isComplete: isDone && bytes.length <= HEAD_BYTES, takeBody };
}

const wholeOf = (bytes: Uint8Array<ArrayBuffer>): BodyInit | undefined => (bytes.length === 0 ? undefined : bytes);

async function readAtLeast(reader: ReadableStreamDefaultReader<Uint8Array>, enough: number) {
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < enough) {
    const { done, value } = await reader.read();
    if (done) return { bytes: joinBytes(chunks, length), isDone: true };
    chunks.push(value);
    length += value.length;
  }
  return { bytes: joinBytes(chunks, length), isDone: false };
}

interface Rest {
  readonly bytes: Uint8Array;
  readonly stream: ReadableStream<Uint8Array>;
  readonly length: number | undefined;
}

/** With a known length the platform sees a content-length instead of chunks: workerd counts for us, and fails a body that lies. */
function rejoin({ bytes, stream, length }: Rest): ReadableStream {
  const { readable, writable } = length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
  void pump(bytes, stream, writable);
  return readable;
}

/** An upload that breaks off breaks the call to the platform too, and that is where it is answered: nothing to say here. */
async function pump(bytes: Uint8Array, stream: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>): Promise<void> {
  const writer = writable.getWriter();
  try {
    await writer.write(bytes);
    writer.releaseLock();
    await stream.pipeTo(writable);
  } catch (cause) {
    await stream.cancel(cause).catch(() => undefined);
  }
}

function lengthOf(headers: Headers): number | undefined {
  const text = headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
