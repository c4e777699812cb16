/** Who takes part in a soak, and the routes document that says so: two Telegram bots, one number, and the pools behind them. Starts nothing. */
import type { Link } from "./facts.ts";

/** To native listeners only; to native ones and one that polls, in one pool; to agents over `/v1`. */
export const NATIVE = "telegram:native";
export const MIXED = "telegram:mixed";
export const ASKED = "whatsapp:asked";

export const POLLER = "p-1";
export const NATIVES = ["n-1", "n-2", "n-3"];
export const AGENTS = ["a-1", "a-2"];
const POOLS: Readonly<Record<string, readonly string[]>> = { native: ["n-1", "n-2"], mixed: ["n-3", POLLER], asked: AGENTS };

export const NUMBER = "106540352242922";
export const TOKENS: Readonly<Record<string, string>> = {
  [NATIVE]: "123456789:AAF-token_of_the_first_bot_0123456789",
  [MIXED]: "223456789:AAF-token_of_the_other_bot_0123456789",
};
export const AGENT = "soak-public";

export const VARS = {
  ADMIN_TOKEN: "admin-token-of-a-soak-0123456789",
  TG_SECRET: "webhook-secret-of-the-bots",
  TG_NATIVE: TOKENS[NATIVE] ?? "",
  TG_MIXED: TOKENS[MIXED] ?? "",
  LISTENER_SECRET: "secret-of-the-listeners",
  WA_APP: "app-secret",
  WA_VERIFY: "verify-token",
  WA_TOKEN: "token-of-the-number",
} as const;

/** What the edge says by itself, in one of the accounts. */
export const NOTICES = { held: "One moment please.", moved: "I had to start over." } as const;

/** How long a native hand-over is waited for: short, so that hanging instances do not make a run long. */
export const NATIVE_ATTEMPT_MS = 3_000;
const ASKED_ATTEMPT_MS = 10_000;
const MAX_ATTEMPTS = 12;
const FAILOVER = { maxAttempts: MAX_ATTEMPTS, policy: "hold-then-move", holdMs: 6_000, ambiguous: "park", attemptMs: NATIVE_ATTEMPT_MS };
const PROBE = { intervalMs: 1_000 };

/** Every native instance has a listener for both bots, so that a confusion of accounts would be taken, and seen. */
export function routesFor(urls: ReadonlyMap<string, string>): object {
  const urlOf = (name: string): string => urls.get(name) ?? "";
  const native = (name: string): object =>
    Object.fromEntries([NATIVE, MIXED].map((account) => [account, { url: `${urlOf(name)}/${account}`, secret: "LISTENER_SECRET" }]));
  const telegram = (pool: string, token: string): object => ({ pool, secrets: { webhook: "TG_SECRET", token } });
  return {
    accounts: {
      [NATIVE]: telegram("native", "TG_NATIVE"),
      [MIXED]: telegram("mixed", "TG_MIXED"),
      [ASKED]: { pool: "asked", phoneNumberId: NUMBER, secrets: { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" } },
    },
    instances: Object.fromEntries([
      ...NATIVES.map((name) => [name, { url: urlOf(name), probe: PROBE, native: native(name) }]),
      [POLLER, { poll: [MIXED] }],
      ...AGENTS.map((name) => [name, { url: urlOf(name), probe: PROBE }]),
    ]),
    pools: {
      native: { instances: POOLS["native"], failover: FAILOVER, notices: NOTICES },
      mixed: { instances: POOLS["mixed"], failover: { ...FAILOVER, attemptMs: undefined } },
      asked: { instances: POOLS["asked"], agent: AGENT, failover: { ...FAILOVER, attemptMs: ASKED_ATTEMPT_MS } },
    },
  };
}

const link = (account: string, more: Partial<Link>): Link => ({
  account,
  instances: POOLS[account.slice(account.indexOf(":") + 1)] ?? [],
  speakers: [],
  isOnce: false,
  deaths: ["poison", "ambiguous"],
  maxAttempts: MAX_ATTEMPTS,
  mostUnreceived: 0.2,
  ...more,
});

export const LINKS: readonly Link[] = [
  link(NATIVE, {}),
  link(MIXED, { speakers: [POLLER] }),
  link(ASKED, {
    isOnce: true,
    mostUnreceived: 0.5,
    deaths: ["poison", "ambiguous", "cut-off", "model-failed", "undelivered", "unconfirmed"],
  }),
];
