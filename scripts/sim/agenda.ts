/** The world's time: what is due next happens next, and no time passes in between. Equal times keep the order in which they were planned. */
interface Due {
  readonly atMs: number;
  readonly serial: number;
  readonly happen: () => void;
}

const isBefore = (left: Due, right: Due): boolean => left.atMs < right.atMs || (left.atMs === right.atMs && left.serial < right.serial);

export class Agenda {
  nowMs = 0;
  /** How much has happened. */
  count = 0;
  #serial = 0;
  /** A binary heap. */
  readonly #heap: Due[] = [];

  after(delayMs: number, happen: () => void): void {
    this.#serial += 1;
    this.#push({ atMs: this.nowMs + Math.max(0, delayMs), serial: this.#serial, happen });
  }

  /** Until `isOver` says so, nothing is left to happen, or it is `untilMs`. */
  run(untilMs: number, isOver: () => boolean): void {
    while (!isOver()) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) return;
      this.#pop();
      this.nowMs = next.atMs;
      this.count += 1;
      next.happen();
    }
  }

  #push(due: Due): void {
    let index = this.#heap.length;
    this.#heap.push(due);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#heap[parent];
      if (above === undefined || !isBefore(due, above)) break;
      this.#heap[index] = above;
      index = parent;
    }
    this.#heap[index] = due;
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let index = 0;
    for (;;) {
      const child = this.#smallerChild(index);
      const below = this.#heap[child];
      if (below === undefined || !isBefore(below, last)) break;
      this.#heap[index] = below;
      index = child;
    }
    this.#heap[index] = last;
  }

  #smallerChild(index: number): number {
    const left = 2 * index + 1;
    const [one, other] = [this.#heap[left], this.#heap[left + 1]];
    return one !== undefined && other !== undefined && isBefore(other, one) ? left + 1 : left;
  }
}
