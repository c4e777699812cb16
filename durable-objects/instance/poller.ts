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
  /** What its last question asked from, as long as this incarnation lives. */
  readonly askedFrom?: number | undefined;
}

/** What operators are told of it. */
export interface PollerDetails {
  readonly account: string;
  /** 0: never. */
  readonly calledAtMs: number;
  readonly isWaiting: boolean;
  readonly isSilent: boolean;
  /** Updates that are offered to it and not confirmed. */
  readonly open: number;
}

/**
 * A poller that does not wait, and asks the same again within 3 s, waits a little all the same: in a loop without a pause it would
 * ask hundreds of times a second. The platform's own server lets it wait for those 3 s.
 * @see https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp (`process_get_updates_query`)
 */
export const FLOOR_MS = 1000;
const HOT_MS = 3000;

export const isHot = (
  { askedFrom, calledAtMs }: Poller,
  asks: { readonly offset: number; readonly waitMs: number; readonly nowMs: number },
) => asks.waitMs === 0 && asks.offset === askedFrom && asks.nowMs - calledAtMs < HOT_MS;

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
  readonly offset?: number;
  readonly kinds?: readonly string[] | undefined;
  readonly nowMs: number;
}

/** `isNews`: worth a row. */
export function called(poller: Poller, { offset, kinds, nowMs }: Call): { readonly poller: Poller; readonly isNews: boolean } {
  const wants = kinds ?? poller.kinds;
  const isOther = wants.join() !== poller.kinds.join();
  const isNews = isOther || nowMs - poller.writtenAtMs >= COARSE_MS;
  const writtenAtMs = isNews ? nowMs : poller.writtenAtMs;
  return { poller: { ...poller, kinds: wants, calledAtMs: nowMs, writtenAtMs, askedFrom: offset }, isNews };
}

/** How long it has been silent, once that is too long; undefined while it is there. */
export function silentForMs(poller: Poller, nowMs: number): number | undefined {
  const silence = nowMs - poller.calledAtMs;
  return silence >= SILENT_AFTER_MS ? silence : undefined;
}

/** "for 130 s", "ever": the end of a sentence that begins with "has not called". */
export const silenceOf = ({ calledAtMs }: Pick<Poller, "calledAtMs">, nowMs: number): string =>
  calledAtMs === 0 ? "ever" : `for ${Math.floor((nowMs - calledAtMs) / 1000)} s`;
