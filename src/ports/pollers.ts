/** Travels over RPC and in addresses between Worker and object: additive changes only. */
export interface PollAsk {
  readonly account: string;
  /** Of the edge token it came with. */
  readonly generation: number;
  readonly offset: number;
  readonly limit: number;
  readonly waitMs: number;
  /** Undefined: the kinds asked for before. */
  readonly kinds?: readonly string[];
}

export type PollVerdict =
  /** The platform's answer, as it goes to the poller. */
  | { readonly verdict: "answer"; readonly body: string }
  /** Nothing came in time. */
  | { readonly verdict: "nothing" }
  /** The token was revoked. */
  | { readonly verdict: "revoked" }
  /** Another poller came while this one waited. */
  | { readonly verdict: "conflict" };

/** The outboxes of instances as their pollers see them; `Polls` is the other side. Both reject when the outbox cannot be asked. */
export interface Pollers {
  /** Waits up to `waitMs`, and a little longer where two pollers are at odds; no longer than until the poller is `gone`. */
  ask(instance: string, ask: PollAsk, gone?: AbortSignal): Promise<PollVerdict>;
  /** How many updates wait for it; undefined when the token was revoked. */
  pending(instance: string, caller: { readonly account: string; readonly generation: number }): Promise<number | undefined>;
}
