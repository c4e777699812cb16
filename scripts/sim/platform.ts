/** The platform that takes answers: it refuses, is slow, forgets to answer, and tells later what became of a message, sometimes first. */
import { noteOf } from "../../durable-objects/bot/note.ts";
import type { Answer, Entry } from "../../durable-objects/bot/outbox-state.ts";
import type { SendVerdict } from "../../src/channels/outgoing.ts";
import type { DeliveryStatus } from "../../src/core/delivery-status.ts";
import type { BotObject } from "./bot-object.ts";
import { isStormy, strikes, tell, type World } from "./world.ts";

const RETRY: SendVerdict = { kind: "retry", detail: "131000" };
const FIRST_RETRY_MS = 2000;
const MAX_RETRY_MS = 120_000;

export class Platform {
  readonly #world: World;
  #ids = 0;

  constructor(world: World) {
    this.#world = world;
  }

  send(bot: BotObject, entry: Entry, done: (answer: Answer) => void): void {
    const world = this.#world;
    const { platform } = world.plan.weather;
    const soonMs = world.dice.between(5, 200);
    if (strikes(world, platform)) {
      world.agenda.after(soonMs, () => done({ kind: "refused", verdict: this.#refusal() }));
      return;
    }
    const isHeard = !strikes(world, platform);
    const isTaken = isHeard || world.dice.chance(0.5);
    const isAnswered = isHeard && !strikes(world, platform * 0.5);
    const id = isTaken ? this.#take(bot, entry) : undefined;
    const answer: Answer = isAnswered ? { kind: "taken", id } : { kind: "unanswered", detail: "timeout" };
    if (!isAnswered) world.ledger.excuses(entry.key);
    world.agenda.after(isAnswered ? soonMs : 10_000, () => done(answer));
  }

  #refusal(): SendVerdict {
    const drawn = this.#world.dice.next();
    if (drawn < 0.5) return RETRY;
    if (drawn < 0.9) return { kind: "wait", scope: this.#world.dice.pick(["chat", "account"]), retryAfterMs: 2000, detail: "130429" };
    return drawn < 0.95 ? { kind: "stop", detail: "190" } : { kind: "give-up", detail: "131009" };
  }

  #take(bot: BotObject, entry: Entry): string {
    const world = this.#world;
    this.#ids += 1;
    const id = `wamid.${this.#ids}`;
    const isFailing = strikes(world, world.plan.weather.platform * 0.3);
    const isTemplate = entry.templateAt === entry.next;
    tell(world, () => `the person is shown ${isTemplate ? "the template" : `part ${entry.next + 1}`} of ${entry.key} (${id})`);
    if (!isTemplate) world.ledger.shown(entry.key, entry.next, isFailing);
    else if (isFailing) world.ledger.excuses(entry.key);
    this.#tellLater(bot, { messageId: id, note: noteOf(entry) }, isFailing);
    return id;
  }

  /** What became of it: late, early, twice, or never when all is well. */
  #tellLater(bot: BotObject, of: Omit<DeliveryStatus, "status">, isFailing: boolean): void {
    const world = this.#world;
    const last: DeliveryStatus = isFailing
      ? { ...of, status: "failed", error: { code: 131000, detail: "failed" } }
      : { ...of, status: "delivered" };
    const delayMs = world.dice.pick([1, 50, 1000, isStormy(world) ? 90_000 : 2000]);
    if (isFailing || !strikes(world, 0.2)) this.#hook(bot, last, delayMs);
    if (strikes(world, 0.1)) this.#hook(bot, { ...of, status: "sent" }, delayMs);
    if (strikes(world, 0.1)) this.#hook(bot, last, delayMs * 2);
  }

  /** By webhook, until it is acknowledged. */
  #hook(bot: BotObject, status: DeliveryStatus, delayMs: number, tries = 0): void {
    const world = this.#world;
    const verdict = status.status === "failed" ? world.dice.pick([RETRY, { kind: "give-up", detail: "131026" } as const]) : undefined;
    world.agenda.after(delayMs, () => {
      const isLost = strikes(world, world.plan.weather.lose);
      let isDone = false;
      if (!isLost) {
        bot.quietly(() => {
          bot.status(status, verdict);
          isDone = true;
        });
      }
      if (!isDone || strikes(world, 0.05)) this.#hook(bot, status, Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** tries), tries + 1);
    });
  }
}
