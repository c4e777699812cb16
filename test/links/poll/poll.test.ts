/** The poll link: what it asks of the outbox, and what it makes of one that does not answer. */
import { expect, it } from "vitest";
import { systemClock as clock } from "../../../durable-objects/runtime.ts";
import { utf8 } from "../../../src/core/bytes.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import { type PollHandOver, type PollPorts, poll } from "../../../src/links/poll/index.ts";
import { links } from "../../../src/links/registry.ts";
import type { Offer } from "../../../src/ports/polls.ts";
import { going, keepsTheLinkPromises } from "../../contract/any-link.ts";

const request: PollHandOver = {
  instance: "eu-2",
  account: "telegram:support",
  messageKey: "telegram:support/u1",
  kind: "message",
  body: utf8('{"update_id":1}'),
  contentType: "application/json",
  key: "a2V5",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  deadlineMs: 1000,
};
const http = { fetch: () => Promise.reject(new Error("the poll link sends nothing")) };

keepsTheLinkPromises({
  link: poll,
  body: () => request.body,
  handOver: (way, hurried) => poll.handOver(request, { http, clock: hurried, polls: { offer: going(way) } }),
});

it("offers the message under its own key, and gives the outbox's word on unchanged", async () => {
  const offered: (Offer & { readonly instance: string })[] = [];
  const word: Outcome = { kind: "busy", mayHave: true, detail: "not confirmed yet" };
  const ports: PollPorts = {
    http,
    clock,
    polls: {
      offer: async (instance, offer) => {
        offered.push({ instance, ...offer });
        return word;
      },
    },
  };
  expect(await poll.handOver(request, ports)).toBe(word);
  const { instance, account, kind, body, deadlineMs } = request;
  expect(offered).toEqual([{ instance, account, kind, body, deadlineMs, key: request.messageKey }]);
});

it("the registry knows it by name, and that it absorbs repeats", () => {
  expect(links.poll).toBe(poll);
  expect(poll.absorbsRepeats).toBe(true);
});
