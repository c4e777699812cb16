/** Files people sent, fetched with their account's own token, from the platform's hosts only. */
import { channels } from "../src/channels/registry.ts";
import { fail } from "../src/core/result.ts";
import type { Media } from "../src/ports/media.ts";
import type { Env } from "./env.ts";

export const mediaOf = (_env: Env): Media => ({
  find: async (account) => fail(`no files of ${account} can be had: ${channels.size}`),
});
