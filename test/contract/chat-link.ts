/** The contract kit of the chat link: what every kind of answer of a real server means, in whatever runtime the tests run. */
import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/core/bytes.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import { fail, ok } from "../../src/core/result.ts";
import { Secret } from "../../src/core/secret.ts";
import type { MediaRef, Turn } from "../../src/core/turn.ts";
import type { ChatHandOver, ChatPorts } from "../../src/links/chat/hand-over.ts";
import type { Link } from "../../src/links/link.ts";
import type { Media } from "../../src/ports/media.ts";

export interface ChatLinkUnderTest {
  readonly link: Link<ChatHandOver, ChatPorts>;
  readonly ports: Omit<ChatPorts, "media">;
  /** Addresses of the answering server. */
  readonly server: () => { readonly origin: string; readonly refused: string };
}

export const TOKEN = "gateway-token-0123456789";

export const turn = (change: Partial<Turn> = {}): Turn => ({ text: "hello", media: [], messageId: "wamid.1", ...change });

export const askOf = (url: string, asked: Turn = turn(), change: Partial<ChatHandOver> = {}): ChatHandOver => ({
  url,
  body: utf8(JSON.stringify(asked)),
  contentType: "application/vnd.clawedge.turn+json",
  key: "d2hhdHNhcHA6c2FsZXMvMQ",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  deadlineMs: 10_000,
  credentials: { authorization: new Secret(`Bearer ${TOKEN}`) },
  forwardedFor: undefined,
  agent: "sales-public",
  session: "whatsapp:sales/chat/491701234567",
  channel: "whatsapp",
  chatKind: "direct",
  account: "whatsapp:sales",
  ...change,
});

export const IMAGE: MediaRef = { id: "image-1", kind: "image", mimeType: "image/jpeg" };
export const PDF: MediaRef = { id: "pdf-1", kind: "document", mimeType: "application/pdf", name: "offer.pdf" };

/** The same bytes for the same length, and not a pattern that a slip of a chunk would repeat. */
export function fileOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0, state = 1; index < length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}

/** In chunks of an odd length, which no base64 group divides. */
export function streamOf(bytes: Uint8Array, chunkLength = 16_381): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + chunkLength));
      at += chunkLength;
    },
  });
}

/** A stream that gives its bytes and then fails. */
export function brokenStream(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let isGiven = false;
  return new ReadableStream({
    pull: (controller) => {
      if (isGiven) return controller.error(new Error("the platform hung up: https://secret.example/?token=1"));
      isGiven = true;
      controller.enqueue(bytes);
    },
  });
}

export type Files = Readonly<Record<string, { readonly bytes?: number; readonly open?: () => ReadableStream<Uint8Array> }>>;

/** Files by id; one without `open` is refused when it is opened, and an unknown one is not found. */
export const mediaOf = (files: Files): Media => ({
  find: async (_, ref) => {
    const file = files[ref.id];
    if (file === undefined) return fail("http 404");
    const size = file.bytes === undefined ? {} : { bytes: file.bytes };
    return ok({ mimeType: ref.mimeType, ...size, open: async () => (file.open === undefined ? fail("http 403") : ok(file.open())) });
  },
});

type Row = readonly [path: string, outcome: Partial<Outcome>];

const HELLO: Partial<Outcome> = { kind: "accepted", status: 200, answer: { text: "Hello, wörld 👋" } };
const HI: Partial<Outcome> = { kind: "accepted", answer: { text: "Hi" } };
/** What there was room for. */
const PART: Partial<Outcome> = { kind: "accepted", answer: { text: "Hi", isPartial: true } };
const SILENT: Partial<Outcome> = { kind: "accepted", answer: { text: "" } };
const MODEL: Partial<Outcome> = { kind: "model-failed", status: 200, detail: "the model failed: api_error" };
const CODE: Partial<Outcome> = { kind: "model-failed", detail: "the model failed: server_error" };

/** What a deadline must end; tried with a short one. */
const SHORT_DEADLINE_MS = 1400;
const HANGING: ReadonlySet<string> = new Set(["/chat/silence", "/chat/silence-after-text", "/chat/no-body", "/nothing"]);

const TABLE: readonly Row[] = [
  ...["/chat/whole", "/chat/slow", "/chat/bytes", "/chat/crlf", "/chat/cr", "/chat/comments", "/chat/many-lines"].map(
    (path): Row => [path, HELLO],
  ),
  ...["/responses/whole", "/responses/no-deltas", "/json/whole", "/json/response"].map((path): Row => [path, HELLO]),
  ...["/chat/usage", "/chat/no-done", "/chat/open-end", "/chat/after-done"].map((path): Row => [path, HI]),
  ...["/chat/length", "/responses/incomplete"].map((path): Row => [path, PART]),
  ["/chat/cut-after-finish", HI],
  ...["/chat/empty", "/chat/said-nothing", "/json/silent"].map((path): Row => [path, SILENT]),
  ["/chat/long-text", { kind: "accepted", answer: { text: "x".repeat(100_000) + "y".repeat(100_000) } }],

  ...["/chat/error", "/chat/late-error", "/json/error"].map((path): Row => [path, MODEL]),
  ...["/responses/failed", "/responses/error", "/json/failed"].map((path): Row => [path, CODE]),
  ["/chat/internal-error", { kind: "model-failed", status: 200, isInternal: true, detail: "internal error: api_error" }],
  ["/chat/late-internal-error", MODEL],
  ["/chat/odd-error", { kind: "model-failed", detail: "the model failed: no reason given" }],
  ["/refused/502", { kind: "model-failed", status: 502 }],
  ["/refused/model", { kind: "model-failed", status: 400, detail: "the model failed: http 400" }],
  ["/refused/model-401", { kind: "model-failed", status: 401, detail: "the model failed: http 401" }],

  ["/chat/ended", { kind: "cut-off", status: 200, detail: "the stream ended unfinished after 5 characters" }],
  ["/chat/ended-mid-event", { kind: "cut-off", detail: "the stream ended unfinished after 5 characters" }],
  ["/chat/no-finish", { kind: "cut-off", detail: "the stream ended unfinished after 2 characters" }],
  ["/chat/done-alone", { kind: "cut-off", detail: "the stream ended unfinished after 0 characters" }],
  ["/responses/no-completed", { kind: "cut-off", detail: "the stream ended unfinished after 5 characters" }],
  ["/responses/ended", { kind: "cut-off", detail: "the stream ended unfinished after 5 characters" }],
  ["/chat/nothing-at-all", { kind: "cut-off", detail: "the stream ended unfinished after 0 characters" }],
  ["/chat/cut", { kind: "cut-off", detail: "connection lost after 5 characters" }],
  ["/chat/cut-mid-event", { kind: "cut-off", detail: "connection lost after 5 characters" }],
  ["/chat/silence", { kind: "cut-off", detail: "no end after 1 s, after 0 characters" }],
  ["/chat/silence-after-text", { kind: "cut-off", detail: "no end after 1 s, after 5 characters" }],
  ["/chat/not-json", { kind: "cut-off", detail: "an event that is not JSON" }],
  ["/chat/200-mb-of-comments", { kind: "cut-off", detail: "the stream is too long, after 0 characters" }],
  ["/chat/100-mb-in-one-event", { kind: "cut-off", detail: "an event is too long" }],
  ["/chat/endless-text", { kind: "cut-off", detail: "the answer is longer than 200000 characters" }],
  ["/json/broken", { kind: "cut-off", detail: "connection lost after 0 characters" }],
  ["/json/100-mb", { kind: "cut-off", detail: "the stream is too long, after 0 characters" }],

  ["/refused/agent", { kind: "refused", status: 400, isPermanent: false, detail: "http 400: Unknown agent 'nope'." }],
  ["/refused/echo", { kind: "refused", detail: "http 400: no: [secret] and more" }],
  ["/refused/image", { kind: "refused", isPermanent: true }],
  ["/refused/unauthorized", { kind: "refused", status: 401, isPermanent: false, detail: "http 401: Unauthorized" }],
  ["/refused/scope", { kind: "refused", status: 403, isPermanent: false, detail: "http 403: missing scope: operator.write" }],
  ["/refused/proxy", { kind: "refused", status: 403, isPermanent: false }],
  ["/refused/html", { kind: "refused", status: 403, isPermanent: false, detail: "http 403" }],
  ...["/refused/404-html", "/refused/404-text", "/status/404"].map(
    (path): Row => [
      path,
      { kind: "refused", isPermanent: false, detail: "http 404: is gateway.http.endpoints.chatCompletions.enabled on?" },
    ],
  ),
  ["/refused/405", { kind: "refused", isPermanent: false, detail: "http 405: is gateway.http.endpoints.chatCompletions.enabled on?" }],
  ["/refused/413", { kind: "refused", status: 413, isPermanent: true }],
  ["/status/413", { kind: "refused", isPermanent: true }],
  ["/refused/stalled", { kind: "refused", isPermanent: false, detail: "http 400" }],
  ["/html", { kind: "refused", status: 200, isPermanent: false, detail: expect.stringContaining("text/html") }],
  ["/refused/endless", { kind: "refused", status: 200, isPermanent: false, detail: expect.stringContaining("text/plain") }],
  ["/status/200", { kind: "refused", status: 200, isPermanent: false }],
  ["/status/204", { kind: "refused", status: 204, isPermanent: false }],
  ["/json/other", { kind: "refused", status: 200, isPermanent: false, detail: expect.stringContaining("other JSON") }],

  ["/refused/408", { kind: "failed", status: 408 }],
  ["/redirect", { kind: "failed", detail: "redirect (http 307), not followed" }],
  ["/refused/busy", { kind: "busy", status: 429, retryAfterMs: 7000 }],
  ["/busy", { kind: "busy", retryAfterMs: 7000 }],
  ["/refused/draining", { kind: "busy", isDraining: true, retryAfterMs: 1000 }],
  ...["/refused/503", "/503-other", "/refused/500", "/refused/502-html"].map((path): Row => [path, { kind: "unknown" }]),
  ...[500, 501, 502, 503, 504, 520, 522, 524].map((status): Row => [`/status/${status}`, { kind: "unknown", status }]),
  ...[521, 523, 525, 526, 530].map((status): Row => [`/status/${status}`, { kind: "unreachable", status }]),
  ["/nothing", { kind: "unknown", detail: "timeout" }],
  ...["/closed", "/reset", "/not-http", "/half-head"].map((path): Row => [path, { kind: "unknown", detail: "connection lost" }]),
];

export function readsEveryChatAnswer({ link, ports: partial, server }: ChatLinkUnderTest): void {
  const ports = (files: Files = {}): ChatPorts => ({ ...partial, media: mediaOf(files) });

  describe(`the ${link.name} link reads a real server's answers`, () => {
    it.each(TABLE)("%s", async (path, expected) => {
      const deadlineMs = HANGING.has(path) ? SHORT_DEADLINE_MS : 30_000;
      const outcome = await link.handOver(askOf(`${server().origin}${path}`, turn(), { deadlineMs }), ports());
      expect(outcome).toMatchObject(expected);
    });

    it("a head whose body never begins is cut off, or unknown where a runtime waits for the first byte", async () => {
      const outcome = await link.handOver(askOf(`${server().origin}/chat/no-body`, turn(), { deadlineMs: SHORT_DEADLINE_MS }), ports());
      expect(["cut-off", "unknown"]).toContain(outcome.kind);
    });

    it("a refused connection is unreachable: nothing was sent", async () => {
      expect(await link.handOver(askOf(server().refused), ports())).toMatchObject({ kind: "unreachable" });
    });

    it("a token that cannot stand in a header is unreachable, not an exception", async () => {
      const credentials = { authorization: new Secret("line\nbreak") };
      expect(await link.handOver(askOf(`${server().origin}/chat/whole`, turn(), { credentials }), ports())).toMatchObject({
        kind: "unreachable",
      });
    });
  });

  describe(`the ${link.name} link passes files on`, () => {
    it("an image of 3 MB and a document, in one stream", async () => {
      const files = {
        "image-1": { bytes: 3_000_000, open: () => streamOf(fileOf(3_000_000)) },
        "pdf-1": { open: () => streamOf(fileOf(10)) },
      };
      const outcome = await link.handOver(askOf(`${server().origin}/responses/whole`, turn({ media: [IMAGE, PDF] })), ports(files));
      expect(outcome).toMatchObject(HELLO);
    });

    it("a file that breaks off ends the request unfinished, and the words are asked without it", async () => {
      const files = { "image-1": { bytes: 3_000_000, open: () => brokenStream(fileOf(100_000)) } };
      const outcome = await link.handOver(askOf(`${server().origin}/picky`, turn({ media: [IMAGE] })), ports(files));
      expect(outcome).toMatchObject({ kind: "accepted", answer: { text: "hello\n[image, image/jpeg, 3.0 MB: could not be passed on]" } });
    });

    it("a file that never ends its silence is failed at the deadline: the gateway cannot have begun", async () => {
      const open = () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) });
      const asked = askOf(`${server().origin}/chat/whole`, turn({ media: [IMAGE] }), { deadlineMs: SHORT_DEADLINE_MS });
      expect(await link.handOver(asked, ports({ "image-1": { open } }))).toEqual({
        kind: "failed",
        isOurs: true,
        detail: "timeout while sending",
      });
    });

    it("a gateway that refuses before it has read everything is heard", async () => {
      const files = { "image-1": { open: () => streamOf(fileOf(10_000)) } };
      const outcome = await link.handOver(askOf(`${server().origin}/early/refused/unauthorized`, turn({ media: [IMAGE] })), ports(files));
      expect(outcome).toMatchObject({ kind: "refused", status: 401 });
    });

    it("a gateway that does not like a file is asked again, in words", async () => {
      const files = { "image-1": { bytes: 10_000, open: () => streamOf(fileOf(10_000)) } };
      const outcome = await link.handOver(askOf(`${server().origin}/picky`, turn({ media: [IMAGE] })), ports(files));
      expect(outcome).toMatchObject({ kind: "accepted", answer: { text: "hello\n[image, image/jpeg, 10 kB: could not be passed on]" } });
    });
  });
}
