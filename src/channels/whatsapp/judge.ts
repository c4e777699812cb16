/** What a refused send means, told from Meta's code before the HTTP status: one answer for one code, whichever way it came. */
import * as z from "zod/mini";
import { lenient } from "../../core/lenient.ts";
import type { SendFailure, SendVerdict } from "../outgoing.ts";
import { type ErrorClass, type KnownError, knownError } from "./errors.ts";
import { pairWaitMs } from "./limits.ts";

/** @see https://developers.facebook.com/docs/graph-api/guides/error-handling */
const answerSchema = z.object({ error: z.object({ code: z.int(), error_subcode: lenient(z.int()) }) });

/** With code 100. */
const NO_SUCH_OBJECT = 33;

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

export function judge(failure: SendFailure): SendVerdict {
  const code = codeOf(failure);
  const known = code === undefined ? undefined : (wrongNumber(failure.body) ?? knownError(code));
  const status = failure.status === undefined ? [] : [`http ${failure.status}`];
  if (known !== undefined) return verdict(known.class, failure.refusals, [`${code}: ${known.meaning}`, ...status].join(", "));
  const words = [...(code === undefined ? [] : [`${code}: unknown code`]), ...status].join(", ");
  return verdict(classOfStatus(failure.status, code), failure.refusals, words === "" ? "no answer" : words);
}

function codeOf({ code, body }: SendFailure): number | undefined {
  const answer = answerSchema.safeParse(body);
  return code ?? (answer.success ? answer.data.error.code : undefined);
}

/** The object of the path does not exist, or the token may not see it: that is about the account, not about the message. */
function wrongNumber(body: unknown): KnownError | undefined {
  const answer = answerSchema.safeParse(body);
  const isWrong = answer.success && answer.data.error.code === 100 && answer.data.error.error_subcode === NO_SUCH_OBJECT;
  return isWrong ? { class: "account", meaning: "there is no such phone number id, or the token may not use it" } : undefined;
}

/** 5xx that say themselves that nothing was taken: not now, and a proxy that did not reach the server. */
const NOT_TAKEN: ReadonlySet<number> = new Set([503, 521, 523, 530]);

/** Without a code that is known. What came late as a status is final: it was not sent, and says nothing of another try. */
function classOfStatus(status: number | undefined, code: number | undefined): ErrorClass {
  if (status === undefined) return code === undefined ? "platform" : "message";
  if (status === 429) return "rate";
  if (status === 401 || status === 403) return "account";
  if (status >= 500 && !NOT_TAKEN.has(status)) return "between";
  return status >= 400 && status < 500 && status !== 408 ? "message" : "platform";
}

function verdict(kind: ErrorClass, refusals: number, detail: string): SendVerdict {
  switch (kind) {
    case "pair":
      return { kind: "wait", scope: "chat", retryAfterMs: pairWaitMs(refusals), detail };
    case "throughput":
      return { kind: "wait", scope: "account", retryAfterMs: doubled(SECOND_MS, refusals, MINUTE_MS), detail };
    case "upgrade":
      return { kind: "wait", scope: "account", retryAfterMs: MINUTE_MS, detail };
    case "rate":
      return { kind: "wait", scope: "account", retryAfterMs: doubled(MINUTE_MS, refusals, HOUR_MS), detail };
    case "spam":
      return { kind: "wait", scope: "account", retryAfterMs: doubled(HOUR_MS, refusals, 24 * HOUR_MS), detail };
    case "platform":
      return { kind: "retry", detail };
    case "between":
      return { kind: "doubt", detail };
    case "account":
      return { kind: "stop", detail };
    case "window":
      return { kind: "template", detail };
    case "message":
      return { kind: "give-up", detail };
  }
}

const doubled = (firstMs: number, refusals: number, mostMs: number): number => Math.min(mostMs, firstMs * 2 ** Math.max(0, refusals));
