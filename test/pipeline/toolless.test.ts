/** A turn that must do without tools never goes where nobody can say that it has none. */
import { expect, it } from "vitest";
import { utf8 } from "../../src/core/bytes.ts";
import { Secret } from "../../src/core/secret.ts";
import { type DeliverPorts, handOver } from "../../src/pipeline/deliver.ts";
import { loadForTest } from "../support/catalogue.ts";
import { validDocument } from "../support/routes-document.ts";

const { routes } = loadForTest(validDocument);

it("is refused by the native link before anything is sent", async () => {
  const calls: string[] = [];
  const ports = {
    http: { fetch: (url: string) => Promise.resolve(calls.push(url)).then(() => new Response()) },
    clock: { nowMs: () => 0, sleep: () => Promise.resolve() },
    secrets: { get: () => new Secret("secret") },
    spanId: "00f067aa0ba902b7",
  } as unknown as DeliverPorts;
  const named = { instance: "eu-1", account: "telegram:support", pool: "support", messageKey: "k", kind: "message", session: "s" };
  const turn = { body: utf8("{}"), contentType: "application/json", deadlineMs: 1000, traceId: "0".repeat(31).concat("1") };
  const request = { ...named, ...turn, chat: { id: "7", kind: "direct" } } as const;
  expect(await handOver(routes, { ...request, isToolless: true }, ports)).toMatchObject({ kind: "refused" });
  expect(calls).toEqual([]);
  await handOver(routes, request, ports);
  expect(calls).toHaveLength(1);
});
