/**
 * How a gateway's /v1 is asked by `instance check`: as the edge asks it for a message, with the same credentials. Bodies of answers
 * are judged and never repeated: they can quote anything.
 * @see https://docs.openclaw.ai/gateway/openai-http-api
 */
import type { InstanceConfig } from "../../config/schema.ts";
import { utf8 } from "../../core/bytes.ts";
import { parseJson } from "../../core/json.ts";
import type { Secret } from "../../core/secret.ts";
import { type Exchange, exchange } from "../../links/exchange.ts";
import type { LinkPorts } from "../../links/link.ts";
import { describe, memberOf } from "./gateway.ts";

/** What a gateway said, as far as it is looked at. */
export interface Said {
  /** Undefined: nothing. */
  readonly status: number | undefined;
  /** JSON, or undefined. */
  readonly body: unknown;
  /** In a few words. */
  readonly told: string;
}

export interface Question {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Not given: a GET. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly deadlineMs?: number;
}

export type AskV1 = (question: Question) => Promise<Said>;

/** Lists of models are as long as a gateway has agents, and answers as long as a model likes. */
const MAX_BYTES = 256 * 1024;
const LEAST_DEADLINE_MS = 10_000;

export function asker(instance: InstanceConfig, credentials: Readonly<Record<string, Secret>>, ports: LinkPorts): AskV1 {
  const root = (instance.url ?? "").replace(/\/+$/, "");
  const opened = Object.fromEntries(Object.entries(credentials).map(([name, secret]) => [name, secret.open()]));
  const forwarded = instance.forwardedFor === "none" ? {} : { "x-forwarded-for": instance.forwardedFor };
  const own = { accept: "application/json", ...forwarded, ...opened };
  return async ({ path, headers = {}, body, deadlineMs }) =>
    saidIn(
      await exchange(
        {
          url: `${root}${path}`,
          ...(body === undefined ? { method: "GET" } : { method: "POST", body: utf8(JSON.stringify(body)) }),
          headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...own, ...headers },
          deadlineMs: deadlineMs ?? Math.max(LEAST_DEADLINE_MS, instance.probe.timeoutMs),
          readsBody: () => true,
          maxAnswerBytes: MAX_BYTES,
        },
        ports,
      ),
    );
}

function saidIn(answer: Exchange): Said {
  if (answer.kind !== "answered") return { status: undefined, body: undefined, told: describe(answer) };
  const parsed = parseJson(answer.text);
  return { status: answer.status, body: parsed.ok ? parsed.value : undefined, told: describe(answer) };
}

/** The gateway's own word for an error; undefined when something else answers. */
export function errorTypeOf({ body }: Said): string | undefined {
  const type = memberOf(memberOf(body, "error"), "type");
  return typeof type === "string" ? type : undefined;
}

export function errorMessageOf({ body }: Said): string | undefined {
  const message = memberOf(memberOf(body, "error"), "message");
  return typeof message === "string" ? message : undefined;
}

/** Refused for want of a scope, and by the gateway: a proxy's 403 proves nothing. */
export const lacksScope = (said: Said): boolean =>
  said.status === 403 && memberOf(memberOf(memberOf(said.body, "error"), "details"), "code") === "MISSING_SCOPE";

/** Refused for want of a right that no scope gives: the role does not allow this agent. */
export const isForbidden = (said: Said): boolean => said.status === 403 && errorTypeOf(said) === "forbidden" && !lacksScope(said);

/** The ids of agents in an answer of `/v1/models`; undefined when it is not one. */
export function agentsIn({ status, body }: Said): readonly string[] | undefined {
  const models = memberOf(body, "data");
  if (status !== 200 || !Array.isArray(models)) return undefined;
  const ids = models.map((model) => memberOf(model, "id")).filter((id) => typeof id === "string");
  return ids.flatMap((id) => (id.startsWith("openclaw/") ? [id.slice("openclaw/".length)] : [])).filter((agent) => agent !== "default");
}
