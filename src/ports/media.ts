/** Files that people sent and a message only names: found at their platform, opened, never kept. */
import type { Result } from "../core/result.ts";
import type { MediaRef } from "../core/turn.ts";

export interface FoundMedia {
  readonly mimeType: string;
  /** Undefined when the platform does not say. */
  readonly bytes?: number;
  /** Opens the file: at most `maxBytes` of it, then the stream fails. Fails at once when the platform refuses. */
  readonly open: (maxBytes: number) => Promise<Result<ReadableStream<Uint8Array>, string>>;
}

/** Files people sent, at their platform. */
export interface Media {
  /** Where it is and how large; a short reason without secrets when it cannot be had. Never throws. */
  find(account: string, media: MediaRef): Promise<Result<FoundMedia, string>>;
}
