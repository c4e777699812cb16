/** The chat link: a turn is asked over a gateway's /v1, and the streamed answer comes back as part of the outcome. */
import type { Outcome } from "../../core/outcome.ts";
import { scrub } from "../../core/scrub.ts";
import { Secret } from "../../core/secret.ts";
import type { Turn } from "../../core/turn.ts";
import type { Link } from "../link.ts";
import { streamExchange } from "../stream-exchange.ts";
import { bodyOf } from "./body.ts";
import type { ChatHandOver, ChatPorts } from "./hand-over.ts";
import { outcomeOf } from "./outcome.ts";
import { inWords, type Question, questionOf } from "./question.ts";
import { addressOf, headersFor, wayFor } from "./request.ts";
import { sinkFor } from "./sink.ts";
import { turnOf } from "./turn.ts";
import { plainName } from "./words.ts";

const ATTEMPT_MS = 120_000;
const MIN_TOKEN_LENGTH = 16;
/** How much of the deadline may go by before the question is put: files to find, and what was spoken to hear. */
const PREPARING = 0.5;
/** With less than this a gateway is not asked; of a short deadline, with less than this part. */
const LEAST_MS = 1000;
const LEAST = 0.1;

async function handOver(request: ChatHandOver, ports: ChatPorts): Promise<Outcome> {
  const turn = turnOf(request.body);
  if (turn === undefined) return nothing("not a turn");
  const nowMs = ports.clock.nowMs();
  const endsAtMs = nowMs + request.deadlineMs;
  const untilMs = nowMs + request.deadlineMs * PREPARING;
  const question = await questionOf(heardIn(request, turn), { account: request.account, untilMs }, ports);
  if (question.text === "" && question.shown.length === 0) return nothing("nothing to ask");
  const asked = await ask(question, request, endsAtMs, ports);
  return isAboutFiles(asked, question) ? (await ask(inWords(question), request, endsAtMs, ports)).outcome : asked.outcome;
}

const nothing = (detail: string): Outcome => ({ kind: "refused", isPermanent: true, isOurs: true, detail });

interface Asked {
  readonly outcome: Outcome;
  /** A file ended before its time, and the request with it. */
  readonly isBrokenOff: boolean;
}

/**
 * A gateway that refuses what it was given has begun nothing, and neither has one that was given half of it: a file that it does not
 * like, or that cannot be had whole, must not cost the words around it, nor hold up the conversation until it can.
 */
const isAboutFiles = ({ outcome, isBrokenOff }: Asked, { shown }: Question): boolean =>
  shown.length > 0 && (isBrokenOff || (outcome.kind === "refused" && outcome.isPermanent === true));

/** In a group one session hears everybody: each turn says who spoke. */
const heardIn = ({ chatKind }: ChatHandOver, turn: Turn): Turn =>
  chatKind === "direct" || turn.senderName === undefined ? turn : { ...turn, text: `${plainName(turn.senderName)}: ${turn.text}` };

async function ask(question: Question, request: ChatHandOver, endsAtMs: number, ports: ChatPorts): Promise<Asked> {
  const { clock } = ports;
  const deadlineMs = endsAtMs - clock.nowMs();
  if (deadlineMs < Math.min(LEAST_MS, request.deadlineMs * LEAST)) return { outcome: tooLate(deadlineMs, request), isBrokenOff: false };
  const way = wayFor(question);
  const body = bodyOf(question, way, request, clock);
  const exchange = await streamExchange(
    { url: addressOf(way, request.url), headers: headersFor(request), body, deadlineMs, sinkFor },
    ports,
  );
  const scrubbed = (text: string): string => tokensIn(request).reduce(scrub, text);
  const facts = { nowMs: clock.nowMs(), deadlineMs: request.deadlineMs, setting: way.setting, scrubbed };
  return { outcome: outcomeOf(exchange, facts), isBrokenOff: exchange.kind === "broken-off" };
}

/**
 * Not sent: a turn that is begun and given up at once is one that nobody can say whether it was answered. It counts against the message,
 * which must not hold up its conversation for ever, and not against the gateway.
 */
const tooLate = (leftMs: number, { deadlineMs }: ChatHandOver): Outcome => ({
  kind: "failed",
  isOurs: true,
  detail: `no time was left to ask: ${Math.max(0, Math.round(leftMs))} ms of ${deadlineMs / 1000} s`,
});

/** `Bearer` and what follows it travel in one header; names of users and scopes are too short to be secrets, and say what is wrong. */
const tokensIn = ({ credentials }: ChatHandOver): readonly Secret[] =>
  Object.values(credentials)
    .map((value) => value.open().split(" ").at(-1) ?? "")
    .filter((token) => token.length >= MIN_TOKEN_LENGTH)
    .map((token) => new Secret(token));

/** `/v1` ignores idempotency keys: the same turn twice is two turns. */
export const chat = { name: "chat", absorbsRepeats: false, attemptMs: ATTEMPT_MS, takesPermit: true, handOver } as const satisfies Link<
  ChatHandOver,
  ChatPorts
>;
