/** Sends one permitted call to the platform with the bot's own token, and turns what comes back into the instance's answer. It decides nothing. */
import type { Egress } from "../../src/channels/egress.ts";
import { scrub } from "../../src/core/scrub.ts";
import type { Secret } from "../../src/core/secret.ts";
import type { EgressPorts, Forward } from "../../src/pipeline/egress.ts";
import { heedAnswer, logSent } from "../../src/pipeline/egress-answer.ts";
import type { Http } from "../../src/ports/http.ts";
import { readError, streamed, wireResponse } from "./answer.ts";

/** Until the answer begins. Telegram drops an idle connection after 60 s; a large upload needs its own time before that. */
const PLATFORM_TIMEOUT_MS = 100_000;

/** Long enough for a platform to come back, short enough for a person to wait. */
const RETRY_MS = 5_000;

export interface Outgoing {
  readonly forward: Forward;
  readonly egress: Egress;
  /** Root of the platform's API. */
  readonly base: string;
  readonly request: Request;
  readonly takeBody: () => BodyInit | undefined;
}

export async function forwardCall(outgoing: Outgoing, ports: EgressPorts & { readonly http: Http }): Promise<Response> {
  const { forward, egress } = outgoing;
  const startedMs = ports.clock.nowMs();
  const answer = await send(outgoing, ports.http);
  if (!(answer instanceof Response)) return unreached(outgoing, answer.detail, ports);

  logSent(forward, { status: answer.status, ms: ports.clock.nowMs() - startedMs }, ports.log);
  if (answer.status >= 300 && answer.status < 400) {
    void answer.body?.cancel().catch(() => undefined);
    return unreached(outgoing, `redirect ${answer.status}`, ports);
  }
  if (answer.ok) return streamed(answer);

  const error = await readError(answer, forward.caller.token);
  if (error === undefined) return wireResponse(egress.refuse(answer.status, "the platform's error was too large to pass on"));
  await heedAnswer(forward, egress.readAnswer(answer.status, error.body), egress, ports);
  return error.response;
}

async function send(outgoing: Outgoing, http: Http): Promise<Response | { readonly detail: string }> {
  const { forward, request } = outgoing;
  const { token } = forward.caller;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), PLATFORM_TIMEOUT_MS);
  try {
    return await http.fetch(urlOf(outgoing, token), {
      method: request.method,
      headers: headersOf(request.headers),
      body: outgoing.takeBody() ?? null,
      redirect: "manual",
      signal: deadline.signal,
    });
  } catch (thrown) {
    return { detail: scrub(String(thrown), token) };
  } finally {
    clearTimeout(timer);
  }
}

function urlOf({ egress, base, forward, request }: Outgoing, token: Secret): string {
  return egress.url(base, token.open(), forward.target) + new URL(request.url).search;
}

/** Two of the instance's headers say what the body is and what it can read; nothing else of it is the platform's business. */
function headersOf(headers: Headers): Headers {
  const passed = new Headers();
  for (const name of ["content-type", "accept"]) {
    const value = headers.get(name);
    if (value !== null) passed.set(name, value);
  }
  return passed;
}

/** It may have arrived, or not: the instance is told what a gateway in front of the platform would say. */
function unreached({ forward, egress }: Outgoing, detail: string, { log }: EgressPorts): Response {
  const { account, instance } = { account: forward.caller.account.id, instance: forward.caller.instance };
  log.write({ level: "warn", event: "egress.failed", account, instance, method: forward.call.method, detail });
  return badGateway(egress);
}

export const badGateway = (egress: Egress): Response => wireResponse(egress.refuse(502, "Bad Gateway", RETRY_MS), RETRY_MS);
