/** A pool, as operators write it: who serves it, how one is chosen, and what happens when one is gone. */
import * as z from "zod/mini";
import { described } from "./described.ts";
import { int, matching, name, number, text, variable } from "./words.ts";

const DAY_MS = 86_400_000;

const failoverSchema = z.strictObject({
  policy: z._default(z.enum(["hold", "hold-then-move", "move"]), "hold-then-move"),
  holdMs: z._default(int(0, DAY_MS), 30_000),
  ambiguous: described(
    z._default(z.enum(["park", "resend"]), "park"),
    "When nobody can say whether the instance has the message: dead letter, or send it again and count it. By native and poll once a hold ends; by chat at once, for /v1 knows no repeats",
  ),
  maxAttempts: described(z._default(int(1, 100), 12), "Attempts that reached an instance before a message is a dead letter"),
  poisonMs: described(z._default(int(1000, DAY_MS), 900_000), "How long one message may block its conversation with failing attempts"),
  attemptMs: described(
    z.optional(int(100, 600_000)),
    "Deadline of one hand-over. Not given: 10 s by the native link, 30 s by poll, 120 s by chat",
  ),
  maxFails: described(z._default(int(1, 100), 3), "Failures within failTimeoutMs that eject an instance"),
  failTimeoutMs: described(z._default(int(1000, 600_000), 10_000), "The window of maxFails, and how long an ejection lasts at first"),
  panicPercent: described(
    z._default(int(0, 100), 0),
    "With less than this share of its instances healthy, or none, a pool uses those too that only probes call down: a bad probe must not empty it",
  ),
  returnAfterMs: described(
    z.optional(int(1000, 30 * DAY_MS)),
    "A conversation that a standby serves goes back to a primary after so much silence. Not given: it stays where it is",
  ),
});

/** What becomes of messages that waited out an outage. */
const backlogSchema = z.strictObject({
  policy: described(
    z._default(z.enum(["flush", "collapse"]), "flush"),
    "flush: all are handed over, in order. collapse: of each conversation the newest; the others end as expired",
  ),
  keep: described(z._default(int(1, 1000), 1), "How many of the newest collapse keeps"),
  afterMs: described(z._default(int(0, DAY_MS), 60_000), "How long a conversation must have waited for collapse to begin"),
  maxAgeMs: described(
    z.optional(int(1000, 7 * DAY_MS)),
    "Age fence: what waited longer, and no instance may have, is not handed over any more and ends as expired",
  ),
});

/** What a new owner is told of a conversation that moved to it. */
const handoverSchema = z.strictObject({
  key: described(variable, "32 random bytes in base64, as from `openssl rand -base64 32`: what is remembered is encrypted with it"),
  messages: described(z._default(int(1, 50), 20), "How many of the last messages, of both sides"),
  keepHours: described(z._default(number(0.1, 720), 24), "How long they are remembered"),
  deadlineMs: described(z._default(int(1000, 120_000), 30_000), "How long the first message waits for the new owner to have read them"),
});

const noticesSchema = z.strictObject({
  held: described(z.optional(text(1, 1000)), "What a person is told, once, when their message has to wait for an instance"),
  moved: described(z.optional(text(1, 1000)), "What a person is told when their conversation moved, and with it lost its history"),
  unanswered: described(z.optional(text(1, 1000)), "What a person is told, once, when no answer to a message will come"),
});

const agentId = matching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "an agent's id");

const tierSchema = z.union([
  agentId,
  z.strictObject({
    agent: z.optional(agentId),
    model: described(
      z.optional(matching(/^[\w.:/@+-]{1,200}$/, "a model, as in openai/gpt-5.5")),
      "In place of the agent's own model. Only with acceptsOperatorAuthority, and where the edge has operator.admin",
    ),
  }),
]);

/** Which agent is asked, by how much a message asks for. */
const tiersSchema = z.strictObject({ simple: z.optional(tierSchema), complex: z.optional(tierSchema) });

const similarSchema = z.strictObject({
  falseHits: described(
    z._default(number(0.005, 0.2), 0.01),
    "How many of all questions may be taken for another one, as a share: how like they must be is measured on the document's examples",
  ),
});

const answerCacheSchema = z.strictObject({
  maxAgeMs: described(z._default(int(1000, 7 * DAY_MS), 3_600_000), "How long an answer is given again"),
  maxEntries: described(z._default(int(64, 100_000), 1000), "How many answers of the pool are kept; the oldest go first"),
  version: described(z.optional(text(1, 64)), "Another one forgets what is kept: after a change of what the agent knows"),
  similar: described(z.optional(similarSchema), "Also what means the same in other words, by Workers AI"),
});

export const poolSchema = z.strictObject({
  instances: z.array(name).check(z.minLength(1)),
  strategy: z._default(z.union([z.string(), z.looseObject({ name: z.string() })]), "rendezvous"),
  failover: z.prefault(failoverSchema, {}),
  backlog: z.prefault(backlogSchema, {}),
  handover: described(
    z.optional(handoverSchema),
    "What a new owner is told of a conversation that moved to it. Only where agents are asked over /v1, and have no tools",
  ),
  channels: described(z.optional(z.array(z.string())), "The only channels whose messages may enter this pool"),
  agent: described(z.optional(agentId), "The agent the chat link asks: one without exec, file and gateway tools"),
  tiers: described(
    z.optional(tiersSchema),
    "By the chat link: the agent for simple messages and the one for complex ones, where they are not the pool's. A conversation that became complex stays so until it was silent for a day",
  ),
  answerCache: described(
    z.optional(answerCacheSchema),
    "By the chat link: the answer to a conversation's first message is given to whoever begins with the same words. Only for agents that answer everybody alike",
  ),
  acceptsOperatorAuthority: described(
    z._default(z.boolean(), false),
    "This pool may hand what anybody writes to an agent that acts as the gateway's owner",
  ),
  notices: z.prefault(noticesSchema, {}),
  concurrency: described(z.optional(z.int().check(z.positive(), z.maximum(10_000))), "Hand-overs of this pool in flight at once"),
});
