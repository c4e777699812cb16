/** WhatsApp's numbers: sizes, ages, windows and paces, each with its source. Never a policy of ours. */
import type { Chat } from "../../core/message.ts";
import type { Pace } from "../../core/pacing.ts";
import type { ChannelLimits } from "../channel.ts";

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** One delivery carries up to 3 MB. @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** Failed deliveries are repeated for up to 7 days. @see https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview */
const REDELIVERY_MS = 7 * DAY_MS;

export const limits: ChannelLimits = { maxBodyBytes: MAX_BODY_BYTES, redeliveryMs: REDELIVERY_MS };

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages */
export const MAX_TEXT_UNITS = 4096;

/** `biz_opaque_callback_data`. @see https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-phone-number/message-api */
export const MAX_NOTE_UNITS = 512;

/** A typing indicator goes after 25 seconds, or with the answer. @see https://developers.facebook.com/documentation/business-messaging/whatsapp/typing-indicators */
export const PRESENCE_MS = 25 * SECOND_MS;

/** @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages#customer-service-windows */
export const WINDOW_MS = DAY_MS;

/**
 * One message in 6 seconds to one person; a burst is allowed, and has to be waited for afterwards as if it had been sent slowly. Three at
 * once are the parts of a long answer: together they are read, and the 12 seconds they borrow are what an answer takes to be read.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/about-the-platform#pair-rate-limits
 */
export const PAIR_PACE = { perMinute: 10, burst: 3 } as const;

/**
 * 80 messages a second for one number, those that come in counted too: every answer has had its question, so half of them are ours.
 * A number that is also used in the app has 20; there the platform's own refusal has the last word.
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
 */
export const NUMBER_PACE = { perMinute: 40 * 60, burst: 40 } as const;

export const pace = (chat: Chat | undefined): Pace => (chat === undefined ? { bot: NUMBER_PACE } : { chat: PAIR_PACE, bot: NUMBER_PACE });

/** The first wait after the pair limit was hit is a second, and four times as long after each further refusal; about an hour at most. */
export const pairWaitMs = (refusals: number): number => SECOND_MS * 4 ** Math.min(Math.max(0, refusals), 6);
