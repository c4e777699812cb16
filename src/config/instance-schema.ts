/** An instance, as operators write it: one OpenClaw gateway, and the ways to it. */
import * as z from "zod/mini";
import { described } from "./described.ts";
import { accountId, int, matching, region, variable } from "./words.ts";

const nativeSchema = z.strictObject({
  url: described(z.url(), "The instance's own webhook listener for this account"),
  secret: described(variable, "The secret this listener expects"),
});

/**
 * Names of HTTP headers an operator may set: those that decide about the message itself are not among them, nor those that gateways take
 * tokens from. A token goes where it is judged as one: under secrets.gateway.
 */
const headerName = matching(
  /^(?!(?:host|content-|transfer-|connection|x-forwarded-(?:for|host|proto|port)|forwarded|x-real-ip|x-openclaw-|authorization|proxy-|cookie|set-cookie))[a-z0-9-]{1,64}$/,
  "a header's name in lower case, and not one the edge sets itself or that carries credentials: a gateway's token is named under secrets.gateway",
);

const chatSchema = z.strictObject({
  auth: described(
    z.optional(z.enum(["trusted-proxy", "token"])),
    "The gateway's gateway.auth.mode. Not given: token where secrets.gateway is, else trusted-proxy. A token gives every turn the operator's own authority",
  ),
  userHeader: described(z._default(headerName, "x-clawedge-user"), "The gateway's trustedProxy.userHeader"),
  user: described(z._default(matching(/^[\x21-\x7e]{1,128}$/), "clawedge"), "Who the edge says it is"),
  scopes: described(
    z._default(z.array(matching(/^operator\.[a-z.]{1,40}$/)).check(z.minLength(1)), ["operator.write"]),
    "What the edge narrows its calls to",
  ),
  headers: described(
    z._default(z.record(headerName, variable), {}),
    "More headers the way there asks for, and the variables that hold them",
  ),
});

/** Where turns are asked with narrowed rights, a planned drain needs an identity with more. */
const adminRpcSchema = z.strictObject({
  user: described(matching(/^[\x21-\x7e]{1,128}$/), "In trusted-proxy mode: who asks, a user whose role may suspend the gateway"),
});

const recoverySchema = z.strictObject({
  rampMs: described(z._default(int(0, 600_000), 60_000), "How long an instance that is back is spared: from a tenth to all that comes"),
  perSecond: described(z._default(z.number().check(z.positive(), z.maximum(10_000)), 200), "Hand-overs a second at the end of that time"),
});

const probeSchema = z.strictObject({
  intervalMs: z._default(int(1000, 300_000), 10_000),
  timeoutMs: z._default(int(100, 30_000), 3_000),
});

export const instanceSchema = z.strictObject({
  url: described(z.optional(z.url()), "The gateway port: probes, /v1, admin RPC. Not needed by an instance that only polls"),
  region: z.optional(region),
  weight: z._default(z.number().check(z.positive(), z.maximum(1000)), 1),
  role: z._default(z.enum(["primary", "standby"]), "primary"),
  secrets: z._default(z.strictObject({ gateway: z.optional(variable) }), {}),
  native: described(z._default(z.record(accountId, nativeSchema), {}), "Accounts this instance takes by their native webhook"),
  poll: described(z._default(z.array(accountId), []), "Accounts whose updates this instance asks for itself, through its egress address"),
  chat: described(z.prefault(chatSchema, {}), "How the edge asks this instance's agents over /v1, for channels OpenClaw does not speak"),
  forwardedFor: described(
    z._default(z.union([z.literal("none"), z.ipv4(), z.ipv6()]), "none"),
    "none, or the one address sent as X-Forwarded-For",
  ),
  adminRpc: described(
    z._default(z.union([z.boolean(), adminRpcSchema]), false),
    "The gateway's admin-http-rpc plugin is on: `instance check` and planned drains may use it",
  ),
  recovery: z.prefault(recoverySchema, {}),
  probe: z.prefault(probeSchema, {}),
});
