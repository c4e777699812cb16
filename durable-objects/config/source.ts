/**
 * The configuration as one isolate sees it: a snapshot from memory at once, refreshed behind the caller's back. Only a cold isolate,
 * a caller that needs a newer number, and refreshes that keep being cancelled make anybody wait.
 */
import { waitUntil } from "cloudflare:workers";
import type { RoutesSource, Snapshot } from "../../src/pipeline/snapshot.ts";
import type { Env } from "../env.ts";
import { jsonLog, systemClock } from "../runtime.ts";
import { compile } from "./judge.ts";
import { isBelow, memoryOf } from "./memory.ts";
import { askConfig, type Looking, refresh, type SourceDeps } from "./refresh.ts";
import { configOf } from "./stub.ts";

const DEFAULT_TTL_MS = 30_000;
/** A refresh that began this long ago was cancelled with its request: another may begin. */
const REFRESH_LEASE_MS = 10_000;
/** An isolate without any configuration asks again no more often than this. */
const EMPTY_TTL_MS = 250;

export interface IsolateRoutes extends RoutesSource {
  /** Looks at KV now, whatever the TTL: before an operator is told a status, so that a raw text put a moment ago is part of it. */
  look(): Promise<void>;
}

export function routesSource(env: Env, overrides: Partial<SourceDeps> = {}): IsolateRoutes {
  const deps: SourceDeps = { clock: systemClock, log: jsonLog, config: configOf(env), compile, keepAlive, ...overrides };
  const looking: Looking = { ...deps, kv: env.ROUTES, ttlMs: ttlOf(env), memory: memoryOf(env.ROUTES) };
  return { current: (atLeast = 0) => current(looking, atLeast), look: () => refresh(looking) };
}

async function current(looking: Looking, atLeast: number): Promise<Snapshot | undefined> {
  const { memory } = looking;
  if (memory.snapshot === undefined) await fill(looking);
  else if (isBelow(memory, atLeast)) await refresh(looking);
  else await refreshBehind(looking);
  if (isBelow(memory, atLeast)) await askConfig(looking);
  return isBelow(memory, atLeast) ? undefined : memory.snapshot;
}

async function fill(looking: Looking): Promise<void> {
  if (looking.clock.nowMs() - looking.memory.checkedAtMs >= EMPTY_TTL_MS) await refresh(looking);
}

/** Behind the caller's back; but when a whole further TTL went by without a refresh that ended, this caller waits for one. */
async function refreshBehind(looking: Looking): Promise<void> {
  const { clock, memory, ttlMs } = looking;
  const nowMs = clock.nowMs();
  const ageMs = nowMs - memory.checkedAtMs;
  const isUnderWay = memory.refreshStartedAtMs > memory.checkedAtMs && nowMs - memory.refreshStartedAtMs < REFRESH_LEASE_MS;
  if (ageMs < ttlMs || isUnderWay) return;
  const refreshed = refresh(looking);
  if (ageMs >= 2 * ttlMs + REFRESH_LEASE_MS) await refreshed;
  else looking.keepAlive(refreshed);
}

export function ttlOf(env: Env): number {
  const ttlMs = Number(env.CONFIG_TTL_MS ?? DEFAULT_TTL_MS);
  return Number.isFinite(ttlMs) && ttlMs >= 0 ? ttlMs : DEFAULT_TTL_MS;
}

/** KV shows a write elsewhere after 60 s or more. @see https://developers.cloudflare.com/kv/concepts/how-kv-works/#consistency */
const KV_STALE_MS = 60_000;

/** KV's own minimum; who trusts a copy for less reads KV at home, where a write is seen at once. */
const SHORTEST_KV_TTL_MS = 30_000;

/**
 * How long after a number is in KV the last isolate knows of it: one that slept serves what it has while it looks, for at most twice
 * its TTL and the lease of that look.
 */
export function knownAfterMs(env: Env): number {
  const ttlMs = ttlOf(env);
  return 2 * ttlMs + REFRESH_LEASE_MS + (ttlMs < SHORTEST_KV_TTL_MS ? 0 : KV_STALE_MS);
}

/** Outside of a request there is nothing to outlive. */
function keepAlive(work: Promise<unknown>): void {
  try {
    waitUntil(work);
  } catch {
    void work;
  }
}
