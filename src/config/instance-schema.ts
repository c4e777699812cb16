/** An instance, as operators write it: one OpenClaw gateway, and the ways to it. */
import * as z from "zod";
import { accountId, region, variable } from "./words.ts";

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

/** Where turns are asked with narrowed rights, a planned drain needs an identity with more. */
const adminRpcSchema = z.strictObject({
  user: z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/)
    .describe("In trusted-proxy mode: who asks, a user whose role may suspend the gateway"),
});

const recoverySchema = z.strictObject({
  rampMs: z
    .int()
    .min(0)
    .max(600_000)
    .default(60_000)
    .describe("How long an instance that is back is spared: from a tenth to all that comes"),
  perSecond: z.number().positive().max(10_000).default(100).describe("Hand-overs a second at the end of that time"),
});

export const instanceSchema = z.strictObject({
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
  adminRpc: z
    .union([z.boolean(), adminRpcSchema])
    .default(false)
    .describe("The gateway's admin-http-rpc plugin is on: `instance check` and planned drains may use it"),
  recovery: recoverySchema.prefault({}),
  probe: z
    .strictObject({ intervalMs: z.int().min(1000).max(300_000).default(10_000), timeoutMs: z.int().min(100).max(30_000).default(3_000) })
    .prefault({}),
});
