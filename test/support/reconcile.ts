/** Compares what a platform sent with what instances received. Pure: the checker of the kill proof, itself checked with planted faults. */
export interface Sent {
  readonly account: string;
  readonly conversation: string;
  readonly update: number;
  readonly isAcknowledged: boolean;
}

export interface Received {
  /** Whose listener took it, and whose update it says to be. */
  readonly at: string;
  readonly account: string;
  readonly update: number;
  readonly instance: string;
  readonly atMs: number;
}

/** From the signal until the next incarnation answered. */
export interface Kill {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Verdict {
  readonly lost: readonly string[];
  /** `later before earlier`, by first receipts within one conversation. */
  readonly reordered: readonly string[];
  readonly crossed: readonly string[];
  /** Received, but never sent. */
  readonly invented: readonly string[];
  /** Received again although no kill lay between. */
  readonly doubled: readonly string[];
  /** Received again, with a kill between: what was in flight. */
  readonly repeated: readonly string[];
  /** Conversations that more than one instance received. */
  readonly wandered: readonly string[];
}

const nameOf = (what: { readonly account: string; readonly update: number }): string => `${what.account}#${what.update}`;

export function reconcile(sent: readonly Sent[], received: readonly Received[], kills: readonly Kill[]): Verdict {
  const receipts = Map.groupBy(received, nameOf);
  const known = new Map(sent.map((one) => [nameOf(one), one]));
  const again = [...receipts].flatMap(([name, copies]) =>
    copies.slice(1).map((copy, index) => ({ name, isDue: isDue(copies[index], copy, kills) })),
  );
  return {
    lost: sent.filter((one) => one.isAcknowledged && !receipts.has(nameOf(one))).map(nameOf),
    reordered: [...Map.groupBy(sent, (one) => `${one.account}/${one.conversation}`).values()].flatMap((lane) => inversions(lane, receipts)),
    crossed: received.filter((one) => one.at !== one.account).map(nameOf),
    invented: [...receipts.keys()].filter((name) => !known.has(name)),
    doubled: again.filter(({ isDue }) => !isDue).map(({ name }) => name),
    repeated: again.filter(({ isDue }) => isDue).map(({ name }) => name),
    wandered: wanderers(received, known),
  };
}

const isDue = (before: Received | undefined, copy: Received, kills: readonly Kill[]): boolean =>
  kills.some(({ fromMs, toMs }) => (before?.atMs ?? 0) <= toMs && copy.atMs >= fromMs);

/** `lane` in the order of sending; `receipts` keep the order of arrival. */
function inversions(lane: readonly Sent[], receipts: ReadonlyMap<string, readonly Received[]>): readonly string[] {
  const order = [...receipts.keys()];
  const rank = new Map(order.map((name, index) => [name, index]));
  const arrived = lane.map(nameOf).filter((name) => rank.has(name));
  return arrived.slice(1).flatMap((name, index) => {
    const earlier = arrived[index] ?? name;
    return (rank.get(name) ?? 0) < (rank.get(earlier) ?? 0) ? [`${name} before ${earlier}`] : [];
  });
}

function wanderers(received: readonly Received[], known: ReadonlyMap<string, Sent>): readonly string[] {
  const homes = Map.groupBy(received, (one) => `${one.account}/${known.get(nameOf(one))?.conversation}`);
  return [...homes].filter(([, all]) => new Set(all.map(({ instance }) => instance)).size > 1).map(([conversation]) => conversation);
}
