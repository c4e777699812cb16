/**
 * Lines for a reader that may be slow, or may have stopped reading: nothing waits for it (a stalled log would stall workerd, and with it
 * the edge), and what it does not take in time is dropped and counted, so that memory stays bounded.
 */
export interface Output {
  readonly write: (line: string) => void;
  /** Resolves when everything was taken, or after a short wait. */
  readonly flush: () => Promise<void>;
}

const MAX_WAITING_BYTES = 32 * 1024 * 1024;
const FLUSH_WITHIN_MS = 1_000;

export function openOutput(stream: NodeJS.WriteStream): Output {
  let dropped = 0;
  // A reader that went away does not end the edge.
  stream.on("error", () => undefined);
  stream.on("drain", () => {
    if (dropped > 0) stream.write(`${JSON.stringify({ event: "log.dropped", lines: dropped })}\n`);
    dropped = 0;
  });
  return {
    write: (line) => {
      if (stream.writableLength > MAX_WAITING_BYTES) dropped += 1;
      else stream.write(`${line}\n`);
    },
    flush: async () => {
      const deadlineMs = Date.now() + FLUSH_WITHIN_MS;
      while (stream.writableLength > 0 && Date.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 10));
    },
  };
}
