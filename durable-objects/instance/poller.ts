/**
 * Who asks for the updates of one account, as a value: which tokens count, what it wants, when it last called. Written down
 * coarsely, for a call every half minute must not cost a row each. Pure.
 */
export interface Poller {
  readonly account: string;
  /** The lowest generation of edge tokens in force; undefined until the bot was asked. */
  readonly generation: number | undefined;
  /** As the last list named them; empty: the platform's default. */
  readonly kinds: readonly string[];
  /** No id below it is given: a poller once wanted none. */
  readonly floor: number;
  /** 0: never. */
  readonly calledAtMs: number;
  /** What of `calledAtMs` is written down. */
  readonly writtenAtMs: number;
}

/** A poller that neither waits nor has called for so long is not there. The longest a platform lets one wait is 50 s. */
export const SILENT_AFTER_MS = 120_000;

/** At most one row in this time for calls alone. */
const COARSE_MS = 60_000;

export const newPoller = (account: string): Poller => ({
  account,
  generation: undefined,
  kinds: [],
  floor: 1,
  calledAtMs: 0,
  writtenAtMs: 0,
});

/** What was written may be that much older than the last call: nobody is called silent for what the edge forgot. */
export const wakened = (poller: Poller, nowMs: number): Poller => ({
  ...poller,
  calledAtMs: poller.writtenAtMs === 0 ? 0 : Math.max(poller.writtenAtMs, Math.min(nowMs, poller.writtenAtMs + COARSE_MS)),
});

export interface Call {
  readonly kinds?: readonly string[] | undefined;
  readonly nowMs: number;
}

/** `isNews`: worth a row. */
export function called(poller: Poller, { kinds, nowMs }: Call): { readonly poller: Poller; readonly isNews: boolean } {
  const wants = kinds ?? poller.kinds;
  const isOther = wants.join() !== poller.kinds.join();
  const isNews = isOther || nowMs - poller.writtenAtMs >= COARSE_MS;
  return { poller: { ...poller, kinds: wants, calledAtMs: nowMs, writtenAtMs: isNews ? nowMs : poller.writtenAtMs }, isNews };
}

/** How long it has been silent, once that is too long; undefined while it is there. */
export function silentForMs(poller: Poller, nowMs: number): number | undefined {
  const silence = nowMs - poller.calledAtMs;
  return silence >= SILENT_AFTER_MS ? silence : undefined;
}

/** "for 130 s", "ever": the end of a sentence that begins with "has not called". */
export const silenceOf = ({ calledAtMs }: Pick<Poller, "calledAtMs">, nowMs: number): string =>
  calledAtMs === 0 ? "ever" : `for ${Math.floor((nowMs - calledAtMs) / 1000)} s`;
