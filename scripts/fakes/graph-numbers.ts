/** What the stand-in for Meta's Graph API knows of one business phone number: who may use it, where its webhooks go, what it sent, and to whom it may send now. Outermost edge only. */
import type { Json } from "./graph-error.ts";

export interface NumberOptions {
  /** The `phone_number_id`. */
  readonly id: string;
  readonly token: string;
  /** The WhatsApp business account it belongs to. */
  readonly waba?: string;
  readonly display?: string;
}

/** Where webhooks go. */
export interface Callback {
  readonly url: string;
  readonly verifyToken: string;
}

export interface SentMessage {
  /** The number's id. */
  readonly number: string;
  /** The wamid. */
  readonly id: string;
  readonly to: string;
  /** A phone or group is named by `to`, a business-scoped user id by `recipient`. */
  readonly by: "to" | "recipient";
  readonly type: string;
  /** What a person reads: the text, an interactive message's body, a template's name. */
  readonly text: string;
  /** The wamid it answers. */
  readonly replyTo: string | undefined;
  /** As it came. */
  readonly body: Json;
  readonly atMs: number;
}

export interface BusinessNumber {
  readonly id: string;
  readonly token: string;
  readonly waba: string;
  readonly display: string;
  callback: Callback | undefined;
  readonly sent: SentMessage[];
  /** When each person, under any of their ids, last wrote. */
  readonly heardAtMs: Map<string, number>;
  /** From when on the pair of this number and a person owes nothing. */
  readonly pairPaidAtMs: Map<string, number>;
}

export interface Limits {
  /** One message to one person in so many ms; without it there is no such limit. Meta: 6 000. */
  readonly pairPerMs?: number;
  /** How many may go at once, borrowed from the future. Default 1; Meta: 45. */
  readonly pairBurst?: number;
  /** How long after a person's last words anything but a template may be sent; without it always. Meta: 24 hours. */
  readonly windowMs?: number;
}

export const newNumber = ({ id, token, waba = "waba-1", display = `1555${id}` }: NumberOptions): BusinessNumber => ({
  id,
  token,
  waba,
  display,
  callback: undefined,
  sent: [],
  heardAtMs: new Map(),
  pairPaidAtMs: new Map(),
});

/** The code under which a message is refused now, if it is; one that is not refused counts. */
export function limitReached(
  number: BusinessNumber,
  { to, type }: Pick<SentMessage, "to" | "type">,
  limits: Limits,
  nowMs: number,
): 131056 | 131047 | undefined {
  const { pairPerMs, pairBurst = 1, windowMs } = limits;
  const silentMs = nowMs - (number.heardAtMs.get(to) ?? Number.NEGATIVE_INFINITY);
  if (windowMs !== undefined && type !== "template" && silentMs > windowMs) return 131047;
  if (pairPerMs === undefined) return undefined;
  const paidAtMs = Math.max(nowMs, number.pairPaidAtMs.get(to) ?? 0);
  if (paidAtMs - nowMs > (pairBurst - 1) * pairPerMs) return 131056;
  number.pairPaidAtMs.set(to, paidAtMs + pairPerMs);
  return undefined;
}
