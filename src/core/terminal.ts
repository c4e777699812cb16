/**
 * The one terminal state every acknowledged message ends in; `waiting` is the only one that is not terminal. `answered` is for
 * links that bring the answer back themselves. A repeat has no state of its own: its first copy has one.
 */
export type TerminalState = "delivered" | "answered" | "dead" | "limited" | "rejected" | "expired" | "ignored";

export type MessageState = "waiting" | TerminalState;
