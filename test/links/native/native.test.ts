/** The native link over Node's fetch: the bytes and headers an instance sees, and what it does when the way out misbehaves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../../durable-objects/runtime.ts";
import { native } from "../../../src/links/native/index.ts";
import { links } from "../../../src/links/registry.ts";
import { retryAfterMs } from "../../../src/links/retry-after.ts";
import { type Http, NotSent } from "../../../src/ports/http.ts";
import { going, keepsTheLinkPromises } from "../../contract/any-link.ts";
import { handOverTo, readsEveryAnswer } from "../../contract/link.ts";
import { type AnsweringServer, startAnsweringServer } from "../../fixtures/answering-server.ts";
import { nodeHttp } from "../../support/node-http.ts";

const ports = { http: nodeHttp, clock };

let server: AnsweringServer;
beforeAll(async () => {
  server = await startAnsweringServer();
});
afterAll(() => server.stop());

const sample = handOverTo("http://x.test/");
keepsTheLinkPromises({
  link: native,
  body: () => sample.body,
  handOver: (way, hurried) => native.handOver(sample, { http: { fetch: going(way) }, clock: hurried }),
});

readsEveryAnswer({ link: native, ports, server: () => server });

const headersSeen = (): Map<string, string[]> => {
  const flat = server.seen.at(-1)?.headers ?? [];
  const headers = new Map<string, string[]>();
  for (let index = 0; index < flat.length; index += 2) {
    const name = flat[index]!.toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), flat[index + 1]!]);
  }
  return headers;
};

describe("what the instance sees", () => {
  it("is the same bytes, the channel's secret header, the trace and the key", async () => {
    const body = Uint8Array.from({ length: 256 }, (_, index) => index);
    await native.handOver(handOverTo(`${server.origin}/durable`, { body, contentType: "application/json; charset=utf-8" }), ports);
    const headers = headersSeen();
    expect([...server.seen.at(-1)!.body]).toEqual([...body]);
    expect(server.seen.at(-1)!.method).toBe("POST");
    expect(headers.get("content-type")).toEqual(["application/json; charset=utf-8"]);
    expect(headers.get("x-telegram-bot-api-secret-token")).toEqual(["listener-secret"]);
    expect(headers.get("traceparent")).toEqual(["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]);
    expect(headers.get("x-clawedge-delivery")).toEqual(["dGVsZWdyYW06c3VwcG9ydC8x"]);
  });

  it("has no forwarding header by default", async () => {
    await native.handOver(handOverTo(`${server.origin}/durable`), ports);
    const names = [...headersSeen().keys()];
    expect(names.filter((name) => name.startsWith("x-forwarded") || name === "forwarded" || name === "x-real-ip")).toEqual([]);
  });

  it("has exactly one forwarding header when one is configured", async () => {
    await native.handOver(handOverTo(`${server.origin}/durable`, { forwardedFor: "192.0.2.7" }), ports);
    expect(headersSeen().get("x-forwarded-for")).toEqual(["192.0.2.7"]);
  });

  it("a redirect reaches nobody else", async () => {
    const before = server.seen.length;
    await native.handOver(handOverTo(`${server.origin}/redirect`), ports);
    expect(server.seen.slice(before).map((seen) => seen.path)).toEqual(["/redirect"]);
  });
});

describe("when the way out misbehaves", () => {
  const never: Http = { fetch: () => new Promise(() => undefined) };

  it("a fetch that ignores its signal still ends at the deadline, as unknown", async () => {
    expect(await native.handOver(handOverTo("http://x.test/", { deadlineMs: 20 }), { http: never, clock })).toMatchObject({
      kind: "unknown",
      detail: "timeout",
    });
  });

  it("a 503 whose body does not end is judged by its head after a second, not at the deadline", async () => {
    const startedAtMs = performance.now();
    const outcome = await native.handOver(handOverTo(`${server.origin}/503-stalled`, { deadlineMs: 60_000 }), ports);
    expect(outcome).toMatchObject({ kind: "failed", status: 503 });
    expect(performance.now() - startedAtMs).toBeLessThan(30_000);
  });

  it("a request that was certainly not sent is unreachable, with the reason", async () => {
    const http: Http = { fetch: () => Promise.reject(new NotSent("address refused: loopback")) };
    expect(await native.handOver(handOverTo("http://x.test/"), { http, clock })).toEqual({
      kind: "unreachable",
      detail: "address refused: loopback",
    });
  });

  it("every call is made with redirect: manual and a signal", async () => {
    const inits: RequestInit[] = [];
    const http: Http = {
      fetch: async (_, init) => {
        inits.push(init);
        return new Response();
      },
    };
    await native.handOver(handOverTo("http://x.test/"), { http, clock });
    expect(inits.map((init) => [init.redirect, init.signal instanceof AbortSignal])).toEqual([["manual", true]]);
  });
});

it.each<[string, number | undefined]>([
  ["0", 0],
  ["120", 120_000],
  ["999999999999", 3_600_000],
  ["-1", undefined],
  ["1e3", undefined],
  ["1.5", undefined],
  ["", undefined],
  ["soon", undefined],
  ["Thu, 01 Jan 1970 00:00:10 GMT", 9000],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
])("Retry-After %j is %s ms", (text, expected) => {
  expect(retryAfterMs(new Headers({ "retry-after": text }), 1000)).toBe(expected);
});

it("the registry knows it by name", () => {
  expect(links.native).toBe(native);
});
