/** The stand-in gateway's way to Telegram: the same calls, in the same order, and the same reactions to refusals as a real one. Outermost edge only. */
import * as z from "zod";
import { sleep } from "./http-service.ts";

export interface BotOptions {
  /** Bot-API-shaped root, without `/bot<token>`. */
  readonly apiRoot: string;
  readonly token: string;
  readonly isStopped: () => boolean;
}

const answer = z.looseObject({ ok: z.boolean(), parameters: z.looseObject({ retry_after: z.number().optional() }).optional() });

/** What a call came to: taken, refused for good, or cut off by the end of the process. */
export type Called = "ok" | "refused" | "stopped";

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 5_000;
const SET_WEBHOOK_PAUSE_MS = 5_000;

/** How long to wait before another try; undefined when there is no use in one. */
async function callOnce({ apiRoot, token }: BotOptions, method: string, params: object): Promise<number | undefined | Called> {
  try {
    const init = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(params),
      redirect: "manual",
    } as const;
    const response = await fetch(`${apiRoot}/bot${token}/${method}`, init);
    const json: unknown = await response.json().catch(() => undefined);
    // Cut off within a success: to a gateway's client that is a broken connection.
    if (response.ok && json === undefined) return undefined;
    const { data } = answer.safeParse(json);
    if (response.ok && data?.ok === true) return "ok";
    if (response.status === 429) return (data?.parameters?.retry_after ?? 1) * 1_000;
    return response.status >= 500 ? undefined : "refused";
  } catch {
    return undefined;
  }
}

/** Tries again while the API is out of reach, in trouble, or asks for patience. A refusal (4xx) is final. */
export async function callApi(bot: BotOptions, method: string, params: object): Promise<Called> {
  for (let pauseMs = FIRST_PAUSE_MS; !bot.isStopped(); pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    const result = await callOnce(bot, method, params);
    if (typeof result === "string") return result;
    await sleep(result ?? pauseMs);
  }
  return "stopped";
}

/** The update kinds a gateway asks for; the exact list is of no consequence. */
const ALLOWED_UPDATES = [
  "message",
  "edited_message",
  "channel_post",
  "edited_channel_post",
  "callback_query",
  "message_reaction",
  "my_chat_member",
];

/** What a gateway does at start: it looks at the bot twice, claims the webhook for itself, and clears the command list. */
export async function claimBot(bot: BotOptions, webhook: { readonly url: string; readonly secret: string }): Promise<void> {
  await callApi(bot, "getMe", {});
  await callApi(bot, "getMe", {});
  const claim = { url: webhook.url, secret_token: webhook.secret, allowed_updates: ALLOWED_UPDATES };
  for (
    let pauseMs = SET_WEBHOOK_PAUSE_MS;
    (await callApi(bot, "setWebhook", claim)) === "refused";
    pauseMs = Math.min(pauseMs * 2, 60_000)
  ) {
    await sleep(pauseMs);
    if (bot.isStopped()) return;
  }
  await callApi(bot, "deleteMyCommands", {});
}
