/** The contract of a link: how one stored message becomes a request to an instance, and how the answer becomes an outcome. */
import type { Outcome } from "../core/outcome.ts";
import type { Secret } from "../core/secret.ts";
import type { Clock } from "../ports/clock.ts";
import type { Http } from "../ports/http.ts";

export interface HandOver {
  /** Where and with what: resolved from the routes document for this instance and account. */
  readonly url: string;
  readonly secret: Secret | undefined;
  /** Name of the header the secret travels in, from the channel. */
  readonly secretHeader: string;
  /** The one address sent as `X-Forwarded-For`; undefined sends no such header. */
  readonly forwardedFor: string | undefined;
  /** The same bytes on every attempt. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** The same key on every attempt; base64url, because it travels in a header. */
  readonly key: string;
  readonly traceparent: string;
  /** For the whole of it: connecting, sending, waiting, reading. */
  readonly deadlineMs: number;
}

export interface LinkPorts {
  readonly http: Http;
  readonly clock: Clock;
}

export interface Link {
  readonly name: "native" | "poll" | "chat" | "relay";
  /**
   * Whether an instance absorbs a repeat of the same key: then a crash in the middle is answered by sending again to the
   * same instance at once. Where it does not, an attempt without an answer is `unknown` for good.
   */
  readonly absorbsRepeats: boolean;
  readonly handOver: (handOver: HandOver, ports: LinkPorts) => Promise<Outcome>;
}
