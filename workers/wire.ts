/** Problem to Response: the only place that decides what an outsider learns. It never says which check failed; the log has the rest. */
import type { Problem } from "../src/core/problem.ts";

interface Wire {
  readonly status: number;
  readonly retryAfterMs?: number;
}

export function wireOf(problem: Problem): Wire {
  switch (problem.kind) {
    case "unknown-account":
    case "unverified":
      return { status: 401 };
    case "shielded":
      return { status: 429, retryAfterMs: problem.retryAfterMs };
    case "body-too-large":
      return { status: 413 };
    case "body-encoded":
      return { status: 415 };
    case "body-unreadable":
      return { status: 400 };
    // Verified: a 4xx would stall the platform's queue, so it is acknowledged; its terminal state says why.
    case "rejected":
      return { status: 200 };
    case "unconfigured":
    case "unstored":
    case "overloaded":
      return { status: 503, retryAfterMs: problem.retryAfterMs };
  }
}

/** Always an empty body: a platform may execute what it finds in one. */
export function respond(problem: Problem): Response {
  const { status, retryAfterMs } = wireOf(problem);
  const headers = retryAfterMs === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  return new Response(null, { status, headers });
}
