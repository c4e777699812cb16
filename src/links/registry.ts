/** Every link that is built, by name. */
import { chat } from "./chat/index.ts";
import { native } from "./native/index.ts";
import { poll } from "./poll/index.ts";

export const links = { native, poll, chat } as const;
