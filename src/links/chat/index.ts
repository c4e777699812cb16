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

async function handOver(request: ChatHandOver, ports: ChatPorts): Promise<Outcome> {
  const turn = turnOf(request.body);
  if (turn === undefined) return { kind: "refused", isPermanent: true, detail: "not a turn" };
  const endsAtMs = ports.clock.nowMs() + request.deadlineMs;
  const question = await questionOf(heardIn(request, turn), request.account, ports);
  if (question.text === "" && question.shown.length === 0) return { kind: "refused", isPermanent: true, detail: "nothing to ask" };
  const outcome = await ask(question, request, endsAtMs, ports);
  // A gateway that refuses what it was given has begun nothing: a file that it does not like must not cost the words around it.
  const isAboutFiles = outcome.kind === "refused" && outcome.isPermanent === true && question.shown.length > 0;
  return isAboutFiles ? ask(inWords(question), request, endsAtMs, ports) : outcome;
}

/** In a group one session hears everybody: each turn says who spoke. */
const heardIn = ({ chatKind }: ChatHandOver, turn: Turn): Turn =>
  chatKind === "direct" || turn.senderName === undefined ? turn : { ...turn, text: `${plainName(turn.senderName)}: ${turn.text}` };

async function ask(question: Question, request: ChatHandOver, endsAtMs: number, ports: ChatPorts): Promise<Outcome> {
  const { clock } = ports;
  const way = wayFor(question);
  const body = bodyOf(question, way, request.agent, clock);
  const deadlineMs = Math.max(1, endsAtMs - clock.nowMs());
  const exchange = await streamExchange(
    { url: addressOf(way, request.url), headers: headersFor(request), body, deadlineMs, sinkFor },
    ports,
  );
  const scrubbed = (text: string): string => tokensIn(request).reduce(scrub, text);
  return outcomeOf(exchange, { nowMs: clock.nowMs(), deadlineMs: request.deadlineMs, setting: way.setting, scrubbed });
}

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
