/** The contract of a link: how one stored message becomes a request to an instance, and how the answer becomes an outcome. */
import type { LinkName } from "../core/link-name.ts";
import type { Outcome } from "../core/outcome.ts";
import type { Clock } from "../ports/clock.ts";
import type { Http } from "../ports/http.ts";

/** What every hand-over has; a link adds where to and with what, resolved from the routes document. */
export interface HandOver {
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

export interface Link<Request extends HandOver = HandOver, Ports extends LinkPorts = LinkPorts> {
  readonly name: LinkName;
  /**
   * Whether an instance absorbs a repeat of the same key: then a crash in the middle is answered by sending again to the
   * same instance at once. Where it does not, an attempt without an answer is `unknown` for good.
   */
  readonly absorbsRepeats: boolean;
  /** Deadline of one hand-over where the pool names none. */
  readonly attemptMs: number;
  /** Whether the instance works while the hand-over waits: then it counts toward its pool's concurrency cap. */
  readonly takesPermit: boolean;
  /** Never throws: whatever goes wrong is an outcome. */
  readonly handOver: (request: Request, ports: Ports) => Promise<Outcome>;
}
