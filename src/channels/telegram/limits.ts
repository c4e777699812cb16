/** Telegram's numbers: sizes, ages and paces, each with its source. Never a policy of ours. */
import type { ChannelLimits } from "../channel.ts";

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;

/**
 * Telegram keeps an update of at most 512 KiB in its queue, and a gateway's own webhook reads at most 1 MiB.
 * @see https://github.com/tdlib/td/blob/master/tddb/td/db/TQueue.cpp
 */
const MAX_UPDATE_BYTES = 1024 * 1024;

/**
 * How long Telegram keeps most updates, counted from the date of what happened: messages, edits, reactions, members, boosts.
 * @see https://core.telegram.org/bots/api#getting-updates
 */
export const UPDATE_LIFETIME_MS = 24 * HOUR_MS;

/**
 * Button presses, shipping and checkout queries cannot be answered later than this.
 * @see https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp (`add_update`)
 */
export const QUERY_LIFETIME_MS = 150 * SECOND_MS;

/** @see https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp (`add_update`) */
export const CHOSEN_INLINE_LIFETIME_MS = 600 * SECOND_MS;

/** @see https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp (`add_update`) */
export const INLINE_LIFETIME_MS = 30 * SECOND_MS;

/** Counted in UTF-16 units here: Telegram counts characters after entity parsing, which is never more. @see https://core.telegram.org/bots/api#sendmessage */
export const MAX_TEXT_UNITS = 4096;

/** @see https://core.telegram.org/bots/api#setwebhook (`max_connections`) */
export const DEFAULT_MAX_CONNECTIONS = 40;

/** About one message a second in a private chat, short bursts tolerated. @see https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this */
export const DIRECT_PACE = { perMinute: 60, burst: 5 } as const;

/** 20 messages a minute in a group. @see https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this */
export const GROUP_PACE = { perMinute: 20, burst: 5 } as const;

/** About 30 messages a second over all chats. @see https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this */
export const BOT_PACE = { perMinute: 1800, burst: 30 } as const;

export const limits: ChannelLimits = { maxBodyBytes: MAX_UPDATE_BYTES, redeliveryMs: UPDATE_LIFETIME_MS };

/** @see https://core.telegram.org/bots/api#getupdates (`limit`) */
export const MAX_POLLED = 100;

/** @see https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.h (`LONG_POLL_MAX_TIMEOUT`) */
export const MAX_POLL_WAIT_MS = 50 * SECOND_MS;

/** @see https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/Client.cpp (`JsonUpdates`) */
export const MAX_POLL_ANSWER_BYTES = 4 * 1024 * 1024;

/** Ids are signed 32 bits there; what is left above a client's largest offset lasts for a hundred million updates. @see https://core.telegram.org/bots/api#update */
export const MAX_UPDATE_ID = 2_000_000_000;
