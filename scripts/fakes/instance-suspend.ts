/** The stand-in gateway's suspend API over its admin RPC, with the lease, the fence and the cut of turns in preparation that a real one was seen to have. Outermost edge only. @see https://docs.openclaw.ai/gateway/external-apps */
import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { answerJson, readBody } from "./http-service.ts";

/** Who may ask: the owner of the token, or users of a proxy with what their roles allow. */
export interface AdminOptions {
  readonly token?: string;
  readonly userHeader?: string;
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /** What it says while it drains; 20 s of a real one. */
  readonly retryAfterMs?: number;
  readonly leaseMs?: number;
}

export interface Turn {
  /** It goes to its model now; `true`: it was cut before. */
  readonly prepared: () => boolean;
}

export interface Suspension {
  readonly phase: () => "accepting" | "draining" | "prepared";
  /** Waits while suspended, then runs it, and counts it as work. */
  readonly turn: <T>(work: (turn: Turn) => Promise<T>) => Promise<T>;
  /** Of every question, also the refused ones. */
  readonly asked: () => readonly string[];
  /** Undefined when the path is none of its own. */
  readonly answer: (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | undefined;
}

const ALL_SCOPES = ["operator.admin", "operator.read", "operator.write"];
const MAX_BODY_BYTES = 64 * 1024;
const LEASE_MS = 120_000;
const RETRY_AFTER_MS = 20_000;

const requestSchema = z.object({ method: z.string(), params: z.record(z.string(), z.unknown()).default({}) });
type Params = z.infer<typeof requestSchema>["params"];
type Said = readonly [status: number, body: object];

const done = (payload: object): Said => [200, { ok: true, payload }];
const failed = (status: number, code: string, message: string, more: object = {}): Said => [
  status,
  { ok: false, error: { code, message, ...more } },
];

/** The lease, and the work it waits for. */
class Lease {
  active = 0;
  readonly preparing = new Set<{ isCut: boolean }>();
  readonly #options: AdminOptions;
  #waiting: (() => void)[] = [];
  #held: { readonly requestId: string; readonly suspensionId: string; expiresAtMs: number } | undefined;

  constructor(options: AdminOptions) {
    this.#options = options;
  }

  current() {
    if (this.#held !== undefined && Date.now() >= this.#held.expiresAtMs) this.#reopen();
    return this.#held;
  }

  #reopen(): void {
    this.#held = undefined;
    const all = this.#waiting;
    this.#waiting = [];
    for (const wake of all) wake();
  }

  async untilOpen(): Promise<void> {
    while (this.current() !== undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #conflict(expiresAtMs: number): Said {
    return failed(503, "UNAVAILABLE", "another gateway suspension is already prepared", { retryAfterMs: expiresAtMs - Date.now() });
  }

  #facts({ suspensionId, expiresAtMs }: { readonly suspensionId: string; readonly expiresAtMs: number }): Said {
    const { active } = this;
    const { retryAfterMs = RETRY_AFTER_MS } = this.#options;
    const blockers = active === 0 ? [] : [{ kind: "root-request", count: active, message: `${active} active request` }];
    const facts = { suspensionId, expiresAtMs, activeCount: active, blockers };
    return done(active === 0 ? { status: "ready", ...facts } : { status: "draining", ...facts, retryAfterMs });
  }

  prepare({ requestId, drain }: Params): Said {
    const { leaseMs = LEASE_MS, retryAfterMs = RETRY_AFTER_MS } = this.#options;
    const now = this.current();
    if (now !== undefined && now.requestId !== requestId) return this.#conflict(now.expiresAtMs);
    if (now === undefined && this.active > 0 && drain !== true) {
      return done({ status: "busy", reason: "active-work", retryAfterMs, activeCount: this.active, blockers: [] });
    }
    if (now === undefined) for (const turn of this.preparing) turn.isCut = true;
    this.#held = { requestId: `${requestId}`, suspensionId: now?.suspensionId ?? randomUUID(), expiresAtMs: Date.now() + leaseMs };
    setTimeout(() => this.current(), leaseMs).unref();
    return this.#facts(this.#held);
  }

  status({ suspensionId }: Params): Said {
    const now = this.current();
    if (now === undefined) return done({ status: "running" });
    return now.suspensionId === suspensionId ? this.#facts(now) : this.#conflict(now.expiresAtMs);
  }

  resume({ suspensionId }: Params): Said {
    if (this.current()?.suspensionId !== suspensionId) return failed(400, "INVALID_REQUEST", "gateway suspension id does not match");
    this.#reopen();
    return done({ ok: true, status: "running", resumed: true });
  }
}

/** Undefined: nobody it knows. */
function scopesOf(headers: IncomingHttpHeaders, { token, userHeader, roles = {} }: AdminOptions): readonly string[] | undefined {
  if (token !== undefined) return headers.authorization === `Bearer ${token}` ? ALL_SCOPES : undefined;
  const role = roles[`${headers[userHeader ?? ""] ?? ""}`];
  const asked = headers["x-openclaw-scopes"];
  return role?.filter((scope) => asked === undefined || `${asked}`.split(",").includes(scope));
}

function judge(lease: Lease, options: AdminOptions, headers: IncomingHttpHeaders, text: string): Said {
  const scopes = scopesOf(headers, options);
  if (scopes === undefined) return [401, { error: { message: "Unauthorized", type: "unauthorized" } }];
  const { method, params } = requestSchema.parse(JSON.parse(text));
  const verbs: Readonly<Record<string, readonly [needs: readonly string[], verb: () => Said]>> = {
    "gateway.suspend.prepare": [["operator.admin"], () => lease.prepare(params)],
    "gateway.suspend.status": [ALL_SCOPES, () => lease.status(params)],
    "gateway.suspend.resume": [["operator.admin"], () => lease.resume(params)],
  };
  const [needs, verb] = verbs[method] ?? [];
  if (needs === undefined || verb === undefined) return failed(400, "INVALID_REQUEST", `admin HTTP RPC method is not supported: ${method}`);
  return needs.some((scope) => scopes.includes(scope)) ? verb() : failed(500, "FORBIDDEN", `missing scope: ${needs[0]}`);
}

async function runTurn<T>(lease: Lease, work: (turn: Turn) => Promise<T>): Promise<T> {
  await lease.untilOpen();
  const state = { isCut: false };
  lease.active += 1;
  lease.preparing.add(state);
  const prepared = (): boolean => {
    lease.preparing.delete(state);
    return state.isCut;
  };
  try {
    return await work({ prepared });
  } finally {
    lease.active -= 1;
    lease.preparing.delete(state);
  }
}

export function openSuspension(options: AdminOptions | undefined): Suspension {
  const lease = new Lease(options ?? {});
  const asked: string[] = [];
  const phaseOf = () => (lease.active > 0 ? "draining" : "prepared");
  return {
    asked: () => asked,
    phase: () => (lease.current() === undefined ? "accepting" : phaseOf()),
    turn: (work) => runTurn(lease, work),
    answer: (request, response, { pathname }) => {
      if (options === undefined || pathname !== "/api/v1/admin/rpc") return undefined;
      return readBody(request, MAX_BODY_BYTES).then((body) => {
        const text = body?.toString("utf8") ?? "";
        asked.push(text);
        answerJson(response, ...judge(lease, options, request.headers, text));
      });
    },
  };
}
