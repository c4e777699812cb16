/**
 * The one Config object: takes offers, keeps state and history, and writes the KV copies from its alarm, which alone writes them,
 * so that an older copy cannot overtake a newer one. What is right and what follows is decided in `machine.ts`.
 */
import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";
import { jsonLog, systemClock, webDice } from "../runtime.ts";
import { COPY_NAMES, dueAtMs, isPending } from "./copies.ts";
import { judge, reread } from "./judge.ts";
import { type AcceptedCopy, hashOf } from "./kv.ts";
import { step } from "./machine.ts";
import { Outdated } from "./outdated.ts";
import { acceptedCopy, PUBLISH_LEASE_MS, writeCopy } from "./publish.ts";
import type { CanaryEvent, ConfigAnswer, ConfigEvent, ConfigState, CopyName, DocumentFacts, OfferSource } from "./state.ts";
import { type ConfigStatus, statusOf } from "./status.ts";
import { ConfigStorage } from "./storage.ts";

export interface Offer {
  readonly text: string;
  readonly source: OfferSource;
  readonly by?: string | undefined;
  readonly restoredFrom?: number | undefined;
}

export interface DrainOptions {
  readonly isReturning?: boolean | undefined;
}

export type RollbackAnswer = ConfigAnswer | { readonly status: "unknown-number"; readonly kept: readonly number[] };

export class Config extends DurableObject<Env> {
  readonly #storage: ConfigStorage;
  readonly #outdated = new Outdated();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#storage = new ConfigStorage(ctx.storage);
    void ctx.blockConcurrencyWhile(async () => {
      const hasWork = dueAtMs(this.#storage.load()) !== undefined;
      if (hasWork && (await ctx.storage.getAlarm()) === null) await this.#arm();
    });
  }

  async offer({ text, source, by, restoredFrom }: Offer): Promise<ConfigAnswer> {
    const hash = await hashOf(text);
    return this.#take({ kind: "offered", hash, verdict: judge(text), source, by, restoredFrom, atMs: systemClock.nowMs() }, text);
  }

  /** The text that was in force under `number` comes back under a new number. */
  async rollback(number: number, by?: string): Promise<RollbackAnswer> {
    const text = number > this.#storage.load().number ? undefined : this.#storage.textAt(number);
    if (text === undefined) return { status: "unknown-number", kept: this.history().map((facts) => facts.number) };
    return this.offer({ text, source: "rollback", by, restoredFrom: number });
  }

  async setDraining(instance: string, isDraining: boolean, by?: string, more: DrainOptions = {}): Promise<ConfigAnswer> {
    return this.#take({ kind: "drain-set", instance, isDraining, by, ...more, atMs: systemClock.nowMs() });
  }

  async changeCanary(event: CanaryEvent): Promise<ConfigAnswer> {
    return this.#take(event);
  }

  /** What is in force, as KV should hold it; undefined when no document was ever accepted. */
  current(): AcceptedCopy | undefined {
    const state = this.#storage.load();
    const text = this.#storage.textAt(state.number);
    return text === undefined ? undefined : acceptedCopy(state, text);
  }

  /** The newest document before the one in force that this build can serve, under the number it had. */
  earlier(): AcceptedCopy | undefined {
    const state = this.#storage.load();
    const before = state.document?.number ?? 0;
    for (const { number } of this.#storage.history()) {
      const text = number < before ? this.#storage.textAt(number) : undefined;
      if (text !== undefined && reread(text).ok) return { ...acceptedCopy(state, text), number };
    }
    return undefined;
  }

  status(): ConfigStatus {
    const state = this.#storage.load();
    return statusOf(
      state,
      this.#outdated.of(state, () => ({ text: this.#storage.textAt(state.number), earlier: () => this.earlier()?.number })),
    );
  }

  /** Newest first. */
  history(): readonly DocumentFacts[] {
    return this.#storage.history();
  }

  /** Never throws: the lease, armed before anything is tried, is the next try. */
  override async alarm(): Promise<void> {
    try {
      await this.ctx.storage.setAlarm(systemClock.nowMs() + PUBLISH_LEASE_MS);
      for (const copy of COPY_NAMES) await this.#publish(copy);
      await this.#arm();
    } catch (error) {
      jsonLog.write({ level: "error", event: "routes.unpublished", detail: String(error) });
    }
  }

  async #publish(name: CopyName): Promise<void> {
    const copy = this.#storage.load().copies[name];
    const current = this.current();
    if (!isPending(copy) || copy.dueAtMs > systemClock.nowMs() || current === undefined) return;
    const detail = await writeCopy(this.env.ROUTES, name, current);
    const atMs = systemClock.nowMs();
    if (detail === undefined) this.#commit({ kind: "written", copy: name, revision: copy.wanted, atMs });
    else this.#commit({ kind: "unwritten", copy: name, detail, atMs, dice: webDice.next() });
  }

  async #take(event: ConfigEvent, text?: string): Promise<ConfigAnswer> {
    const answer = this.#commit(event, text);
    await this.#arm();
    return answer;
  }

  #commit(event: ConfigEvent, text = ""): ConfigAnswer {
    const before: ConfigState = this.#storage.load();
    const { state, answer, keep, log } = step(before, event);
    this.ctx.storage.transactionSync(() => {
      if (state !== before) this.#storage.save(state);
      if (keep !== undefined) this.#storage.keep(keep, text);
    });
    for (const line of log) jsonLog.write(line);
    return answer;
  }

  /** Called in the same turn as the commit, so that both are one write. */
  async #arm(): Promise<void> {
    const dueMs = dueAtMs(this.#storage.load());
    if (dueMs === undefined) await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(dueMs);
  }
}
