/**
 * The routes document, as operators write it. This schema is its only description: `docs/routes.schema.json` is generated
 * from it, and every type is inferred from it. Names under `secrets` are Worker variables, never values.
 */
import * as z from "zod";

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "lower-case letters, digits and dashes, 63 at most");
const accountId = z.string().regex(/^[a-z][a-z0-9]{0,30}:[a-z0-9][a-z0-9-]{0,62}$/, "channel:name, as in telegram:support");
const variable = z.string().regex(/^[A-Z][A-Z0-9_]{0,62}$/, "the name of a Worker variable, as in TG_TOKEN");

/** Where a Durable Object is first placed. @see https://developers.cloudflare.com/durable-objects/reference/data-location/ */
export const REGIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "apac-ne", "apac-se", "oc", "afr", "me"] as const;
const region = z.enum(REGIONS).describe("Cloudflare location hint nearest to the thing");

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

const nativeSchema = z.strictObject({
  url: z.url().describe("The instance's own webhook listener for this account"),
  secret: variable.describe("The secret this listener expects"),
});

/**
 * Names of HTTP headers an operator may set: those that decide about the message itself are not among them, nor those that gateways take
 * tokens from. A token goes where it is judged as one: under secrets.gateway.
 */
const headerName = z
  .string()
  .regex(
    /^(?!(?:host|content-|transfer-|connection|x-forwarded-(?:for|host|proto|port)|forwarded|x-real-ip|x-openclaw-|authorization|proxy-|cookie|set-cookie))[a-z0-9-]{1,64}$/,
    "a header's name in lower case, and not one the edge sets itself or that carries credentials: a gateway's token is named under secrets.gateway",
  );

const chatSchema = z.strictObject({
  auth: z
    .enum(["trusted-proxy", "token"])
    .optional()
    .describe(
      "The gateway's gateway.auth.mode. Not given: token where secrets.gateway is, else trusted-proxy. A token gives every turn the operator's own authority",
    ),
  userHeader: headerName.default("x-clawedge-user").describe("The gateway's trustedProxy.userHeader"),
  user: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/)
    .default("clawedge")
    .describe("Who the edge says it is"),
  scopes: z
    .array(z.string().regex(/^operator\.[a-z.]{1,40}$/))
    .min(1)
    .default(["operator.write"])
    .describe("What the edge narrows its calls to"),
  headers: z.record(headerName, variable).default({}).describe("More headers the way there asks for, and the variables that hold them"),
});

const instanceSchema = z.strictObject({
  url: z.url().optional().describe("The gateway port: probes, /v1, admin RPC. Not needed by an instance that only polls"),
  region: region.optional(),
  weight: z.number().positive().max(1000).default(1),
  role: z.enum(["primary", "standby"]).default("primary"),
  secrets: z.strictObject({ gateway: variable.optional() }).default({}),
  native: z.record(accountId, nativeSchema).default({}).describe("Accounts this instance takes by their native webhook"),
  poll: z.array(accountId).default([]).describe("Accounts whose updates this instance asks for itself, through its egress address"),
  chat: chatSchema.prefault({}).describe("How the edge asks this instance's agents over /v1, for channels OpenClaw does not speak"),
  forwardedFor: z
    .union([z.literal("none"), z.ipv4(), z.ipv6()])
    .default("none")
    .describe("none, or the one address sent as X-Forwarded-For"),
  adminRpc: z.boolean().default(false).describe("The gateway's admin-http-rpc plugin is on: `instance check` may use it"),
  probe: z
    .strictObject({ intervalMs: z.int().min(1000).max(300_000).default(10_000), timeoutMs: z.int().min(100).max(30_000).default(3_000) })
    .prefault({}),
});

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
});

const poolSchema = z.strictObject({
  instances: z.array(name).min(1),
  strategy: z.union([z.string(), z.looseObject({ name: z.string() })]).default("rendezvous"),
  failover: failoverSchema.prefault({}),
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
      unanswered: z.string().min(1).max(1000).optional().describe("What a person is told, once, when no answer to a message will come"),
    })
    .prefault({}),
  concurrency: z.int().positive().max(10_000).optional().describe("Hand-overs of this pool in flight at once"),
});

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
