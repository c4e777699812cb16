/**
 * The bot object: a thin shell around `machine.ts`, and around the outbox, which keeps rows of its own. It reads the clock, applies
 * a step, performs its effects, and does the edge's own calls to the platform. One per account, in the account's residency.
 */
import { DurableObject } from "cloudflare:workers";
import { channels } from "../../src/channels/registry.ts";
import type { DeliveryStatus } from "../../src/core/delivery-status.ts";
import { fail, type Result } from "../../src/core/result.ts";
import type { Delta } from "../../src/core/series.ts";
import type { Reply, ReplyVerdict } from "../../src/ports/bots.ts";
import type { PermitRequest, PermitVerdict } from "../../src/ports/outbound.ts";
import { routesSource } from "../config/source.ts";
import { AlarmClock } from "../conversation/alarm-clock.ts";
import { conversationsOf } from "../conversation/stub.ts";
import type { Env } from "../env.ts";
import { knockTcp } from "../instance-http.ts";
import { ObjectClock } from "../object-clock.ts";
import { envSecrets, jsonLog, platformHttp, systemClock } from "../runtime.ts";
import * as machine from "./machine.ts";
import { NOTICE_MEMORY_MS, type Notice, sendNotice } from "./notice.ts";
import { type Host, OutboxDesk } from "./outbox-desk.ts";
import { OutboxRows } from "./outbox-rows.ts";
import { type Connection, connect, type PlatformProblem } from "./platform.ts";
import { knockingHttp } from "./platform-http.ts";
import type { Presence } from "./presence.ts";
import { BotStorage } from "./storage.ts";
import { checkWebhook, setWebhook, showWebhook, type WebhookAnswer, type WebhookDesk } from "./webhook.ts";

export class Bot extends DurableObject<Env> {
  readonly storage: BotStorage;
  readonly rows: OutboxRows;
  readonly clock: AlarmClock;
  readonly #outbox: OutboxDesk;
  readonly #ports = { http: platformHttp, clock: new ObjectClock(), log: jsonLog };
  #state: machine.BotState;
  /** How often this incarnation was asked or woken, operators aside: for the test that holds the budget. */
  requests = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.storage = new BotStorage(ctx.storage);
    this.rows = new OutboxRows(ctx.storage);
    this.clock = new AlarmClock(ctx);
    this.#state = machine.bornWith(this.storage.generations(), this.storage.fact("counters") ?? {});
    this.#outbox = new OutboxDesk(this.#host());
    ctx.blockConcurrencyWhile(async () => {
      await this.clock.load();
      this.#outbox.arm();
    });
  }

  #host(): Host {
    const isBare = this.env.JURISDICTIONS === "off";
    return {
      ...{ storage: this.storage, rows: this.rows, clock: this.clock, conversations: conversationsOf(this.env) },
      calls: { ...this.#ports, http: isBare ? knockingHttp(platformHttp, knockTcp(this.#ports.clock)) : platformHttp },
      connect: (account) => this.#connect(account),
      pacing: () => this.#state.pacing,
      setPacing: (pacing) => {
        this.#state = { ...this.#state, pacing };
      },
      background: (work) => this.ctx.waitUntil(work),
      tally: (delta) => this.#apply(machine.tally(this.#state, delta, systemClock.nowMs())),
    };
  }

  permit(account: string, request: PermitRequest): PermitVerdict {
    this.requests += 1;
    return this.#apply(machine.permit(this.#state, { ...request, account, nowMs: systemClock.nowMs() }));
  }

  penalize(penalty: Omit<machine.Penalty, "nowMs">): void {
    this.requests += 1;
    this.#apply(machine.penalize(this.#state, { ...penalty, nowMs: systemClock.nowMs() }));
  }

  suppressed(call: Omit<machine.Suppressed, "nowMs">): void {
    this.requests += 1;
    this.#apply(machine.suppressed(this.#state, { ...call, nowMs: systemClock.nowMs() }));
  }

  /** The generation whose token is in force. */
  issueToken(instance: string): number {
    return machine.generationOf(this.#state, instance);
  }

  /** The new generation; undefined when there is none left. */
  revokeToken(instance: string): number | undefined {
    return this.#apply(machine.revoke(this.#state, instance));
  }

  /** Claimed before it is sent, and sent behind the caller's back: a crash loses a notice rather than repeating it. */
  async notify(account: string, notice: Notice): Promise<void> {
    const nowMs = systemClock.nowMs();
    if (!this.storage.claimNotice(notice.key, nowMs, nowMs - NOTICE_MEMORY_MS)) return;
    const connection = await this.#connect(account);
    if (!connection.ok) return jsonLog.write({ level: "warn", event: "notice.failed", account, reason: connection.problem.kind });
    const request = { instance: "", generation: machine.generationOf(this.#state, ""), class: "notice", chat: notice.chat };
    const turn = this.permit(account, { ...request, pace: connection.value.platform.pace(notice.chat) });
    if (turn.verdict !== "go") return jsonLog.write({ level: "warn", event: "notice.failed", account, reason: turn.verdict });
    this.ctx.waitUntil(sendNotice(notice, connection.value, turn.waitMs, this.#ports));
  }

  /** Durable when it resolves. */
  reply(account: string, reply: Reply): Promise<ReplyVerdict> {
    this.requests += 1;
    return this.#outbox.reply(account, reply);
  }

  present(account: string, presence: Presence): Promise<void> {
    this.requests += 1;
    return this.#outbox.present(account, presence);
  }

  /** Durable when it resolves. */
  statuses(account: string, statuses: readonly DeliveryStatus[]): Promise<void> {
    this.requests += 1;
    return this.#outbox.statuses(account, statuses);
  }

  showWebhook(account: string, publicUrl: string): Promise<WebhookAnswer> {
    return this.#atDesk(account, publicUrl, showWebhook);
  }

  setWebhook(account: string, publicUrl: string): Promise<WebhookAnswer> {
    return this.#atDesk(account, publicUrl, setWebhook);
  }

  checkWebhook(account: string, publicUrl: string): Promise<WebhookAnswer> {
    return this.#atDesk(account, publicUrl, checkWebhook);
  }

  /** Totals since the account exists; what was counted since the last flush is written down first. */
  readMetrics(): Delta {
    this.#apply(machine.flush(this.#state));
    return this.#state.counters;
  }

  /** Never throws: what could not be done is done by the next one. */
  override async alarm(): Promise<void> {
    this.requests += 1;
    this.clock.rang();
    try {
      await this.#outbox.wake();
      this.#flushWhenDue();
    } catch (error) {
      jsonLog.write({ level: "error", event: "bot.error", detail: String(error) });
      this.clock.ringSoon();
    }
  }

  /** The sweeper's knock: whatever an alarm lost is taken up, and whoever took the webhook is reported. */
  async sweep(account: string, publicUrl?: string): Promise<void> {
    await this.alarm();
    if (publicUrl !== undefined) await this.checkWebhook(account, publicUrl);
  }

  /** The alarm rings for the outbox too, and far more often than counters are worth a row. */
  #flushWhenDue(): void {
    const { flushAtMs } = this.#state;
    const nowMs = systemClock.nowMs();
    if (flushAtMs !== undefined && flushAtMs > nowMs && !this.#outbox.isEmpty) {
      this.clock.ringBy(flushAtMs);
      return;
    }
    this.#apply(machine.flush(this.#state));
    this.storage.purgeNotices(nowMs - NOTICE_MEMORY_MS);
  }

  #connect(account: string): Promise<Result<Connection, PlatformProblem>> {
    return connect(account, { routes: routesSource(this.env), secrets: envSecrets(this.env), channels });
  }

  async #atDesk(account: string, publicUrl: string, act: (desk: WebhookDesk) => Promise<WebhookAnswer>): Promise<WebhookAnswer> {
    const connection = await this.#connect(account);
    if (!connection.ok) return fail(connection.problem);
    const nowMs = systemClock.nowMs();
    const secrets = envSecrets(this.env);
    return act({ connection: connection.value, publicUrl, storage: this.storage, secrets, nowMs, ...this.#ports });
  }

  #apply<Reply>(step: machine.Step<Reply>): Reply {
    this.#state = step.state;
    for (const effect of step.effects) this.#perform(effect);
    return step.reply;
  }

  #perform(effect: machine.BotEffect): void {
    if (effect.do === "arm-flush") this.clock.ringBy(effect.atMs);
    if (effect.do === "keep-counters") this.storage.keepFact("counters", effect.counters);
    if (effect.do === "keep-generation") this.storage.keepGeneration(effect.instance, effect.generation);
  }
}
