/** The chat link over Node's fetch: the headers and the JSON a gateway sees, and what the link does when the way out misbehaves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../../durable-objects/runtime.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import { parseJson } from "../../../src/core/json.ts";
import { fail } from "../../../src/core/result.ts";
import type { MediaRef } from "../../../src/core/turn.ts";
import type { ChatPorts } from "../../../src/links/chat/hand-over.ts";
import { chat } from "../../../src/links/chat/index.ts";
import { links } from "../../../src/links/registry.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { type Http, NotSent } from "../../../src/ports/http.ts";
import type { Media } from "../../../src/ports/media.ts";
import { going, keepsTheLinkPromises } from "../../contract/any-link.ts";
import {
  askOf,
  brokenStream,
  type Files,
  fileOf,
  IMAGE,
  mediaOf,
  PDF,
  readsEveryChatAnswer,
  streamOf,
  TOKEN,
  turn,
} from "../../contract/chat-link.ts";
import { type AnsweringServer, startAnsweringServer } from "../../fixtures/answering-server.ts";
import { nodeHttp } from "../../support/node-http.ts";

let server: AnsweringServer;
beforeAll(async () => {
  server = await startAnsweringServer();
});
afterAll(() => server.stop());

const sample = askOf("http://x.test");
keepsTheLinkPromises({
  link: chat,
  body: () => sample.body,
  handOver: (way, hurried) => chat.handOver(sample, { http: { fetch: going(way) }, clock: hurried, media: { find: going(way) } }),
});

readsEveryChatAnswer({ link: chat, ports: { http: nodeHttp, clock }, server: () => server });

const ports = (files: Files = {}): ChatPorts => ({ http: nodeHttp, clock, media: mediaOf(files) });

interface Part {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
  readonly source?: Readonly<Record<string, string>>;
}

const lastSeen = () => {
  const { path, method, headers: flat, body } = server.seen.at(-1)!;
  const headers = Object.fromEntries(flat.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), flat[index + 1]]] : [])));
  return { path, method, headers, json: JSON.parse(body.toString()) as Readonly<Record<string, unknown>> };
};
const contentSeen = (): readonly Part[] => {
  const { json } = lastSeen();
  return ((json["messages"] ?? json["input"]) as readonly { readonly content: readonly Part[] }[])[0]!.content;
};

describe("what the gateway sees", () => {
  it("is the new message alone, the session, the channel, the token, the trace and the key", async () => {
    await chat.handOver(askOf(`${server.origin}/chat/whole/`), ports());
    const { path, method, headers, json } = lastSeen();
    expect([method, path]).toEqual(["POST", "/chat/whole/v1/chat/completions"]);
    expect(json).toEqual({ model: "openclaw/sales-public", stream: true, messages: [{ role: "user", content: "hello" }] });
    expect(headers).toMatchObject({
      "content-type": "application/json",
      authorization: `Bearer ${TOKEN}`,
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "x-clawedge-delivery": "d2hhdHNhcHA6c2FsZXMvMQ",
      "x-openclaw-session-key": "agent:sales-public:whatsapp:direct:sales/chat/491701234567",
      "x-openclaw-message-channel": "whatsapp",
    });
    expect(Object.keys(headers).filter((name) => name.startsWith("x-forwarded") || name === "forwarded" || name === "x-real-ip")).toEqual(
      [],
    );
  });

  it("says who spoke in a group, and not in a direct chat", async () => {
    const spoken = turn({ text: "where is it?", senderName: 'Ana "A"\n[x]' });
    const contents: unknown[] = [];
    for (const chatKind of ["group", "direct"] as const) {
      await chat.handOver(askOf(`${server.origin}/chat/whole/`, spoken, { chatKind }), ports());
      contents.push(contentSeen());
    }
    expect(contents).toEqual(["Ana 'A' x: where is it?", "where is it?"]);
  });

  it("is the default agent where the pool names none, and one forwarding header where one is configured", async () => {
    await chat.handOver(askOf(`${server.origin}/chat/whole`, turn(), { agent: undefined, forwardedFor: "192.0.2.7" }), ports());
    const { headers, json } = lastSeen();
    expect(json["model"]).toBe("openclaw/default");
    expect(headers).toMatchObject({ "x-forwarded-for": "192.0.2.7", "x-openclaw-session-key": "whatsapp:direct:sales/chat/491701234567" });
  });

  it("is an image of 3 MB, byte for byte, although its length was not known", async () => {
    const file = fileOf(3_000_001);
    await chat.handOver(
      askOf(`${server.origin}/chat/whole`, turn({ media: [IMAGE] })),
      ports({ "image-1": { open: () => streamOf(file) } }),
    );
    const [text, image] = contentSeen();
    expect(text).toEqual({ type: "text", text: "hello" });
    const [prefix, data] = image!.image_url!.url.split(",");
    expect(prefix).toBe("data:image/jpeg;base64");
    expect(Buffer.from(data!, "base64").equals(Buffer.from(file))).toBe(true);
  });

  it("is an image alone when nothing was written under it", async () => {
    await chat.handOver(
      askOf(`${server.origin}/chat/whole`, turn({ text: "", media: [IMAGE] })),
      ports({ "image-1": { open: () => streamOf(fileOf(4)) } }),
    );
    expect(contentSeen().map((part) => part.type)).toEqual(["image_url"]);
  });

  it("is a document as a file, with an image beside it, over the other way to ask", async () => {
    const [pdf, image] = [fileOf(70_000), fileOf(5)];
    const files = { "pdf-1": { bytes: 70_000, open: () => streamOf(pdf) }, "image-1": { open: () => streamOf(image) } };
    await chat.handOver(askOf(`${server.origin}/responses/whole`, turn({ text: "read", media: [PDF, IMAGE] })), ports(files));
    expect(lastSeen().path).toBe("/responses/whole/v1/responses");
    expect(contentSeen()).toEqual([
      { type: "input_text", text: 'read\n[document "offer.pdf", application/pdf, 70 kB]' },
      {
        type: "input_file",
        source: { type: "base64", media_type: "application/pdf", filename: "offer.pdf", data: Buffer.from(pdf).toString("base64") },
      },
      { type: "input_image", source: { type: "base64", media_type: "image/jpeg", data: Buffer.from(image).toString("base64") } },
    ]);
  });

  it("is words for a file that its platform refuses to open, between files that it gives", async () => {
    const media = ["a", "b", "c"].map((id) => ({ ...IMAGE, id }));
    const files = { a: { bytes: 1, open: () => streamOf(fileOf(1)) }, b: { bytes: 1 }, c: { bytes: 2, open: () => streamOf(fileOf(2)) } };
    await chat.handOver(askOf(`${server.origin}/chat/whole`, turn({ media })), ports(files));
    expect(contentSeen().map((part) => part.text ?? part.type)).toEqual([
      "hello",
      "image_url",
      "[image: could not be fetched]",
      "image_url",
    ]);
  });

  it("is nothing that it could understand when a file breaks off, and then the words alone", async () => {
    const files = { "image-1": { bytes: 200_000, open: () => brokenStream(fileOf(100_000)) } };
    const before = server.seen.length;
    const outcome = await chat.handOver(askOf(`${server.origin}/chat/whole`, turn({ media: [IMAGE] })), ports(files));
    expect(outcome.kind).toBe("accepted");
    await expect.poll(() => server.seen.length).toBe(before + 2);
    const bodies = server.seen.slice(before).map(({ body }) => body.toString());
    const whole = bodies.filter((body) => parseJson(body).ok);
    expect(whole).toHaveLength(1);
    expect(JSON.parse(whole[0]!)).toMatchObject({
      messages: [{ role: "user", content: "hello\n[image, image/jpeg, 200 kB: could not be passed on]" }],
    });
  });

  it("is not more than a lying platform's files may be", async () => {
    const media = Array.from({ length: 8 }, (_, index) => ({ ...IMAGE, id: `${index}` }));
    const files = Object.fromEntries(media.map(({ id }) => [id, { bytes: 10, open: () => streamOf(fileOf(5_000_000)) }]));
    const before = server.seen.length;
    const outcome = await chat.handOver(askOf(`${server.origin}/chat/whole`, turn({ media })), ports(files));
    expect(outcome.kind).toBe("accepted");
    await expect.poll(() => server.seen.length).toBe(before + 2);
    expect(server.seen.slice(before).filter(({ body }) => parseJson(body.toString()).ok && body.length < 1000)).toHaveLength(1);
  });
});

describe("a deadline", () => {
  const DEADLINE_MS = 10_000;
  /** Time that passes only where nothing else happens, and never as far as the deadline. */
  const waiting = (): Clock => {
    let nowMs = 0;
    const sleep = async (ms: number, wake?: AbortSignal): Promise<void> => {
      const endsAtMs = nowMs + ms;
      if (endsAtMs >= DEADLINE_MS) return new Promise(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (wake?.aborted !== true) nowMs = Math.max(nowMs, endsAtMs);
    };
    return { nowMs: () => nowMs, sleep };
  };
  const hanging: Media = { find: () => new Promise(() => undefined) };
  const voice: MediaRef = { id: "voice", kind: "audio", mimeType: "audio/ogg", isVoice: true };

  it.each([
    ["a platform that does not say what a file is", IMAGE, { media: hanging }],
    [
      "a transcriber that does not answer",
      voice,
      { media: mediaOf({ voice: {} }), transcriber: { transcribe: () => new Promise<undefined>(() => undefined) } },
    ],
  ])("leaves time to ask the words: %s", async (_, media, change) => {
    const clock = waiting();
    const sentAtMs: number[] = [];
    const http: Http = {
      fetch: (url, init) => {
        sentAtMs.push(clock.nowMs());
        return nodeHttp.fetch(url, init);
      },
    };
    const asked = askOf(`${server.origin}/chat/whole`, turn({ media: [media] }), { deadlineMs: DEADLINE_MS });
    expect(await chat.handOver(asked, { ...ports(), ...change, clock, http })).toMatchObject({ kind: "accepted" });
    expect(sentAtMs).toEqual([5000]);
  });

  it("is not spent on a file that pauses for good: its request is broken off, and the words are asked", async () => {
    const open = () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) });
    const hurried: Clock = {
      nowMs: () => 0,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms === 15_000 ? 10 : ms)),
    };
    const asked = askOf(`${server.origin}/picky`, turn({ media: [IMAGE] }), { deadlineMs: DEADLINE_MS });
    expect(await chat.handOver(asked, { ...ports({ "image-1": { bytes: 1000, open } }), clock: hurried })).toMatchObject({
      kind: "accepted",
      answer: { text: "hello\n[image, image/jpeg, 1 kB: could not be passed on]" },
    });
  });

  it("that is as good as over sends nothing", async () => {
    let nowMs = 0;
    const late: Media = {
      find: async () => {
        nowMs = 9500;
        return fail("too slow");
      },
    };
    const clock: Clock = { nowMs: () => nowMs, sleep: () => new Promise(() => undefined) };
    const before = server.seen.length;
    const asked = askOf(`${server.origin}/chat/whole`, turn({ media: [IMAGE] }), { deadlineMs: DEADLINE_MS });
    expect(await chat.handOver(asked, { ...ports(), media: late, clock })).toEqual({
      kind: "failed",
      isOurs: true,
      detail: "no time was left to ask: 500 ms of 10 s",
    });
    expect(server.seen.length).toBe(before);
  });
});

it.each(["", "no json", "[]", '{"text":1}', '{"text":"x","media":[{"id":"1","kind":"hologram","mimeType":"x"}],"messageId":"1"}'])(
  "a body that is no turn is refused for good: %s",
  async (body) => {
    const before = server.seen.length;
    const outcome = await chat.handOver(askOf(`${server.origin}/chat/whole`, turn(), { body: utf8(body) }), ports());
    expect(outcome).toEqual({ kind: "refused", isPermanent: true, isOurs: true, detail: "not a turn" });
    expect(server.seen.length).toBe(before);
  },
);

it("a turn that says nothing is not asked", async () => {
  expect(await chat.handOver(askOf(`${server.origin}/chat/whole`, turn({ text: "" })), ports())).toMatchObject({
    kind: "refused",
    isPermanent: true,
  });
});

describe("when the way out misbehaves", () => {
  const through = (http: Http, deadlineMs = 5000) => chat.handOver(askOf("http://x.test", turn(), { deadlineMs }), { ...ports(), http });

  it("a fetch that ignores its signal still ends at the deadline, as unknown, and what comes too late is given up", async () => {
    const late = Promise.withResolvers<Response>();
    expect(await through({ fetch: () => late.promise }, 20)).toEqual({ kind: "unknown", detail: "timeout" });
    const cancelled = Promise.withResolvers<void>();
    late.resolve(new Response(new ReadableStream({ cancel: () => cancelled.resolve() })));
    await cancelled.promise;
  });

  it("a body that ignores everything still ends at the deadline, as cut off, and is given up", async () => {
    const cancelled = Promise.withResolvers<void>();
    const body = new ReadableStream({ cancel: () => cancelled.resolve() });
    const http: Http = { fetch: async () => new Response(body, { headers: { "content-type": "text/event-stream" } }) };
    expect(await through(http, 20)).toMatchObject({ kind: "cut-off" });
    await cancelled.promise;
  });

  it("an answer that is had ends the request and its reading", async () => {
    const cancelled = Promise.withResolvers<void>();
    const signals: (AbortSignal | null | undefined)[] = [];
    const whole = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(utf8(whole)),
      cancel: () => cancelled.resolve(),
    });
    const http: Http = {
      fetch: async (_, init) => {
        signals.push(init.signal);
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      },
    };
    expect(await through(http)).toMatchObject({ kind: "accepted", answer: { text: "" } });
    await cancelled.promise;
    expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
  });

  it("who does not take what there is to send is to blame, and not the file", async () => {
    const http: Http = { fetch: () => new Promise(() => undefined) };
    const files = { "image-1": { open: () => streamOf(fileOf(10)) } };
    const asked = askOf("http://x.test", turn({ media: [IMAGE] }), { deadlineMs: 20 });
    expect(await chat.handOver(asked, { ...ports(files), http })).toEqual({ kind: "failed", detail: "timeout while sending" });
  });

  it("the file is given up with the request", async () => {
    const cancelled = Promise.withResolvers<void>();
    const open = () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined), cancel: () => cancelled.resolve() });
    const asked = askOf(`${server.origin}/chat/whole`, turn({ media: [IMAGE] }), { deadlineMs: 300 });
    await chat.handOver(asked, ports({ "image-1": { open } }));
    await cancelled.promise;
  });

  it("a request that was certainly not sent is unreachable, with the reason", async () => {
    const http: Http = { fetch: () => Promise.reject(new NotSent("address refused: loopback")) };
    expect(await through(http)).toEqual({ kind: "unreachable", detail: "address refused: loopback" });
  });
});

it("the registry knows it by name, and that it absorbs no repeats", () => {
  expect(links.chat).toBe(chat);
  expect(chat.absorbsRepeats).toBe(false);
});
