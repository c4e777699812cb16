/**
 * One question to a gateway's admin RPC, asked as whoever the document says may ask it. Its answers are somebody else's data:
 * read up to a cap, judged by the caller, never logged.
 * @see https://docs.openclaw.ai/plugins/admin-http-rpc
 */
import { chatAuthOf } from "../config/ids.ts";
import type { InstanceConfig } from "../config/schema.ts";
import { utf8 } from "../core/bytes.ts";
import { fail, ok, type Result } from "../core/result.ts";
import { type Exchange, exchange } from "../links/exchange.ts";
import type { LinkPorts } from "../links/link.ts";
import type { Secrets } from "../ports/secrets.ts";
import { credentialsOf } from "./link-of.ts";

const RPC_PATH = "/api/v1/admin/rpc";
const LEAST_DEADLINE_MS = 10_000;

export interface AdminCall {
  readonly method: string;
  readonly params: object;
  readonly maxAnswerBytes: number;
}

type Headers = Readonly<Record<string, string>>;

export function askAdminRpc(instance: InstanceConfig, headers: Headers, call: AdminCall, ports: LinkPorts): Promise<Exchange> {
  const { method, params, maxAnswerBytes } = call;
  return exchange(
    {
      url: `${(instance.url ?? "").replace(/\/+$/, "")}${RPC_PATH}`,
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: utf8(JSON.stringify({ method, params })),
      deadlineMs: Math.max(LEAST_DEADLINE_MS, instance.probe.timeoutMs),
      readsBody: () => true,
      maxAnswerBytes,
    },
    ports,
  );
}

/** As the edge asks for turns: what it may see so is enough to read. The problem names what is not set. */
export function readerHeaders(instance: InstanceConfig, secrets: Secrets): Result<Headers, string> {
  const credentials = credentialsOf(instance, secrets);
  if ("kind" in credentials) return fail(credentials.detail);
  const own = Object.entries(credentials.headers).map(([name, secret]) => [name, secret.open()] as const);
  const { forwardedFor } = instance;
  return ok({ ...(forwardedFor === "none" ? {} : { "x-forwarded-for": forwardedFor }), ...Object.fromEntries(own) });
}

/**
 * As somebody who may stop the gateway's work: its token can, a user only with a role that is not narrowed to turns.
 * @see https://docs.openclaw.ai/gateway/trusted-proxy-auth
 */
export function operatorHeaders(instance: InstanceConfig, secrets: Secrets): Result<Headers, string> {
  const headers = readerHeaders(instance, secrets);
  const { adminRpc, chat } = instance;
  if (!headers.ok || chatAuthOf(instance) === "token") return headers;
  const user = typeof adminRpc === "object" ? adminRpc.user : chat.user;
  return ok({ ...headers.value, [chat.userHeader]: user, "x-openclaw-scopes": "operator.admin" });
}
