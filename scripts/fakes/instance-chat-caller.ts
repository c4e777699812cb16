/** Who may ask the stand-in gateway's `/v1`, and with how much authority: an owner's token, or a trusted proxy that names a user and narrows scopes. Outermost edge only. @see https://docs.openclaw.ai/gateway/trusted-proxy-auth */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import * as z from "zod";
import { attributionRequired, missingScope, type Refusal, unauthorized } from "./instance-chat-refusal.ts";

const agents = z.array(z.string()).min(1).readonly().default(["main"]);

/** The first agent is the default one. */
export const chatOptionsSchema = z.discriminatedUnion("mode", [
  z.strictObject({
    mode: z.literal("token"),
    token: z.string(),
    /** Whether the caller's address is in `gateway.trustedProxies`. */
    trustsProxy: z.boolean().default(false),
    agents,
  }),
  z.strictObject({
    mode: z.literal("trusted-proxy"),
    userHeader: z.string().toLowerCase(),
    /** Without it, any user. */
    allowUsers: z.array(z.string()).readonly().exactOptional(),
    agents,
  }),
]);

export type ChatOptions = Readonly<z.input<typeof chatOptionsSchema>>;
export type ChatSettings = Readonly<z.output<typeof chatOptionsSchema>>;

export interface Caller {
  /** The proxy's word for who asks; "owner" by token. */
  readonly user: string;
  readonly scopes: readonly string[];
}

const ADMIN = "operator.admin";
const ALL_SCOPES = [ADMIN, "operator.approvals", "operator.pairing", "operator.read", "operator.talk.secrets", "operator.write"];
const FORWARDING = /^(?:x-forwarded-.*|forwarded|x-real-ip)$/;
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

export const headerOf = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
};

/** Headers that speak of a proxy count only from one that is trusted, and then they have to name a client beyond it. */
function isAttributed(headers: IncomingHttpHeaders, trustsProxy: boolean): boolean {
  if (!Object.keys(headers).some((name) => FORWARDING.test(name))) return true;
  const hops = (headerOf(headers, "x-forwarded-for") ?? "").split(",").map((hop) => hop.trim());
  return trustsProxy && hops.some((hop) => hop !== "" && !LOOPBACK.test(hop));
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

function callerOf(headers: IncomingHttpHeaders, settings: ChatSettings): Caller | undefined {
  if (settings.mode === "token") {
    const given = headerOf(headers, "authorization") ?? "";
    return timingSafeEqual(sha256(given), sha256(`Bearer ${settings.token}`)) ? { user: "owner", scopes: ALL_SCOPES } : undefined;
  }
  const user = headerOf(headers, settings.userHeader);
  if (user === undefined || settings.allowUsers?.includes(user) === false) return undefined;
  const narrowed = headers["x-openclaw-scopes"];
  return { user, scopes: narrowed === undefined ? ALL_SCOPES : `${narrowed}`.split(/[\s,]+/).filter((scope) => scope !== "") };
}

export const isAdmin = ({ scopes }: Caller): boolean => scopes.includes(ADMIN);

/** Whoever may write may read. */
export function admit(headers: IncomingHttpHeaders, settings: ChatSettings, needs: "read" | "write"): Caller | Refusal {
  if (!isAttributed(headers, settings.mode === "trusted-proxy" || settings.trustsProxy)) return attributionRequired;
  const caller = callerOf(headers, settings);
  if (caller === undefined) return unauthorized;
  const suffices = needs === "read" ? ["operator.read", "operator.write", ADMIN] : ["operator.write", ADMIN];
  return suffices.some((scope) => caller.scopes.includes(scope)) ? caller : missingScope(`operator.${needs}`);
}
