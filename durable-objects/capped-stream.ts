/** A stream that fails when it is longer than it may be: its reader never takes the beginning for the whole. */

export function cappedStream(stream: ReadableStream<Uint8Array>, maxBytes: number): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  let length = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const { done, value } = await reader.read();
    if (done) return controller.close();
    length += value.byteLength;
    if (length <= maxBytes) return controller.enqueue(value);
    void reader.cancel().catch(() => undefined);
    throw new Error(`longer than ${maxBytes} bytes`);
  };
  return new ReadableStream({ pull, cancel: (reason) => reader.cancel(reason) }, { highWaterMark: 0 });
}
