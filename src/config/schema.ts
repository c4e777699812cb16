/**
 * The routes document, as operators write it. This schema is its only description: `docs/routes.schema.json` is generated
 * from it, and every type is inferred from it. Names under `secrets` are Worker variables, never values.
 */
import * as z from "zod";
import { instanceSchema } from "./instance-schema.ts";
import { poolSchema } from "./pool-schema.ts";
import { accountId, name, region, variable } from "./words.ts";

const accountSchema = z
  .looseObject({
    pool: name.describe("The pool of every message that no rule sends elsewhere"),
    region: region.optional(),
    residency: z
      .enum(["eu", "fedramp", "us"])
      .optional()
      .describe("Durable Object jurisdiction; part of the identity, so it cannot be changed later"),
    scope: z
      .enum(["chat", "sender", "person"])
      .default("chat")
      .describe("What a conversation is in direct chats; must match the gateways' session.dmScope"),
    proactive: z
      .enum(["owner", "pool", "deny"])
      .default("owner")
      .describe(
        "Who may speak first in a conversation without an owner: the instance the strategy would choose, any instance of the account's pools, or nobody",
      ),
    secrets: z.record(z.string(), variable),
  })
  .describe("One bot or number on one channel. Further fields belong to the channel");

const words = z.array(z.string().min(1).max(200)).min(1).max(500);

/** All fields given must hold; within one field any entry. */
const conditionSchema = z
  .strictObject({
    account: z.array(accountId).or(accountId).optional(),
    channel: z.array(z.string()).or(z.string()).optional(),
    chat: z
      .array(z.enum(["direct", "group", "channel"]))
      .or(z.enum(["direct", "group", "channel"]))
      .optional(),
    sender: z.array(z.string()).or(z.string()).optional(),
    language: z.array(z.string()).or(z.string()).optional().describe("IETF tag; `pt` also matches `pt-br`"),
    keywords: words.optional().describe("Case- and accent-folded; whole words where the script has words"),
    pattern: z.string().min(1).max(256).optional().describe("RE2 syntax, found anywhere, without case"),
    command: z.array(z.string()).or(z.string()).optional().describe("Without slash: `start`"),
  })
  .refine(
    (when) => Object.values(when).some((value) => value !== undefined),
    "a rule without a condition would match everything: use the account's pool",
  );

const ruleSchema = z.strictObject({ name: z.string().min(1).max(100), when: conditionSchema, pool: name });

const bucket = z.strictObject({ perMinute: z.number().positive().max(1_000_000), burst: z.int().positive().max(1_000_000) });
const limitSchema = bucket.extend({ onLimit: z.enum(["drop", "notify", "defer"]).default("drop") });
const quotaSchema = z.record(z.string(), bucket);

const limitsSchema = z.strictObject({
  perSender: limitSchema.optional(),
  perConversation: limitSchema.optional(),
  perAccount: quotaSchema.default({}).describe("Account id to quota across its conversations"),
  perPool: quotaSchema.default({}).describe("Pool to quota across its conversations"),
  quotaBackend: z
    .enum(["open", "closed"])
    .default("open")
    .describe("What a quota backend that is slow or down means: admit, or leave it with its platform (503)"),
  notice: z.string().max(500).default("You are sending messages faster than I can read them. Please wait a minute."),
});

const retentionSchema = z.strictObject({
  bodyHours: z.number().min(0).max(720).default(72).describe("Bodies are purged this long after the message ended"),
  dedupeDays: z.number().min(1).max(30).default(8).describe("Longer than any platform repeats a delivery"),
  deadDays: z.number().min(1).max(365).default(30),
});

export const routesSchema = z.strictObject({
  $schema: z.string().optional(),
  accounts: z.record(accountId, accountSchema).refine((accounts) => Object.keys(accounts).length > 0, "at least one account"),
  instances: z.record(name, instanceSchema),
  pools: z.record(name, poolSchema),
  rules: z.array(ruleSchema).max(1000).default([]),
  identities: z.record(name, z.array(z.string())).default({}).describe("Person to `account/sender` ids, for scope `person`"),
  limits: limitsSchema.prefault({}),
  retention: retentionSchema.prefault({}),
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
