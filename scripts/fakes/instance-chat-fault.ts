/** Ways in which a gateway's `/v1` can misbehave, on demand: those of its listener that make sense here, and those of a model and its stream. Outermost edge only. */
import type { ServerResponse } from "node:http";
import * as z from "zod";
import { apiError, rateLimited, refuse, unavailable } from "./instance-chat-refusal.ts";
import { faultSchema, misbehave } from "./instance-fault.ts";

/** As at the listener: nothing is run. */
const SHARED = ["hang", "slow", "status", "reset", "garbage", "redirect", "endless"] as const;

/**
 * - unavailable: 503 `gateway_unavailable`, as while restarting
 * - limited: 429 with `retryAfter`
 * - early: a model's failure before the stream began, with `status`
 */
const BEFORE = ["unavailable", "limited", "early"] as const;

/**
 * - late: an error inside the stream, after half of the answer
 * - cut: the connection breaks after half of it
 * - unfinished: the stream ends in order after half of it, without a reason and an end mark
 * - empty: success without a word
 * - speechless: what a gateway says when its model said nothing
 * - length: half of it, and the reason that it was too long
 * - stuck: the stream begins, and then nothing
 * - drip: a word every `ms`, without end
 * - flood: `bytes` of words
 */
const DURING = ["late", "cut", "unfinished", "empty", "speechless", "length", "stuck", "drip", "flood"] as const;

export const CHAT_FAULTS = [...SHARED, ...BEFORE, ...DURING] as const;

export const chatFaultSchema = faultSchema.extend({
  kind: z.enum(CHAT_FAULTS),
  status: z.int().default(502),
  bytes: z
    .int()
    .min(0)
    .default(100 * 1024 * 1024),
});

export type ChatFault = Readonly<z.infer<typeof chatFaultSchema>>;

const isShared = (kind: ChatFault["kind"]): kind is (typeof SHARED)[number] => SHARED.some((each) => each === kind);

/** Faults that answer (or do not) before anything is run; false for those that let the request go on. */
export async function misbehaveBefore(fault: ChatFault, response: ServerResponse): Promise<boolean> {
  const { kind } = fault;
  if (isShared(kind)) return misbehave({ ...fault, kind }, response);
  if (kind === "unavailable") refuse(response, unavailable);
  else if (kind === "limited") refuse(response, rateLimited(fault.retryAfter ?? 1));
  else if (kind === "early") refuse(response, apiError(fault.status));
  else return false;
  return true;
}
