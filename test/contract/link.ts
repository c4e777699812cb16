/** The contract kit of links that speak HTTP: what every kind of answer of a real server means, in whatever runtime the tests run. */
import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/core/bytes.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import { Secret } from "../../src/core/secret.ts";
import type { Link, LinkPorts } from "../../src/links/link.ts";
import type { NativeHandOver } from "../../src/links/native/request.ts";

export interface LinkUnderTest {
  readonly link: Link<NativeHandOver>;
  readonly ports: LinkPorts;
  /** Addresses of the answering server. */
  readonly server: () => { readonly origin: string; readonly refused: string };
}

export const handOverTo = (url: string, change: Partial<NativeHandOver> = {}): NativeHandOver => ({
  url,
  secret: new Secret("listener-secret"),
  secretHeader: "x-telegram-bot-api-secret-token",
  forwardedFor: undefined,
  body: utf8('{"update_id":1}'),
  contentType: "application/json",
  key: "dGVsZWdyYW06c3VwcG9ydC8x",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  deadlineMs: 5000,
  ...change,
});

const HOUR_MS = 3_600_000;
const MARKERLESS = "2xx without the durable marker";
type Row = readonly [path: string, outcome: Partial<Outcome>];

/** What a deadline must end; tried with a short one. */
const SHORT_DEADLINE_MS = 1500;
const HANGING: ReadonlySet<string> = new Set(["/nothing", "/503-endless", "/503-stalled"]);

const TABLE: readonly Row[] = [
  ["/durable", { kind: "accepted", status: 200 }],
  ["/durable-204", { kind: "accepted", status: 204 }],
  ["/durable-endless", { kind: "accepted" }],
  ["/durable-stalled", { kind: "accepted" }],
  ["/status/200", { kind: "unknown", detail: MARKERLESS }],
  ["/status/202", { kind: "unknown", detail: MARKERLESS }],
  ["/html", { kind: "unknown", detail: MARKERLESS }],
  ["/marker-false", { kind: "unknown", detail: MARKERLESS }],
  ["/marker-twice", { kind: "unknown", detail: MARKERLESS }],
  ["/marker-on-500", { kind: "failed", status: 500 }],
  ["/redirect", { kind: "failed", detail: "redirect (http 307), not followed" }],
  ["/redirect-304", { kind: "failed" }],
  ...[400, 405, 413, 415, 422].map((status): Row => [`/status/${status}`, { kind: "refused", status, isPermanent: true }]),
  ...[401, 403, 404, 410, 418].map((status): Row => [`/status/${status}`, { kind: "refused", status, isPermanent: false }]),
  ["/status/408", { kind: "failed" }],
  ["/status/409", { kind: "busy", status: 409 }],
  ["/busy", { kind: "busy", retryAfterMs: 7000 }],
  ["/busy-date", { kind: "busy", retryAfterMs: HOUR_MS }],
  ["/busy-garbage", { kind: "busy" }],
  ["/draining", { kind: "busy", isDraining: true, retryAfterMs: 1000 }],
  ["/draining-flat", { kind: "busy", isDraining: true }],
  ["/draining-no-wait", { kind: "failed" }],
  ["/503-other", { kind: "failed" }],
  ["/503-proto", { kind: "failed" }],
  ["/503-garbage", { kind: "failed" }],
  ["/503-endless", { kind: "failed" }],
  ["/503-stalled", { kind: "failed", status: 503 }],
  ...[500, 501, 503].map((status): Row => [`/status/${status}`, { kind: "failed", status }]),
  ...[521, 523, 525, 526, 530].map((status): Row => [`/status/${status}`, { kind: "unreachable", status }]),
  ...[502, 504, 520, 522, 524].map((status): Row => [`/status/${status}`, { kind: "unknown", status }]),
  ["/nothing", { kind: "unknown", detail: "timeout" }],
  ["/closed", { kind: "unknown", detail: "connection lost" }],
  ["/reset", { kind: "unknown", detail: "connection lost" }],
  ["/not-http", { kind: "unknown", detail: "connection lost" }],
  ["/half-head", { kind: "unknown", detail: "connection lost" }],
];

export function readsEveryAnswer({ link, ports, server }: LinkUnderTest): void {
  describe(`the ${link.name} link reads a real server's answers`, () => {
    it.each(TABLE)("%s", async (path, expected) => {
      const deadlineMs = HANGING.has(path) ? SHORT_DEADLINE_MS : 5000;
      const outcome = await link.handOver(handOverTo(`${server().origin}${path}`, { deadlineMs }), ports);
      expect(outcome).toMatchObject(expected);
    });

    it("a refused connection is unreachable: nothing was sent", async () => {
      expect(await link.handOver(handOverTo(`${server().refused}/durable`), ports)).toMatchObject({ kind: "unreachable" });
    });

    it("a secret that cannot stand in a header is unreachable, not an exception", async () => {
      const secret = new Secret("line\nbreak");
      expect(await link.handOver(handOverTo(`${server().origin}/durable`, { secret }), ports)).toMatchObject({ kind: "unreachable" });
    });
  });
}
