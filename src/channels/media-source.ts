/** The contract for files that a message only names: how to ask where a file is, and from which hosts it may be fetched. Pure. */
import type { PlatformCall } from "./channel.ts";

export interface MediaPlace {
  readonly url: string;
  readonly mimeType: string;
  /** Undefined when the platform does not say. */
  readonly bytes?: number;
}

export interface MediaSource {
  /** The call that asks where a file is, and how its result reads; undefined when it does not say. */
  readonly find: (id: string) => PlatformCall;
  readonly read: (result: unknown) => MediaPlace | undefined;
  /** Whether the account's token may be sent to this URL. `base` is the root of the platform's API. */
  readonly isTrusted: (url: URL, base: string) => boolean;
}
