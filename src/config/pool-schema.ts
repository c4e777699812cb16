/** A pool, as operators write it: who serves it, how one is chosen, and what happens when one is gone. */
import * as z from "zod";
import { name, variable } from "./words.ts";

const failoverSchema = z.strictObject({
  policy: z.enum(["hold", "hold-then-move", "move"]).default("hold-then-move"),
  holdMs: z.int().min(0).max(86_400_000).default(30_000),
  ambiguous: z
    .enum(["park", "resend"])
    .default("park")
    .describe(
      "When nobody can say whether the instance has the message: dead letter, or send it again and count it. By native and poll once a hold ends; by chat at once, for /v1 knows no repeats",
    ),
  maxAttempts: z.int().min(1).max(100).default(12).describe("Attempts that reached an instance before a message is a dead letter"),
  poisonMs: z
    .int()
    .min(1000)
    .max(86_400_000)
    .default(900_000)
    .describe("How long one message may block its conversation with failing attempts"),
  attemptMs: z
    .int()
    .min(100)
    .max(600_000)
    .optional()
    .describe("Deadline of one hand-over. Not given: 10 s by the native link, 30 s by poll, 120 s by chat"),
  maxFails: z.int().min(1).max(100).default(3).describe("Failures within failTimeoutMs that eject an instance"),
  failTimeoutMs: z.int().min(1000).max(600_000).default(10_000).describe("The window of maxFails, and how long an ejection lasts at first"),
  panicPercent: z
    .int()
    .min(0)
    .max(100)
    .default(0)
    .describe(
      "With less than this share of its instances healthy, or none, a pool uses those too that only probes call down: a bad probe must not empty it",
    ),
  returnAfterMs: z
    .int()
    .min(1000)
    .max(30 * 86_400_000)
    .optional()
    .describe("A conversation that a standby serves goes back to a primary after so much silence. Not given: it stays where it is"),
});

/** What becomes of messages that waited out an outage. */
const backlogSchema = z.strictObject({
  policy: z
    .enum(["flush", "collapse"])
    .default("flush")
    .describe("flush: all are handed over, in order. collapse: of each conversation the newest; the others end as expired"),
  keep: z.int().min(1).max(1000).default(1).describe("How many of the newest collapse keeps"),
  afterMs: z.int().min(0).max(86_400_000).default(60_000).describe("How long a conversation must have waited for collapse to begin"),
  maxAgeMs: z
    .int()
    .min(1000)
    .max(7 * 86_400_000)
    .optional()
    .describe("Age fence: what waited longer, and no instance may have, is not handed over any more and ends as expired"),
});

/** What a new owner is told of a conversation that moved to it. */
const handoverSchema = z.strictObject({
  key: variable.describe("32 random bytes in base64, as from `openssl rand -base64 32`: what is remembered is encrypted with it"),
  messages: z.int().min(1).max(50).default(20).describe("How many of the last messages, of both sides"),
  keepHours: z.number().min(0.1).max(720).default(24).describe("How long they are remembered"),
  deadlineMs: z
    .int()
    .min(1000)
    .max(120_000)
    .default(30_000)
    .describe("How long the first message waits for the new owner to have read them"),
});

export const poolSchema = z.strictObject({
  instances: z.array(name).min(1),
  strategy: z.union([z.string(), z.looseObject({ name: z.string() })]).default("rendezvous"),
  failover: failoverSchema.prefault({}),
  backlog: backlogSchema.prefault({}),
  handover: handoverSchema
    .optional()
    .describe("What a new owner is told of a conversation that moved to it. Only where agents are asked over /v1, and have no tools"),
  channels: z.array(z.string()).optional().describe("The only channels whose messages may enter this pool"),
  agent: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "an agent's id")
    .optional()
    .describe("The agent the chat link asks: one without exec, file and gateway tools"),
  acceptsOperatorAuthority: z
    .boolean()
    .default(false)
    .describe("This pool may hand what anybody writes to an agent that acts as the gateway's owner"),
  notices: z
    .strictObject({
      held: z.string().min(1).max(1000).optional().describe("What a person is told, once, when their message has to wait for an instance"),
      moved: z
        .string()
        .min(1)
        .max(1000)
        .optional()
        .describe("What a person is told when their conversation moved, and with it lost its history"),
      unanswered: z.string().min(1).max(1000).optional().describe("What a person is told, once, when no answer to a message will come"),
    })
    .prefault({}),
  concurrency: z.int().positive().max(10_000).optional().describe("Hand-overs of this pool in flight at once"),
});
