/** An outbound call and everything around it: a channel that is not any real one, and ports that write down what was asked of them. */
import type { CallClass, CallHead, Egress, EgressCall } from "../../src/channels/egress.ts";
import { issueEdgeToken } from "../../src/core/edge-token.ts";
import type { LogLine } from "../../src/core/log-line.ts";
import type { Chat } from "../../src/core/message.ts";
import { Secret } from "../../src/core/secret.ts";
import type { EgressPorts, EgressRequest } from "../../src/pipeline/egress.ts";
import type { SpeakVerdict } from "../../src/ports/conversations.ts";
import type { PermitVerdict } from "../../src/ports/outbound.ts";
import { loadForTest } from "./catalogue.ts";
import { validDocument } from "./routes-document.ts";

export const REAL_TOKEN = "123456789:AAF-real_token_of_the_bot_0123456789";
export const ACCOUNT = "telegram:support";

const account = { ...validDocument.accounts[ACCOUNT], proactive: "pool" };
const lonely = { url: "http://127.0.0.1:18791" };
const polling = { poll: [ACCOUNT] };

/** One account, three instances linked to it, of which one polls, and one that is not. */
export const egressDocument = {
  ...validDocument,
  accounts: { [ACCOUNT]: account },
  instances: { ...validDocument.instances, "no-link": lonely, "polls-1": polling },
};

/** The method is the class: what a real channel makes of methods is its own tests' business. */
export const fixtureEgress: Egress = {
  entry: {
    readPath: () => undefined,
    apiBase: { variable: "FIXTURE_API_BASE", fallback: "https://platform.test" },
    resultOf: (body) => body,
    pollConflict: "Conflict: a webhook is set",
  },
  polling: {
    read: ({ method, query }) => {
      if (query.has("garbage")) return { ok: false, problem: { kind: "bad-body", detail: "no number" } };
      if (method === "query") return { ok: true, value: query.has("count") ? { kind: "pending" } : undefined };
      return { ok: true, value: method === "poll" ? { kind: "updates", question: { offset: 5, limit: 10, waitMs: 30_000 } } : undefined };
    },
    isWanted: () => true,
    numbered: () => undefined,
    answerOf: (updates) => JSON.stringify(updates),
    pendingAnswer: (count) => ({ status: 200, body: { count } }),
    conflict: "Conflict: another one asks",
    maxAnswerBytes: 1000,
  },
  tokenPrefix: (realToken) => realToken.split(":")[0] ?? "",
  readCall: ({ method, query }) => {
    if (query.has("bad")) return { ok: false, problem: { kind: "bad-body", detail: "chat is missing" } };
    const id = query.get("chat");
    const anyThread = method === "edit" && !query.has("thread") ? { isAnyThread: true as const } : {};
    const chat: { readonly chat?: Chat } = id === null ? {} : { chat: { id, kind: "group" } };
    const alias = id?.startsWith("@") === true ? { isAlias: true as const } : {};
    return { ok: true, value: { method, class: method as CallClass, ...chat, ...anyThread, ...alias } };
  },
  pretend: (call, { nowMs, serial }) => ({ status: 200, body: { pretended: call.method, nowMs, serial } }),
  refuse: (status, description, retryAfterMs) => ({ status, body: { refused: description, retryAfterMs } }),
  readAnswer: () => ({}),
  url: (base, token, target) => `${base}/${token}/${target.path}`,
  pace: (chat) => ({ bot: { perMinute: 1800, burst: 30 }, ...(chat === undefined ? {} : { chat: { perMinute: 60, burst: 5 } }) }),
};

export interface Asked {
  readonly log: LogLine[];
  readonly spoken: string[];
  readonly permits: string[];
  readonly suppressed: string[];
  readonly slept: number[];
  readonly heads: number[];
}

export interface Answers {
  readonly permit?: PermitVerdict;
  /** By key of the conversation; `*` for any other. */
  readonly speak?: Readonly<Record<string, SpeakVerdict>>;
  readonly document?: unknown;
  /** Suppressed calls cannot be counted. */
  readonly isUncountable?: boolean;
}

export function egressPorts(answers: Answers = {}): { readonly ports: EgressPorts; readonly asked: Asked } {
  const asked: Asked = { log: [], spoken: [], permits: [], suppressed: [], slept: [], heads: [] };
  const loaded = "document" in answers ? answers.document : loadForTest(egressDocument);
  const speak = answers.speak ?? { "*": { verdict: "owner", epoch: 3 } };
  const ports: EgressPorts = {
    routes: { current: async () => loaded as ReturnType<typeof loadForTest> | undefined },
    secrets: { get: (name) => (name === "TG_TOKEN" ? new Secret(REAL_TOKEN) : undefined) },
    conversations: {
      commit: () => Promise.reject(new Error("nothing is committed on the way out")),
      move: () => Promise.reject(new Error("nothing moved")),
      replied: () => Promise.reject(new Error("nothing was answered")),
      knows: () => Promise.reject(new Error("nothing is committed on the way out")),
      speak: async ({ key }) => {
        asked.spoken.push(key);
        const verdict = speak[key] ?? speak["*"];
        if (verdict === undefined) throw new Error(`nobody expected ${key}`);
        return verdict;
      },
    },
    outbound: {
      permit: async (_account, request) => {
        asked.permits.push(
          `${request.instance}/${request.generation} ${request.class} ${Object.keys(request.pace ?? {})
            .toSorted()
            .join("+")}`,
        );
        return answers.permit ?? { verdict: "go", waitMs: 0, serial: 1 };
      },
      penalize: () => Promise.reject(new Error("nobody asked for a pause")),
      suppressed: async (_account, { instance }) => {
        if (answers.isUncountable === true) throw new Error("the bot object is away");
        asked.suppressed.push(instance);
      },
    },
    clock: { nowMs: () => 1000, sleep: async (ms) => void asked.slept.push(ms) },
    log: { write: (line) => void asked.log.push(line) },
  };
  return { ports, asked };
}

export const tokenFor = (instance = "eu-1", generation = 1, accountId = ACCOUNT): Promise<string> =>
  issueEdgeToken({ account: accountId, instance, generation }, "123456789", new Secret(REAL_TOKEN));

/** A call of eu-1 with its own token, `?chat=7` unless told otherwise. */
export async function callOf(method: EgressCall["class"] | string, bent: Partial<EgressRequest> & { readonly query?: string } = {}) {
  const head: CallHead = {
    method,
    query: new URLSearchParams(bent.query ?? "chat=7"),
    contentType: "",
    head: new Uint8Array(),
    isComplete: true,
  };
  const target = { kind: "method", token: await tokenFor(), path: method } as const;
  const readHead = async () => head;
  return { account: ACCOUNT, instance: "eu-1", egress: fixtureEgress, target, readHead, ...bent } satisfies EgressRequest;
}
