/** The ways a message can be handed to an instance. What each of them is stands in `src/links/`. */
export type LinkName = "native" | "poll" | "chat" | "relay";
