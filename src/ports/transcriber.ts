import type { MediaRef } from "../core/turn.ts";
import type { FoundMedia } from "./media.ts";

/** Where a transcription service can be plugged in. Without one, what was spoken is described and not heard. */
export interface Transcriber {
  /** What was said, or undefined when it cannot be told. Never throws. */
  transcribe(spoken: MediaRef, found: FoundMedia): Promise<string | undefined>;
}
