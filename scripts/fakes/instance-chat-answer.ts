/** What the stand-in gateway's agent says over `/v1`, and how far it gets with it: a piece at a time, until it is done, a fault stops it, or nobody listens any more. Calls no model. Outermost edge only. */
import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { ChatFault } from "./instance-chat-fault.ts";
import type { Voice } from "./instance-chat-voice.ts";
import { longAnswer } from "./long-answer.ts";
import { plain } from "./model-prompt.ts";

export interface Speech {
  readonly voice: Voice;
  readonly response: ServerResponse;
  readonly text: string;
  readonly fault: ChatFault | undefined;
  readonly thinkMs: number;
  readonly signal: AbortSignal;
  /** Called before the end is told. */
  readonly remember: () => void;
}

const PIECE_CHARACTERS = 24;
const FLOOD_BYTES = 64 * 1024;
/** Until what was written has left, so that a break comes after it. */
const FLUSH_MS = 50;
const SPEECHLESS = "No response from OpenClaw.";

/** `[[long:9000]]` makes an answer of that many characters, `[[delay:1500]]` one that comes so many ms later. */
const directiveIn = (text: string, name: "long" | "delay"): number | undefined => {
  const found = new RegExp(`\\[\\[${name}:(\\d+)\\]\\]`).exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
};

export const delayIn = (text: string): number => directiveIn(text, "delay") ?? 0;

/** The reply to the words without directives, made long when one asks for it. */
export function answerTo(text: string, replyTo: (text: string) => string): string {
  const reply = replyTo(plain(text));
  const characters = directiveIn(text, "long");
  return characters === undefined ? reply : longAnswer(reply, characters);
}

function* pieces(text: string): Generator<string> {
  const characters = [...text];
  for (let at = 0; at < characters.length; at += PIECE_CHARACTERS) yield characters.slice(at, at + PIECE_CHARACTERS).join("");
}

async function sayAll(voice: Voice, text: string): Promise<void> {
  for (const piece of pieces(text)) await voice.say(piece);
}

const halfOf = (text: string): string => [...text].slice(0, Math.ceil([...text].length / 2)).join("");

async function flood({ voice }: Speech, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= FLOOD_BYTES) await voice.say("claw".repeat(Math.min(left, FLOOD_BYTES) / 4));
}

async function drip({ voice, signal }: Speech, everyMs: number): Promise<never> {
  for (;;) {
    await voice.say("drip ");
    await wait(everyMs, undefined, { signal });
  }
}

function never(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

/** The ways not to come to an end. */
async function breakOff({ voice, response, text, signal }: Speech, kind: "late" | "cut" | "unfinished"): Promise<void> {
  await sayAll(voice, halfOf(text));
  if (kind === "late") return voice.fail("upstream provider error");
  if (kind === "unfinished") return void response.end();
  await wait(FLUSH_MS, undefined, { signal });
  response.destroy();
}

function conclude({ voice, remember, signal }: Speech, reason: "stop" | "length"): "answered" {
  signal.throwIfAborted();
  remember();
  voice.finish(reason);
  return "answered";
}

/** Rejects when the caller goes away meanwhile. */
export async function speak(speech: Speech): Promise<"answered" | "failed"> {
  const { voice, text, fault, signal } = speech;
  voice.begin();
  await wait(speech.thinkMs, undefined, { signal });
  switch (fault?.kind) {
    case "late":
    case "cut":
    case "unfinished":
      await breakOff(speech, fault.kind);
      return "failed";
    case "stuck":
      return never(signal);
    case "drip":
      return drip(speech, fault.ms);
    case "flood":
      await flood(speech, fault.bytes);
      return conclude(speech, "stop");
    case "length":
      await sayAll(voice, halfOf(text));
      return conclude(speech, "length");
    case "empty":
      return conclude(speech, "stop");
    default:
      await sayAll(voice, fault?.kind === "speechless" ? SPEECHLESS : text);
      return conclude(speech, "stop");
  }
}
