/**
 * The routes document, as operators write it. This schema is its only description: `docs/routes.schema.json` is generated
 * from it, and every type is inferred from it. Names under `secrets` are Worker variables, never values.
 */
import * as z from "zod/mini";
import { described } from "./described.ts";
import { instanceSchema } from "./instance-schema.ts";
import { intentsSchema, outOfScopeSchema, secondOpinionSchema, shareUpTo } from "./intents-schema.ts";
import { poolSchema } from "./pool-schema.ts";
import { accountId, name, number, region, text, variable } from "./words.ts";

const accountSchema = described(
  z.looseObject({
    pool: described(name, "The pool of every message that no rule sends elsewhere"),
    region: z.optional(region),
    residency: described(
      z.optional(z.enum(["eu", "fedramp", "us"])),
      "Durable Object jurisdiction; part of the identity, so it cannot be changed later",
    ),
    scope: described(
      z._default(z.enum(["chat", "sender", "person"]), "chat"),
      "What a conversation is in direct chats; must match the gateways' session.dmScope",
    ),
    proactive: described(
      z._default(z.enum(["owner", "pool", "deny"]), "owner"),
      "Who may speak first in a conversation without an owner: the instance the strategy would choose, any instance of the account's pools, or nobody",
    ),
    secrets: z.record(z.string(), variable),
  }),
  "One bot or number on one channel. Further fields belong to the channel",
);

const oneOrMore = <Entry extends z.ZodMiniType>(entry: () => Entry) => z.optional(z.union([z.array(entry()), entry()]));
const chatKind = () => z.enum(["direct", "group", "channel"]);

/** All fields given must hold; within one field any entry. */
const conditionSchema = z
  .strictObject({
    account: oneOrMore(() => accountId),
    channel: oneOrMore(z.string),
    chat: oneOrMore(chatKind),
    sender: oneOrMore(z.string),
    language: described(oneOrMore(z.string), "IETF tag; `pt` also matches `pt-br`"),
    keywords: described(
      z.optional(z.array(text(1, 200)).check(z.minLength(1), z.maxLength(500))),
      "Case- and accent-folded; whole words where the script has words",
    ),
    pattern: described(z.optional(text(1, 256)), "RE2 syntax, found anywhere, without case"),
    command: described(oneOrMore(z.string), "Without slash: `start`"),
    intent: described(oneOrMore(z.string), "What the message is about, by the examples under intents"),
    minConfidence: described(z.optional(shareUpTo(1)), "How sure of the intent, in place of the threshold that was learned"),
    complexity: described(z.optional(z.enum(["simple", "complex"])), "Whether the message looks like work"),
  })
  .check(
    z.refine(
      (when) => Object.values(when).some((value) => value !== undefined),
      "a rule without a condition would match everything: use the account's pool",
    ),
  );

const ruleSchema = z.strictObject({
  name: text(1, 100),
  when: conditionSchema,
  pool: name,
  mode: described(
    z._default(z.enum(["override", "tie-break"]), "override"),
    "tie-break: only for a conversation that is in no pool yet; one that has a pool stays there",
  ),
});

const bucket = z.strictObject({
  perMinute: z.number().check(z.positive(), z.maximum(1_000_000)),
  burst: z.int().check(z.positive(), z.maximum(1_000_000)),
});
const limitSchema = z.extend(bucket, { onLimit: z._default(z.enum(["drop", "notify", "defer"]), "drop") });
const quotaSchema = z.record(z.string(), bucket);

const limitsSchema = z.strictObject({
  perSender: z.optional(limitSchema),
  perConversation: z.optional(limitSchema),
  perAccount: described(z._default(quotaSchema, {}), "Account id to quota across its conversations"),
  perPool: described(z._default(quotaSchema, {}), "Pool to quota across its conversations"),
  quotaBackend: described(
    z._default(z.enum(["open", "closed"]), "open"),
    "What a quota backend that is slow or down means: admit, or leave it with its platform (503)",
  ),
  notice: z._default(z.string().check(z.maxLength(500)), "You are sending messages faster than I can read them. Please wait a minute."),
});

const retentionSchema = z.strictObject({
  bodyHours: described(z._default(number(0, 720), 72), "Bodies are purged this long after the message ended"),
  dedupeDays: described(z._default(number(1, 30), 8), "Longer than any platform repeats a delivery"),
  deadDays: z._default(number(1, 365), 30),
});

const accountsSchema = z
  .record(accountId, accountSchema)
  .check(z.refine((accounts) => Object.keys(accounts).length > 0, "at least one account"));

export const routesSchema = z.strictObject({
  $schema: z.optional(z.string()),
  accounts: accountsSchema,
  instances: z.record(name, instanceSchema),
  pools: z.record(name, poolSchema),
  intents: described(z._default(intentsSchema, {}), "Intent to what people say who have it. Rules ask for it"),
  outOfScope: described(z.prefault(outOfScopeSchema, {}), "What people say that is none of the intents"),
  secondOpinion: described(
    z.optional(secondOpinionSchema),
    "Where the model is unsure: the intent of the example that means most the same, by Workers AI",
  ),
  rules: z._default(z.array(ruleSchema).check(z.maxLength(1000)), []),
  identities: described(z._default(z.record(name, z.array(z.string())), {}), "Person to `account/sender` ids, for scope `person`"),
  limits: z.prefault(limitsSchema, {}),
  retention: z.prefault(retentionSchema, {}),
});

export type RoutesDocument = z.infer<typeof routesSchema>;
export type InstanceConfig = RoutesDocument["instances"][string];
export type PoolConfig = RoutesDocument["pools"][string];
export type RuleConfig = RoutesDocument["rules"][number];
export type Condition = RuleConfig["when"];
export type LimitsConfig = RoutesDocument["limits"];
export type FailoverConfig = PoolConfig["failover"];
export type RetentionConfig = RoutesDocument["retention"];
export type BacklogConfig = PoolConfig["backlog"];
export type HandoverConfig = NonNullable<PoolConfig["handover"]>;
