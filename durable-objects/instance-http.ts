/**
 * The way out to instances for this deployment. On bare workerd it knocks first: there `fetch` says "Network connection lost"
 * both for a refused connection (nothing was sent) and for one that broke after the request (it may have arrived), and the two
 * must not be confused. On Cloudflare an origin that cannot be reached answers as 521, 523 or 530, and `connect` does not
 * reach proxied hosts, so nobody knocks.
 */
import { connect } from "cloudflare:sockets";
import type { UrlRules } from "../src/core/url-guard.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { Http } from "../src/ports/http.ts";
import type { Env } from "./env.ts";
import { guardedHttp, type Knock } from "./guarded-http.ts";
import { platformHttp, systemClock } from "./runtime.ts";

/** Longer than a SYN repeated twice (1 s, 3 s) would be of no use before the shortest hand-over deadlines. */
const KNOCK_MS = 2000;

type UrlEnv = Pick<Env, "ALLOW_PRIVATE_INSTANCES" | "PUBLIC_URL">;

export function urlRulesOf(env: UrlEnv): UrlRules {
  return { allowPrivate: env.ALLOW_PRIVATE_INSTANCES === "true", ownHost: URL.parse(env.PUBLIC_URL ?? "")?.host };
}

/** `clock`: that of the object which asks, where one does. */
export function instanceHttp(env: UrlEnv & Pick<Env, "JURISDICTIONS">, clock: Clock = systemClock): Http {
  const isBareWorkerd = env.JURISDICTIONS === "off";
  return guardedHttp(platformHttp, urlRulesOf(env), isBareWorkerd ? knockTcp(clock) : undefined);
}

export const knockTcp =
  (clock: Clock): Knock =>
  async (url) => {
    const port = url.port === "" ? defaultPortOf(url) : Number(url.port);
    const socket = connect({ hostname: url.hostname, port });
    // Whether it closes well is of no interest, but an unhandled rejection would be.
    void socket.closed.catch(() => undefined);
    const wake = new AbortController();
    const isLate = clock.sleep(KNOCK_MS, wake.signal).then(() => "late");
    try {
      if ((await Promise.race([socket.opened, isLate])) === "late") throw new Error("no connection in time");
    } finally {
      wake.abort();
      void socket.close().catch(() => undefined);
    }
  };

const defaultPortOf = (url: URL): number => (url.protocol === "https:" ? 443 : 80);
