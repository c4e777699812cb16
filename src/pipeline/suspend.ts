/**
 * A gateway's own pause before a planned restart: it lets nothing new begin and tells when nothing runs any more. Its lease is
 * renewed by asking again, ends with the process, and by itself after two minutes. What is asked here never cuts a turn that runs.
 * @see https://docs.openclaw.ai/gateway/external-apps
 */
import * as z from "zod/mini";
import type { InstanceConfig } from "../config/schema.ts";
import { parseJson } from "../core/json.ts";
import { lenient } from "../core/lenient.ts";
import { fail, ok, type Result } from "../core/result.ts";
import type { Exchange } from "../links/exchange.ts";
import type { LinkPorts } from "../links/link.ts";
import type { Secrets } from "../ports/secrets.ts";
import { askAdminRpc, operatorHeaders } from "./admin-rpc.ts";

export interface SuspendPorts extends LinkPorts {
  readonly secrets: Secrets;
}

const refusals = ["busy", "unsupported", "forbidden", "unreachable"] as const;

/** Why not, in a word for programs, and in a few for people. */
export interface Refusal {
  readonly status: (typeof refusals)[number];
  readonly detail: string;
  readonly retryAfterMs?: number | undefined;
}

const count = z.catch(z.int().check(z.nonnegative()), 0);
const optionalCount = lenient(z.int().check(z.nonnegative()));

const preparedSchema = z.object({
  status: z.enum(["ready", "draining", "busy"]),
  suspensionId: z.optional(z.string().check(z.maxLength(128))),
  /** By the gateway's clock. */
  expiresAtMs: optionalCount,
  retryAfterMs: optionalCount,
  activeCount: count,
  blockers: z.catch(z.array(z.object({ kind: z.catch(z.string().check(z.maxLength(64)), "?"), count })).check(z.maxLength(100)), []),
});

const answerSchema = z.object({
  payload: z.optional(z.unknown()),
  error: z.optional(z.object({ code: lenient(z.string().check(z.maxLength(64))), retryAfterMs: optionalCount })),
});

export type Suspension = z.infer<typeof preparedSchema> | Refusal;
export type Resumption = { readonly status: "running"; readonly resumed: boolean } | Refusal;

/** Always the same: whoever asks again renews, and an edge that forgot its lease finds it. */
const REQUEST_ID = "clawedge";
const MAX_ANSWER_BYTES = 64 * 1024;

/** Begins the pause, or renews it; asked again it tells how far the gateway is. */
export async function suspend(instance: InstanceConfig, ports: SuspendPorts): Promise<Suspension> {
  const answer = await ask(instance, "prepare", { requestId: REQUEST_ID, drain: true }, ports);
  if (!answer.ok) return answer.problem;
  const prepared = preparedSchema.safeParse(answer.value);
  return prepared.success ? prepared.data : NOT_UNDERSTOOD;
}

/** Looks first, under an id that nobody has: a gateway that was restarted has no pause, and asking for one would make it. */
export async function resume(instance: InstanceConfig, ports: SuspendPorts): Promise<Resumption> {
  const seen = await ask(instance, "status", { suspensionId: REQUEST_ID }, ports);
  if (seen.ok) return { status: "running", resumed: false };
  if (seen.problem.status !== "busy") return seen.problem;
  const held = await suspend(instance, ports);
  if ("detail" in held) return held;
  if (held.suspensionId === undefined) return { ...seen.problem, retryAfterMs: held.retryAfterMs };
  const answer = await ask(instance, "resume", { suspensionId: held.suspensionId }, ports);
  return answer.ok ? { status: "running", resumed: true } : answer.problem;
}

async function ask(instance: InstanceConfig, verb: string, params: object, ports: SuspendPorts): Promise<Result<unknown, Refusal>> {
  if (instance.adminRpc === false || instance.url === undefined) return refuse("unsupported", "adminRpc is not set for it");
  const headers = operatorHeaders(instance, ports.secrets);
  if (!headers.ok) return refuse("unsupported", headers.problem);
  const call = { method: `gateway.suspend.${verb}`, params, maxAnswerBytes: MAX_ANSWER_BYTES };
  return judge(await askAdminRpc(instance, headers.value, call, ports));
}

const refuse = (status: Refusal["status"], detail: string, retryAfterMs?: number) => fail({ status, detail, retryAfterMs });

const NOT_UNDERSTOOD: Refusal = { status: "unsupported", detail: "the gateway did not answer as its suspend API does" };

/** Also one that is asked too often says nothing of its work. */
const ASK_AGAIN: ReadonlySet<number> = new Set([429, 503]);

/** A scope that is missing comes as 500, with the reason in the body. */
function judge(exchange: Exchange): Result<unknown, Refusal> {
  if (exchange.kind !== "answered") return refuse("unreachable", exchange.kind === "not-sent" ? exchange.detail : "no answer");
  const { status, text } = exchange;
  const parsed = parseJson(text);
  const { data } = answerSchema.safeParse(parsed.ok ? parsed.value : undefined);
  if (status === 200) return data?.payload === undefined ? fail(NOT_UNDERSTOOD) : ok(data.payload);
  const detail = `http ${status}${data?.error?.code === undefined ? "" : `, ${data.error.code}`}`;
  if (status === 401 || status === 403 || data?.error?.code === "FORBIDDEN") return refuse("forbidden", detail);
  if (ASK_AGAIN.has(status)) return refuse("busy", detail, data?.error?.retryAfterMs);
  return refuse(status < 500 ? "unsupported" : "unreachable", detail);
}
