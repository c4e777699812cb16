/** The guard in front of the way out: what it refuses is not sent, what it lets through is unchanged. */
import { expect, it } from "vitest";
import { guardedHttp } from "../../durable-objects/guarded-http.ts";
import { type Http, NotSent } from "../../src/ports/http.ts";

const recording = () => {
  const calls: string[] = [];
  const http: Http = {
    fetch: async (url) => {
      calls.push(url);
      return new Response("ok");
    },
  };
  return { calls, http };
};
const strict = { allowPrivate: false, ownHost: "edge.example.com" };
const manual = { redirect: "manual" } as const;

it("passes an allowed address on", async () => {
  const { calls, http } = recording();
  await guardedHttp(http, strict).fetch("https://gw.example.com/x?y=1", manual);
  expect(calls).toEqual(["https://gw.example.com/x?y=1"]);
});

it.each(["http://gw.example.com/", "https://127.0.0.1/", "https://edge.example.com/", "nonsense"])("sends nothing to %s", async (url) => {
  const { calls, http } = recording();
  await expect(guardedHttp(http, strict).fetch(url, manual)).rejects.toBeInstanceOf(NotSent);
  expect(calls).toEqual([]);
});

it("sends nothing that would follow redirects", async () => {
  const { calls, http } = recording();
  const follow = { redirect: "follow" } as unknown as typeof manual;
  await expect(guardedHttp(http, strict).fetch("https://gw.example.com/", follow)).rejects.toBeInstanceOf(NotSent);
  expect(calls).toEqual([]);
});

it("sends nothing when nobody opens the door", async () => {
  const { calls, http } = recording();
  const closed = () => Promise.reject(new Error("refused"));
  await expect(guardedHttp(http, strict, closed).fetch("https://gw.example.com/", manual)).rejects.toThrow("connection refused");
  expect(calls).toEqual([]);
});
