/**
 * What became of one message, read from the edge's log, its admin API and what the stand-ins for platforms and gateways received. Pure; nothing here
 * knows what should have happened.
 */
import type { LogLine } from "./edge-log.ts";

export interface Pin {
  readonly pool: string;
  readonly instance: string;
  readonly epoch: number;
}

/** What `GET /admin/conversations/:key` says of the conversation and of this message. */
export interface View {
  /** Its number in the conversation. */
  readonly seq: number;
  readonly pins: readonly Pin[];
  readonly rule: string;
  readonly trace: string;
  readonly isAnswered: boolean;
}

/** What a gateway's agent was asked with, over `/v1`. */
export interface Asked {
  readonly agent: string;
  readonly scopes: readonly string[];
  readonly images: number;
}

export interface Seen {
  readonly lines: readonly LogLine[];
  /** Status of each attempt to deliver the webhook; undefined: no answer. */
  readonly statuses: readonly (number | undefined)[];
  readonly replies: readonly string[];
  readonly isPresent?: boolean;
  readonly asked?: Asked | undefined;
  readonly view: View | undefined;
}

export interface Journey {
  readonly statuses: readonly (number | undefined)[];
  /** The edge knows the message: it passed verification. */
  readonly isVerified: boolean;
  /** Why the edge turned the delivery away. */
  readonly refusal: string | undefined;
  readonly isDuplicate: boolean;
  readonly account: string | undefined;
  readonly conversation: string | undefined;
  /** `rule: reason`, the edge's own words. */
  readonly trace: string | undefined;
  readonly rule: string | undefined;
  readonly pool: string | undefined;
  /** A new pin, or one that moved, in order. */
  readonly placed: readonly { readonly instance: string; readonly epoch: number; readonly from: string | undefined }[];
  /** Why it had to wait, each reason once, in order. */
  readonly held: readonly string[];
  readonly settled: Settled | undefined;
  readonly suppressed: number;
  readonly asked: Asked | undefined;
  /** The person saw that it was read and is being answered. */
  readonly isPresent: boolean;
  /** A long answer comes in parts. */
  readonly replies: readonly string[];
  readonly view: View | undefined;
}

export interface Settled {
  readonly state: string;
  readonly outcome: string;
  readonly instance: string | undefined;
  readonly epoch: number | undefined;
  readonly attempts: number;
  readonly ackMs: number;
  readonly deliveredMs: number | undefined;
}

/** Lines about this message, and lines of its conversation that are about no message in particular, such as how it was placed. */
export function linesOf(lines: readonly LogLine[], messageId: string): readonly LogLine[] {
  const own = lines.filter((line) => line.message === messageId);
  const key = own.find((line) => typeof line.conversation === "string")?.conversation;
  return lines.filter((line) => own.includes(line) || (key !== undefined && line.conversation === key && line.message == null));
}

const orNothing = <T>(value: T | null | undefined): T | undefined => value ?? undefined;

function settledOf(line: LogLine | undefined): Settled | undefined {
  if (line === undefined) return undefined;
  return {
    state: line.state ?? "unknown",
    outcome: line.outcome ?? "unknown",
    instance: orNothing(line.instance),
    epoch: orNothing(line.epoch),
    attempts: line.attempts ?? 0,
    ackMs: line.ackMs ?? 0,
    deliveredMs: orNothing(line.deliveredMs),
  };
}

export function readJourney({ lines, statuses, replies, isPresent = false, asked, view }: Seen): Journey {
  const named = (event: string): readonly LogLine[] => lines.filter((line) => line.event === event);
  const [settled] = named("message.settled");
  const held = named("message.held");
  const [refused] = named("delivery.refused");
  const isDuplicate = named("message.duplicate").length > 0;
  return {
    statuses,
    isVerified: settled !== undefined || held.length > 0 || isDuplicate,
    refusal: refused === undefined ? undefined : [refused.problem, refused.reason].filter(Boolean).join(": "),
    isDuplicate,
    account: orNothing((settled ?? held[0])?.account),
    conversation: orNothing((settled ?? held[0])?.conversation),
    trace: orNothing(settled?.trace) ?? view?.trace,
    rule: orNothing(settled?.rule) ?? view?.rule,
    pool: orNothing(settled?.pool ?? held[0]?.pool),
    placed: lines
      .filter(({ event }) => event === "conversation.pinned" || event === "conversation.moved")
      .map(({ instance, epoch, from }) => ({ instance: instance ?? "?", epoch: epoch ?? 0, from: orNothing(from) })),
    held: [...new Set(held.map(({ detail }) => detail ?? "held"))],
    settled: settledOf(settled),
    suppressed: named("egress.suppressed").length,
    asked,
    isPresent,
    replies,
    view,
  };
}

/** Nothing more is to come: it was turned away, or was a repeat, or ended; a delivered one when it was answered. */
export function isOver(journey: Journey): boolean {
  if (journey.refusal !== undefined || journey.isDuplicate) return true;
  if (journey.settled === undefined) return false;
  return !isOwedAnswer(journey.settled) || hasAnswer(journey);
}

const isOwedAnswer = ({ state, outcome }: Settled): boolean => state === "delivered" || (state === "answered" && outcome !== "empty");

/** A gateway that answers by itself has spoken since; an answer that came back by the link ends the message when the person has it. */
const hasAnswer = ({ settled, replies, view }: Journey): boolean =>
  replies.length > 0 && (settled?.state === "answered" || view?.isAnswered === true);
