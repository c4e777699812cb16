/**
 * One look at KV on behalf of an isolate: takes what is newer, offers a raw text nobody dealt with, asks the Config object where KV
 * cannot help. Never goes back to a lower number, never throws, and may be abandoned at any await.
 */
import { ok, type Result } from "../../src/core/result.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Log } from "../../src/ports/log.ts";
import { STALE_READ_MS } from "./copies.ts";
import { within } from "./deadline.ts";
import { NO_MODEL, NONE, nameOf, type Opened, open } from "./intents.ts";
import type { Compiled } from "./judge.ts";
import { type AcceptedCopy, hashOf, readAccepted, readModel, readRaw } from "./kv.ts";
import { isBelow, type Memory, numberIn } from "./memory.ts";
import type { ConfigApi } from "./stub.ts";

export interface SourceDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly config: Pick<ConfigApi, "offer" | "current" | "earlier" | "model">;
  readonly compile: (copy: AcceptedCopy, opened: Opened, orWithout?: boolean) => Result<Compiled, string>;
  /** Lets work outlive the request that began it, where the platform can. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

export interface Looking extends SourceDeps {
  readonly kv: KVNamespace;
  readonly ttlMs: number;
  readonly memory: Memory;
}

/** A config that does not come within this time is no config: the platform repeats its delivery. */
const READ_TIMEOUT_MS = 3000;

export async function refresh(looking: Looking): Promise<void> {
  const { clock, kv, ttlMs, memory } = looking;
  memory.refreshStartedAtMs = clock.nowMs();
  const [accepted, raw] = await Promise.all([
    answered(looking, "accepted", () => readAccepted(kv, ttlMs)),
    answered(looking, "routes", () => readRaw(kv, ttlMs)),
  ]);
  const inKv = accepted?.ok === true ? accepted.value : undefined;
  if (inKv !== undefined) await install(looking, inKv);
  // Who cannot read KV must learn of a drain all the same.
  const needsMore = accepted?.ok !== true || memory.snapshot === undefined || isBelow(memory, inKv?.number ?? 0);
  const known = (needsMore ? await askConfig(looking) : undefined) ?? inKv;
  if (raw?.ok === true && raw.value !== undefined) await offerUnknown(looking, raw.value, known);
  if (memory.snapshot === undefined && memory.uncompilable > 0) await fallBack(looking);
  memory.checkedAtMs = clock.nowMs();
}

/** What the Config object says is in force, installed when it is newer. */
export async function askConfig(looking: Looking): Promise<AcceptedCopy | undefined> {
  const copy = await attempt(looking, "config", () => looking.config.current());
  if (copy !== undefined) await install(looking, copy);
  return copy;
}

async function offerUnknown(looking: Looking, text: string, known: AcceptedCopy | undefined): Promise<void> {
  const { clock, memory, config } = looking;
  const hash = await hashOf(text);
  if (hash === known?.rawHash && !known.isRawRejected) return;
  if ((memory.offered.get(hash) ?? Number.NEGATIVE_INFINITY) > clock.nowMs()) return;
  const answer = await attempt(looking, "config", () => config.offer({ text, source: "raw" }));
  if (answer === undefined) return;
  memory.offered.clear();
  memory.offered.set(hash, answer.status === "ignored" ? answer.againAtMs : clock.nowMs() + STALE_READ_MS);
  const isNewer = (answer.status === "accepted" || answer.status === "unchanged") && answer.number > numberIn(memory);
  if (isNewer) await askConfig(looking);
}

/**
 * Compiles a number once per isolate. One that does not compile is logged once, and what was in force stays. So it does while the
 * model of the next cannot be had, which is tried again. One that this build cannot open stops no number, for a drain has one too: the
 * same text keeps the model it has, and another goes without.
 */
async function install(looking: Looking, copy: AcceptedCopy): Promise<void> {
  const { memory, compile } = looking;
  if (!isNews(memory, copy)) return;
  const opened = await openedFor(looking, copy);
  if (!isNews(memory, copy)) return;
  if (opened === undefined) return refuse(looking, copy, `intents: its model ${copy.model} cannot be had`);
  const held = opened.ok || copy.text !== memory.text ? undefined : memory.snapshot?.intents;
  const compiled = compile(copy, held === undefined ? opened : ok(held), true);
  if (compiled.ok) return serve(looking, copy, { ...compiled.value, reason: compiled.value.reason ?? problemOf(opened) });
  if (compiled.problem !== NO_MODEL) memory.uncompilable = copy.number;
  refuse(looking, copy, compiled.problem);
}

const problemOf = (opened: Opened): string | undefined => (opened.ok ? undefined : opened.problem);

const isNews = (memory: Memory, { number }: AcceptedCopy): boolean => number > numberIn(memory) && number !== memory.uncompilable;

function serve({ memory, log }: Looking, copy: AcceptedCopy, { snapshot, setAside, reason }: Compiled): void {
  memory.snapshot = snapshot;
  memory.model = copy.model;
  memory.text = copy.text;
  if (reason === undefined) return;
  log.write({ level: "error", event: "routes.outdated", number: copy.number, setAside: setAside.join(" "), reason });
}

function refuse({ memory, log }: Looking, { number }: AcceptedCopy, reason: string): void {
  if (memory.refused === number) return;
  memory.refused = number;
  log.write({ level: "error", event: "routes.uncompilable", number, inForce: numberIn(memory), reason });
}

/** The model that a copy names: the one in use, KV's, or the Config object's. Undefined when nobody has it just now. */
async function openedFor(looking: Looking, { model: name }: AcceptedCopy): Promise<Opened | undefined> {
  const { memory, kv, config } = looking;
  if (name === undefined) return NONE;
  const inUse = memory.model === name ? memory.snapshot?.intents : undefined;
  if (inUse !== undefined) return ok(inUse);
  const places = [
    ["model", () => readModel(kv, name)],
    ["config", () => config.model(name)],
  ] as const;
  for (const [from, read] of places) {
    const artefact = await attempt(looking, from, read);
    if (artefact !== undefined && (await nameOf(artefact)) === name) return open(artefact);
  }
  return undefined;
}

/** For a cold isolate whose build cannot serve what is in force, not even in part: the newest one before it that it can. */
async function fallBack(looking: Looking): Promise<void> {
  const { memory, log, compile } = looking;
  const copy = await attempt(looking, "config", () => looking.config.earlier());
  const opened = copy && (await openedFor(looking, copy));
  const compiled = opened && compile(copy, opened, true);
  if (copy === undefined || compiled?.ok !== true || memory.snapshot !== undefined) return;
  serve(looking, copy, compiled.value);
  log.write({ level: "error", event: "routes.fell-back", number: memory.uncompilable, inForce: copy.number });
}

async function answered<T>(looking: Looking, from: string, read: () => Promise<Result<T, string>>): Promise<Result<T, string> | undefined> {
  const result = await attempt(looking, from, read);
  if (result?.ok === false) looking.log.write({ level: "warn", event: "routes.unreadable", from, detail: result.problem });
  return result;
}

/** Undefined when it throws or takes too long; both are logged. */
async function attempt<T>({ clock, log }: Looking, from: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await within(clock, READ_TIMEOUT_MS, work());
  } catch (error) {
    log.write({ level: "warn", event: "routes.unreadable", from, detail: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}
