/**
 * The one Config object: takes offers, keeps state and history, and writes the KV copies from its alarm, which alone writes them,
 * so that an older copy cannot overtake a newer one; the alarm alone trains, too. What is right and what follows is decided in
 * `machine.ts`.
 */
import { DurableObject } from "cloudflare:workers";
import { trainInSteps } from "../../src/classify/intents/train.ts";
import type { Env } from "../env.ts";
import { jsonLog, systemClock, webDice } from "../runtime.ts";
import { COPY_NAMES, dueAtMs, isPending } from "./copies.ts";
import { nameOf, openedAs, usable } from "./intents.ts";
import { compile, judge } from "./judge.ts";
import { type AcceptedCopy, hashOf } from "./kv.ts";
import { step } from "./machine.ts";
import { Outdated } from "./outdated.ts";
import { acceptedCopy, PUBLISH_LEASE_MS, Publisher } from "./publish.ts";
import type { CanaryEvent, ConfigAnswer, ConfigEvent, ConfigState, CopyName, DocumentFacts } from "./state.ts";
import { type ConfigStatus, statusOf } from "./status.ts";
import { ConfigStorage } from "./storage.ts";
import type { DrainOptions, Offer, RollbackAnswer } from "./stub.ts";
import { type Matter, type Train, trainingOf } from "./trainer.ts";
import { untrainable } from "./training.ts";

export class Config extends DurableObject<Env> {
  readonly #storage: ConfigStorage;
  readonly #publisher: Publisher;
  readonly #outdated = new Outdated();
  /** How intents are learned. Not private, so that a test can have it fail. */
  train: Train = trainInSteps;
  #progress = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#storage = new ConfigStorage(ctx.storage);
    this.#publisher = new Publisher(env.ROUTES, this.#storage.artefacts);
    void ctx.blockConcurrencyWhile(async () => {
      await this.#relearn();
      const hasWork = this.#dueAtMs() !== undefined;
      if (hasWork && (await ctx.storage.getAlarm()) === null) await this.#arm();
    });
  }

  /** A text that comes without an artefact has the one it was last in force with. */
  async offer({ artefact: given, text, ...asked }: Offer): Promise<ConfigAnswer> {
    const hash = await hashOf(text);
    const artefact = given ?? usable(this.model(this.#storage.modelOf(hash)));
    const model = artefact && (await nameOf(artefact));
    const verdict = judge(text, artefact, this.#storage.load());
    return this.#take({ kind: "offered", ...asked, hash, verdict, model, atMs: systemClock.nowMs() }, { text, artefact });
  }

  /** The text that was in force under `number` comes back under a new number, and its model with it. */
  async rollback(number: number, by?: string): Promise<RollbackAnswer> {
    const kept = number > this.#storage.load().number ? undefined : this.#storage.documentAt(number);
    if (kept === undefined) return { status: "unknown-number", kept: this.history().map((facts) => facts.number) };
    return this.offer({ text: kept.text, source: "rollback", by, restoredFrom: number, artefact: usable(this.model(kept.model)) });
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
    const kept = this.#storage.documentAt(state.number);
    return kept === undefined ? undefined : acceptedCopy(state, kept, this.#storage.residencies());
  }

  /** An artefact by its name, as long as a kept document has it. */
  model(name: string | undefined): Uint8Array | undefined {
    return name === undefined ? undefined : this.#storage.artefacts.read(name);
  }

  /** The newest document before the one in force that this build can serve, under the number it had. */
  earlier(): AcceptedCopy | undefined {
    const state = this.#storage.load();
    const before = state.document?.number ?? 0;
    for (const { number } of this.#storage.history()) {
      const kept = number < before ? this.#storage.documentAt(number) : undefined;
      const copy = kept && { ...acceptedCopy(state, kept, this.#storage.residencies()), number };
      if (copy !== undefined && compile(copy, openedAs(this.model(copy.model))).ok) return copy;
    }
    return undefined;
  }

  status(): ConfigStatus {
    const state = this.#storage.load();
    const kept = () => {
      const current = this.current();
      return { current, opened: openedAs(this.model(current?.model)), earlier: () => this.earlier()?.number };
    };
    return statusOf(state, this.#outdated.of(state, kept), this.#progress);
  }

  /** Newest first. */
  history(): readonly DocumentFacts[] {
    return this.#storage.history();
  }

  /** Never throws: the lease, armed before anything is tried, is the next try. */
  override async alarm(): Promise<void> {
    try {
      await this.ctx.storage.setAlarm(systemClock.nowMs() + PUBLISH_LEASE_MS);
      await this.#publish();
      await this.#train();
      await this.#publisher.dropUnnamed();
      await this.#arm();
    } catch (error) {
      jsonLog.write({ level: "error", event: "routes.unpublished", detail: String(error) });
    }
  }

  async #publish(): Promise<void> {
    for (const copy of COPY_NAMES) await this.#publishOne(copy);
  }

  async #publishOne(name: CopyName): Promise<void> {
    const copy = this.#storage.load().copies[name];
    const current = this.current();
    if (!isPending(copy) || copy.dueAtMs > systemClock.nowMs() || current === undefined) return;
    const detail = await this.#publisher.write(name, current);
    const atMs = systemClock.nowMs();
    if (detail === undefined) this.#commit({ kind: "written", copy: name, revision: copy.wanted, atMs });
    else this.#commit({ kind: "unwritten", copy: name, detail, atMs, dice: webDice.next() });
  }

  /** That it begins is on disk before it does, for it may take the object with it. What is offered meanwhile goes before what it gives. */
  async #train(): Promise<void> {
    const wanted = this.#storage.load().training;
    if (wanted === undefined || wanted.dueAtMs > systemClock.nowMs()) return;
    this.#commit({ kind: "training-began", atMs: systemClock.nowMs() });
    await this.#arm();
    await this.ctx.storage.sync();
    const { hash } = wanted;
    if (this.#storage.load().training?.hash !== hash) return;
    this.#progress = 0;
    const text = this.#storage.textInTraining();
    const { outcome, artefact } = await trainingOf(text, this.train, {
      onProgress: (done) => {
        this.#progress = done;
      },
      state: () => this.#storage.load(),
      pause: async () => {
        await this.#publish();
        return this.#storage.load().training?.hash === hash;
      },
    });
    this.#commit({ kind: "training-ended", hash, outcome, atMs: systemClock.nowMs() }, { text, artefact });
  }

  /** A newer build may not open what an older one learned: where the examples stand in the document, it learns them anew. */
  async #relearn(): Promise<void> {
    const state = this.#storage.load();
    const kept = this.#storage.documentAt(state.number);
    if (kept?.model === undefined || state.training !== undefined || usable(this.model(kept.model)) !== undefined) return;
    const isHopeless = untrainable(state, state.document?.hash ?? "") !== undefined;
    if (isHopeless || !judge(kept.text).ok) return;
    await this.offer({ text: kept.text, source: "rollback", restoredFrom: state.number, isLearnedAnew: true });
  }

  async #take(event: ConfigEvent, matter?: Matter): Promise<ConfigAnswer> {
    const answer = this.#commit(event, matter);
    await this.#arm();
    return answer;
  }

  #commit(event: ConfigEvent, { text, artefact }: Matter = { text: "" }): ConfigAnswer {
    const before: ConfigState = this.#storage.load();
    const { state, answer, keep, isToBeTrained, log } = step(before, event);
    this.ctx.storage.transactionSync(() => {
      if (state !== before) this.#storage.save(state);
      if (keep !== undefined) this.#storage.keep(keep, text);
      if (keep?.model !== undefined && artefact !== undefined) this.#storage.artefacts.keep(keep.model, artefact);
      if (isToBeTrained === true) this.#storage.waitForTraining(text);
      else if (state.training === undefined && before.training !== undefined) this.#storage.waitForTraining(undefined);
    });
    for (const line of log) jsonLog.write(line);
    return answer;
  }

  /** An artefact that nobody names is left by a delete that failed, or is about to go after the copy that is due. */
  #dueAtMs(): number | undefined {
    const hasUnnamed = this.#storage.artefacts.unnamed().length > 0;
    return dueAtMs(this.#storage.load()) ?? (hasUnnamed ? systemClock.nowMs() + PUBLISH_LEASE_MS : undefined);
  }

  /** Called in the same turn as the commit, so that both are one write. */
  async #arm(): Promise<void> {
    const dueMs = this.#dueAtMs();
    if (dueMs === undefined) await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(dueMs);
  }
}
