/** Chats that become others: what was handed over of each, and whom the other side was ever told of. */
import type { Pin } from "../../durable-objects/conversation/state.ts";

export class Continuations {
  readonly #handed = new Map<string, readonly Pin[]>();
  readonly #told = new Map<string, Set<string>>();

  /** A call that reaches the other side brings these: it may write them and die before it answers. */
  tells(conversation: string, pins: readonly Pin[]): void {
    const told = this.#told.get(conversation) ?? new Set();
    for (const { pool, instance } of pins) told.add(`${pool} ${instance}`);
    this.#told.set(conversation, told);
  }

  /** What the conversation had when it moved, and whom it found for what was left there. */
  hands(conversation: string, pins: readonly Pin[]): void {
    const before = (this.#handed.get(conversation) ?? []).filter(({ pool }) => !pins.some((pin) => pin.pool === pool));
    this.#handed.set(conversation, [...before, ...pins]);
  }

  /** Who knows what `conversation` was, if `instance` is not one of those: whom it has handed over or has told of may begin after it. */
  passedOver(conversation: string, pool: string, instance: string | undefined): string | undefined {
    const pin = this.#handed.get(conversation)?.find((one) => one.pool === pool);
    if (pin === undefined || pin.instance === instance) return undefined;
    return this.#told.get(conversation)?.has(`${pool} ${instance}`) === true ? undefined : pin.instance;
  }
}
