/** The command lines of `npm start` and `npm run say`: flags to settings, or an explanation. Reads no file, starts nothing. */
import { parseArgs } from "node:util";
import { usageFailure } from "../edge/failure.ts";
import { FAULTS, faultsOf } from "../fakes/instance-fault.ts";
import { SUPERGROUPS, type TelegramWords, type WhatsAppWords, type Words } from "./words.ts";

export const DEFAULT_STATE_DIR = ".clawedge/demo";
export const DEFAULT_PORT = 8787;

export const START_HELP = `npm start -- [--once] [--port N] [--fault INSTANCE=KIND] [--state DIR]

Runs the real bundle in workerd with four demo instances and stand-ins for Telegram's and WhatsApp's servers, sends a handful of
webhooks, tells the journey each took, and stays up. Everything listens on 127.0.0.1 only; Ctrl-C ends everything.

  --once                  end after the journeys: exit code 0 when every one ended as it should, else 1
  --port N                where the edge listens (default ${DEFAULT_PORT}, or any free port when that is taken; 0 takes any)
  --fault INSTANCE=KIND   start an instance that misbehaves; may be given several times
                          kinds: ${faultsOf(false).join(", ")}
                          of eu-3, which polls: ${faultsOf(true).join(", ")}
  --state DIR             where the demo keeps its files; those of the last run are replaced (default ${DEFAULT_STATE_DIR})
  --help                  this text

Colours are left out when output is no terminal, or NO_COLOR is set.`;

export const SAY_HELP = `npm run say -- [ACCOUNT] "TEXT" [--chat N] [--group] [--topic N] [--sender N] [--image]

Plays a person who writes to an account of the running demo, and tells the journey the message took.

  ACCOUNT      telegram:support (default) or whatsapp:sales; --account ACCOUNT does the same
  --chat N     which chat, or which person on WhatsApp (default 42)
  --group      in the group of that number instead of a direct chat; mention @demo_bot to address the bot there
  --topic N    in this topic of the group
  --sender N   who writes (default: the person of the direct chat, or 777)
  --image      with an image; on WhatsApp, which knows none of the three above
  --state DIR  the demo's --state
  --help       this text

Exit codes: 0 the message was answered, 1 it was not (yet) or no demo runs, 2 wrong flags.`;

export interface StartSettings {
  readonly isOnce: boolean;
  /** Undefined: the default one, or any free one. */
  readonly port: number | undefined;
  readonly faults: ReadonlyMap<string, string>;
  readonly stateDir: string;
}

export interface SaySettings {
  readonly account: string;
  readonly words: Words;
  readonly stateDir: string;
}

function guarded<T>(help: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw usageFailure(`${error instanceof Error ? error.message : String(error)}\nSee: ${help} --help`);
  }
}

function wholeNumber(flag: string, text: string, [low, high]: readonly [number, number]): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < low || value > high)
    throw usageFailure(`--${flag} ${text}: give a whole number from ${low} to ${high}`);
  return value;
}

function faultOf(text: string): readonly [instance: string, kind: string] {
  const [instance = "", kind = ""] = text.split("=");
  if (instance !== "" && FAULTS.some((known) => known === kind)) return [instance, kind];
  throw usageFailure(`--fault ${text}: give INSTANCE=KIND, with a kind of: ${FAULTS.join(", ")}`);
}

const START_OPTIONS = {
  once: { type: "boolean", default: false },
  port: { type: "string" },
  fault: { type: "string", multiple: true },
  state: { type: "string", default: DEFAULT_STATE_DIR },
  help: { type: "boolean", default: false },
} as const;

/** Undefined when help was asked for. */
export function readStart(args: readonly string[]): StartSettings | undefined {
  const { values } = guarded("npm start --", () => parseArgs({ args: [...args], options: START_OPTIONS, strict: true }));
  if (values.help) return undefined;
  if (values.state === "") throw usageFailure("--state needs a directory");
  return {
    isOnce: values.once,
    port: values.port === undefined ? undefined : wholeNumber("port", values.port, [0, 65_535]),
    faults: new Map((values.fault ?? []).map(faultOf)),
    stateDir: values.state,
  };
}

const SAY_OPTIONS = {
  account: { type: "string" },
  chat: { type: "string", default: "42" },
  group: { type: "boolean", default: false },
  topic: { type: "string" },
  sender: { type: "string" },
  image: { type: "boolean", default: false },
  state: { type: "string", default: DEFAULT_STATE_DIR },
  help: { type: "boolean", default: false },
} as const;

/** Ids of people and chats are below 2^52. @see https://core.telegram.org/bots/api#chat */
const MAX_ID = 2 ** 52;
/** The demo makes a phone number of it. */
const MAX_PERSON = 9_999_999;

interface Flags {
  readonly chat: string;
  readonly group: boolean;
  readonly topic?: string | undefined;
  readonly sender?: string | undefined;
  readonly image: boolean;
}

function chatOf(chat: number, isGroup: boolean, topic: number | undefined): number {
  if (topic !== undefined) return chat > 0 ? SUPERGROUPS - chat : chat;
  return isGroup && chat > 0 ? -chat : chat;
}

function telegramWords(text: string, flags: Flags): TelegramWords {
  if (flags.image) throw usageFailure("--image: only people on WhatsApp send images here");
  const topic = flags.topic === undefined ? undefined : wholeNumber("topic", flags.topic, [2, 2 ** 31]);
  const chat = chatOf(wholeNumber("chat", flags.chat, [-MAX_ID, MAX_ID]), flags.group, topic);
  if (chat === 0) throw usageFailure("--chat 0: no chat has this number");
  const from = flags.sender === undefined ? undefined : wholeNumber("sender", flags.sender, [1, MAX_ID]);
  return { text, chat, topic, from };
}

function whatsAppWords(text: string, { chat, group, topic, sender, image }: Flags): WhatsAppWords {
  if (group || topic !== undefined || sender !== undefined) throw usageFailure("--group, --topic and --sender are Telegram's");
  return { text, person: wholeNumber("chat", chat, [1, MAX_PERSON]), hasImage: image };
}

const ACCOUNT = /^[a-z]+:[a-z0-9-]+$/;

/** Undefined when help was asked for. */
export function readSay(args: readonly string[]): SaySettings | undefined {
  const { values, positionals } = guarded("npm run say --", () =>
    parseArgs({ args: [...args], options: SAY_OPTIONS, strict: true, allowPositionals: true }),
  );
  if (values.help) return undefined;
  const isFirst = values.account === undefined && ACCOUNT.test(positionals[0] ?? "") && positionals.length > 1;
  const account = values.account ?? (isFirst ? positionals[0] : undefined) ?? "telegram:support";
  const text = (isFirst ? positionals.slice(1) : positionals).join(" ").trim();
  if (text === "") throw usageFailure('what is to be said is missing: npm run say -- telegram:support "where is my refund?"');
  const words = account.startsWith("whatsapp:") ? whatsAppWords(text, values) : telegramWords(text, values);
  return { account, words, stateDir: values.state };
}
