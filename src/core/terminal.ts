/** The one terminal state every acknowledged message ends in; `waiting` is the only one that is not terminal. */
export type TerminalState = "delivered" | "answered" | "dead" | "limited" | "rejected" | "expired" | "ignored" | "duplicate";

export type MessageState = "waiting" | TerminalState;
