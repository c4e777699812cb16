/** What an instance's own webhook listener gets: the platform's bytes, unchanged, and as few headers as it needs. */
import type { Secret } from "../../core/secret.ts";
import type { Call } from "../exchange.ts";
import type { HandOver } from "../link.ts";

export interface NativeHandOver extends HandOver {
  /** The listener. */
  readonly url: string;
  readonly secret: Secret | undefined;
  /** Name of the header the secret travels in, from the channel. */
  readonly secretHeader: string;
  /** The one address sent as `X-Forwarded-For`; undefined sends no such header. */
  readonly forwardedFor: string | undefined;
}

/** For operators who compare logs: the key of the hand-over, the same on every attempt. OpenClaw ignores it. */
export const DELIVERY_HEADER = "x-clawedge-delivery";

/** For the one word that tells a draining gateway from a failing one; without it the status alone says that nothing was stored. */
const BODY_MS = 1000;

/**
 * No forwarding header but the configured one: a gateway answers 403 to stray ones.
 * @see https://docs.openclaw.ai/gateway/trusted-proxy-auth
 */
export function nativeCall(handOver: NativeHandOver, readsBody: Call["readsBody"]): Call {
  const secret = handOver.secret === undefined ? {} : { [handOver.secretHeader]: handOver.secret.open() };
  const forwarded = handOver.forwardedFor === undefined ? {} : { "x-forwarded-for": handOver.forwardedFor };
  return {
    url: handOver.url,
    method: "POST",
    headers: {
      "content-type": handOver.contentType,
      traceparent: handOver.traceparent,
      [DELIVERY_HEADER]: handOver.key,
      ...forwarded,
      ...secret,
    },
    body: handOver.body,
    deadlineMs: handOver.deadlineMs,
    bodyMs: BODY_MS,
    readsBody,
  };
}
