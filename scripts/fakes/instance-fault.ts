/** Ways in which a gateway's Telegram listener, or its polling, can misbehave on demand. Outermost edge only. */
import type { ServerResponse } from "node:http";
import * as z from "zod";
import { sleep } from "./http-service.ts";

/**
 * - refuse: nothing listens
 * - hang: takes the request, stores nothing, never answers
 * - mute: stores the update, never answers
 * - slow: everything as usual, `ms` later
 * - status: answers `status` and stores nothing; `retryAfter` in seconds
 * - reset: breaks the connection, stores nothing
 * - garbage: 200 with a page instead of an acceptance
 * - redirect: 307 to `location`
 * - endless: 200 without the marker and a body that does not end
 * - unmarked: stores the update, answers 200 without the marker
 * - deaf: does not ask for updates; of one that polls, which knows `slow` besides and nothing else
 */
export const FAULTS = ["refuse", "hang", "mute", "slow", "status", "reset", "garbage", "redirect", "endless", "unmarked", "deaf"] as const;

const POLL_FAULTS: readonly string[] = ["deaf", "slow"];

/** The faults that mean something to an instance that polls, or to one that listens. */
export const faultsOf = (polls: boolean): readonly string[] =>
  polls ? POLL_FAULTS : FAULTS.filter((kind) => kind === "slow" || !POLL_FAULTS.includes(kind));

export const faultSchema = z.strictObject({
  kind: z.enum(FAULTS),
  ms: z.int().min(0).default(1_000),
  status: z.int().default(500),
  retryAfter: z.int().optional(),
  location: z.string().default("http://127.0.0.1:9/elsewhere"),
  /** After how many requests it is over; default never. */
  times: z.int().optional(),
});

export type Fault = Readonly<z.infer<typeof faultSchema>>;

const ENDLESS_EVERY_MS = 20;

async function pour(response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/plain" });
  const block = Buffer.alloc(16 * 1024, "claw");
  while (!response.destroyed) {
    response.write(block);
    await sleep(ENDLESS_EVERY_MS);
  }
}

/** Faults that answer (or do not) before anything is stored; false for those that let the request go on. */
export async function misbehave(fault: Fault, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case "slow":
      await sleep(fault.ms);
      return false;
    case "mute":
    case "unmarked":
    case "deaf":
      return false;
    case "hang":
      return true;
    case "refuse":
    case "reset":
      response.req.socket.resetAndDestroy();
      return true;
    case "status":
      response.writeHead(fault.status, fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) }).end();
      return true;
    case "garbage":
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Not a gateway</title>");
      return true;
    case "redirect":
      response.writeHead(307, { location: fault.location }).end();
      return true;
    case "endless":
      await pour(response);
      return true;
  }
}
