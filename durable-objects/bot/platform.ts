/** The edge's own calls to a platform, with the bot's own token: for its webhook, and for what the edge itself has to tell a person. Never throws. */
import type { Channel, PlatformCall } from "../../src/channels/channel.ts";
import type { Platform } from "../../src/channels/platform.ts";
import type { Account } from "../../src/core/account.ts";
import { textOf } from "../../src/core/bytes.ts";
import { parseJson } from "../../src/core/json.ts";
import { readAtMost } from "../../src/core/read-at-most.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import { scrub } from "../../src/core/scrub.ts";
import type { Secret } from "../../src/core/secret.ts";
import type { RoutesSource } from "../../src/pipeline/snapshot.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { type Http, NotSent } from "../../src/ports/http.ts";
import type { Secrets } from "../../src/ports/secrets.ts";

export type PlatformProblem =
  /** The routes document, or the Worker's variables, do not allow the call. */
  | { readonly kind: "unconfigured"; readonly detail: string }
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly detail: string;
      readonly retryAfterMs?: number;
      /** The refusal's JSON, for whoever must know what it means; it is not for logs. */
      readonly body?: unknown;
    }
  /** `isUnsent`: it is certain that nothing left. */
  | { readonly kind: "unreached"; readonly detail: string; readonly isUnsent?: true };

/** What it takes to speak as this bot. */
export interface Connection {
  readonly account: Account;
  readonly channel: Channel;
  readonly platform: Platform;
  readonly token: Secret;
  readonly base: string;
}

export interface PlatformPorts {
  readonly routes: RoutesSource;
  readonly secrets: Secrets;
  readonly channels: ReadonlyMap<string, Channel>;
}

/** The clock is that of the object which asks. */
export interface CallPorts {
  readonly http: Http;
  readonly clock: Clock;
}

const TIMEOUT_MS = 20_000;

/** Answers to our own calls are small; a larger one is not what we asked for. */
const MAX_ANSWER_BYTES = 256 * 1024;

export async function connect(accountId: string, ports: PlatformPorts): Promise<Result<Connection, PlatformProblem>> {
  const account = (await ports.routes.current())?.routes.accounts.get(accountId);
  if (account === undefined) return unconfigured(`no account is called ${accountId}`);
  const channel = ports.channels.get(account.channel);
  if (channel === undefined) return unconfigured(`the channel ${account.channel} is not built`);
  const variable = account.secrets["token"] ?? "";
  const token = ports.secrets.get(variable);
  if (token === undefined) return unconfigured(`the variable ${variable} is not set`);
  const { platform } = channel;
  const base = ports.secrets.get(platform.apiBase.variable)?.open() ?? platform.apiBase.fallback;
  return ok({ account, channel, platform, token, base });
}

const unconfigured = (detail: string) => fail({ kind: "unconfigured", detail } as const);

/** The result out of the platform's envelope; a refusal in its own words, without the token. */
export async function callPlatform(
  connection: Connection,
  call: PlatformCall,
  { http, clock }: CallPorts,
  timeoutMs = TIMEOUT_MS,
): Promise<Result<unknown, PlatformProblem>> {
  const { account, base, platform, token } = connection;
  // Not AbortSignal.timeout: a timer that is left behind would keep the object in memory, and on the bill, until it fires.
  const deadline = new AbortController();
  const done = new AbortController();
  void clock.sleep(timeoutMs, done.signal).then(() => deadline.abort());
  try {
    const { url, ...request } = platform.request(call, { account, base, token: token.open() });
    const response = await http.fetch(url, { ...request, redirect: "manual", signal: deadline.signal });
    const text = textOf((await readAtMost(response.body, MAX_ANSWER_BYTES)) ?? new Uint8Array()) ?? "";
    const parsed = parseJson(text);
    if (response.ok && parsed.ok) return ok(platform.resultOf(parsed.value));
    const facts = platform.readAnswer(response.status, parsed.ok ? parsed.value : undefined);
    const retry = facts.retryAfterMs === undefined ? {} : { retryAfterMs: facts.retryAfterMs };
    const detail = scrub(text, token).slice(0, 300);
    return fail({ kind: "refused", status: response.status, detail, body: parsed.ok ? parsed.value : undefined, ...retry });
  } catch (thrown) {
    const unsent = thrown instanceof NotSent ? ({ isUnsent: true } as const) : {};
    return fail({ kind: "unreached", detail: scrub(String(thrown), token), ...unsent });
  } finally {
    done.abort();
  }
}
