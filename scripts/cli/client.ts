/** The admin API over HTTP: the one way in which commands reach an edge. Follows no redirect, and shows the token to nobody else. */
import { userInfo } from "node:os";
import { CliFailure, edgeError } from "./failure.ts";

export interface AdminClient {
  readonly url: string;
  /** Looks that are repeated anyway give up earlier. */
  readonly get: <T>(path: string, timeoutMs?: number) => Promise<T>;
  /** A string and a form go as they are, everything else as JSON. */
  readonly post: <T>(path: string, body?: unknown) => Promise<T>;
}

/** What the API says when it says no; some answers carry more beside it. */
export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string };
}

/** A batch of replays is paced and may take its time; everything else answers in a second or two. */
const TIMEOUT_MS = 120_000;

const operator = (): string => {
  try {
    return userInfo()
      .username.replaceAll(/[^\x20-\x7e]/g, "")
      .slice(0, 64);
  } catch {
    return "";
  }
};

export function adminClient(url: string, token: string): AdminClient {
  const base = url.replace(/\/+$/, "");
  const call = async <T>(method: "GET" | "POST", path: string, body?: unknown, timeoutMs = TIMEOUT_MS): Promise<T> => {
    const content = typeof body === "string" || body instanceof FormData ? body : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      "x-clawedge-operator": operator(),
      ...typeOf(body),
    };
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await reach(base, `${base}/admin${path}`, {
      method,
      headers,
      signal,
      ...(content === undefined ? {} : { body: content }),
    });
    return (await answerOf(response, base)) as T;
  };
  return { url: base, get: (path, timeoutMs) => call("GET", path, undefined, timeoutMs), post: (path, body) => call("POST", path, body) };
}

/** A form says its own, with the boundary that only it knows. */
function typeOf(body: unknown): Readonly<Record<string, string>> {
  if (body === undefined || body instanceof FormData) return {};
  return { "content-type": typeof body === "string" ? "text/plain; charset=utf-8" : "application/json" };
}

async function reach(base: string, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: "manual" });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
    throw edgeError(`the edge at ${base} cannot be reached (${reason}). Is the address right, and does the edge run?`);
  }
}

async function answerOf(response: Response, base: string): Promise<unknown> {
  const text = await response.text().catch(() => "");
  const answer = parse(text);
  if (response.ok && answer !== undefined) return answer;
  if (isErrorAnswer(answer)) throw new CliFailure(exitCodeOf(response.status), answer.error.message, answer);
  throw edgeError(refusalOf(response, base));
}

/** The edge did what it was asked, and the news is bad; or it could not do it. */
const exitCodeOf = (status: number): 1 | 3 => (status >= 500 && status !== 502 ? 3 : 1);

function refusalOf({ status, headers }: Response, base: string): string {
  if (status === 401) return `the edge at ${base} refused the token. Export CLAWEDGE_ADMIN_TOKEN with the value of its ADMIN_TOKEN.`;
  if (status === 404) return `${base} has no admin API. Is it the edge's address? It has one only while its ADMIN_TOKEN is set.`;
  if (status === 429)
    return `the edge at ${base} counts too many refused tokens. Wait ${headers.get("retry-after") ?? "60"} s, then use the right one.`;
  if (status >= 300 && status < 400)
    return `${base} redirects to ${headers.get("location") ?? "somewhere"}; redirects are not followed. Use the final address.`;
  return `${base} answered http ${status}, and not as an edge does. Is it the edge's address?`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isErrorAnswer(answer: unknown): answer is ErrorAnswer {
  if (typeof answer !== "object" || answer === null || !("error" in answer)) return false;
  const { error } = answer;
  return typeof error === "object" && error !== null && "message" in error && typeof error.message === "string";
}
