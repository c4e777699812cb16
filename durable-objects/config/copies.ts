/**
 * The arithmetic of the two KV keys the Config object writes: which revision is wanted, which is written, when to try (again).
 * Pure; never writes anything itself.
 */
import { backoffMs } from "../../src/core/backoff.ts";
import type { ConfigState, CopyName, KvCopy, Superseded } from "./state.ts";

/** One write per second to the same key, with a little room. @see https://developers.cloudflare.com/kv/platform/limits/ */
const KV_WRITE_SPACING_MS = 1000 + 100;

/**
 * KV shows a write elsewhere after 60 s or more; twice that is how long a replaced raw text is taken for a stale read.
 * @see https://developers.cloudflare.com/kv/concepts/how-kv-works/#consistency
 */
export const STALE_READ_MS = 2 * 60_000;

const RETRY = { baseMs: 1000, maxMs: 60_000 };

export const COPY_NAMES: readonly CopyName[] = ["accepted", "raw"];

export const isPending = (copy: KvCopy): boolean => copy.wanted > copy.written;

/** When the next write or training is due, or undefined when KV holds what it should. */
export function dueAtMs(state: ConfigState): number | undefined {
  const pending = [...COPY_NAMES.map((name) => state.copies[name]).filter(isPending), ...(state.training ? [state.training] : [])];
  return pending.length === 0 ? undefined : Math.min(...pending.map((work) => work.dueAtMs));
}

export const want = (copy: KvCopy, nowMs: number): KvCopy => ({
  ...copy,
  wanted: copy.wanted + 1,
  wantedAtMs: nowMs,
  dueAtMs: copy.writtenAtMs === undefined ? nowMs : Math.max(nowMs, copy.writtenAtMs + KV_WRITE_SPACING_MS),
  failures: 0,
});

/** Somebody else wrote the key meanwhile: theirs stays. */
export const abandon = (copy: KvCopy): KvCopy => ({ ...copy, written: copy.wanted, failures: 0, lastError: undefined });

/** A later revision may be wanted already; then it is due after the spacing. */
export const wrote = (copy: KvCopy, revision: number, nowMs: number): KvCopy => ({
  ...copy,
  written: Math.max(copy.written, revision),
  writtenAtMs: nowMs,
  dueAtMs: nowMs + KV_WRITE_SPACING_MS,
  failures: 0,
  lastError: undefined,
});

export function failed(copy: KvCopy, failure: { readonly detail: string; readonly atMs: number; readonly dice: number }): KvCopy {
  const failures = copy.failures + 1;
  return { ...copy, failures, lastError: failure.detail, dueAtMs: failure.atMs + backoffMs(RETRY, failures, failure.dice) };
}

/** Until when a raw text counts as a stale read, or undefined. While its successor is not in KV yet, the window has not begun. */
export function staleUntilMs(state: ConfigState, entry: Superseded, nowMs: number): number | undefined {
  const { raw } = state.copies;
  const sinceMs = isPending(raw) && entry.atMs >= raw.wantedAtMs ? nowMs : entry.atMs;
  const untilMs = sinceMs + STALE_READ_MS;
  return untilMs > nowMs ? untilMs : undefined;
}

/** What was replaced by the text that has just reached KV is stale from now on, not from when it was decided. */
export const superseded = (state: ConfigState, nowMs: number): readonly Superseded[] =>
  state.superseded.map((entry) => (entry.atMs >= state.copies.raw.wantedAtMs ? { ...entry, atMs: Math.max(entry.atMs, nowMs) } : entry));
