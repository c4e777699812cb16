/** The command lines of `npm start` and `npm run say`: flags to settings, or an explanation. Reads no file, starts nothing. */
import { parseArgs } from "node:util";
import { usageFailure } from "../edge/failure.ts";
import { FAULTS } from "../fakes/instance-fault.ts";

export const DEFAULT_STATE_DIR = ".clawedge/demo";
export const DEFAULT_PORT = 8787;

export const START_HELP = `npm start -- [--once] [--port N] [--fault INSTANCE=KIND] [--state DIR]

Runs the real bundle in workerd with three demo instances and a stand-in for Telegram's servers, sends a handful of webhooks,
tells the journey each took, and stays up. Everything listens on 127.0.0.1 only; Ctrl-C ends everything.

  --once                  end after the journeys: exit code 0 when every one ended as it should, else 1
  --port N                where the edge listens (default ${DEFAULT_PORT}, or any free port when that is taken; 0 takes any)
  --fault INSTANCE=KIND   start an instance that misbehaves; may be given several times
                          kinds: ${FAULTS.join(", ")}
  --state DIR             where the demo keeps its files; those of the last run are replaced (default ${DEFAULT_STATE_DIR})
  --help                  this text

Colours are left out when output is no terminal, or NO_COLOR is set.`;

export const SAY_HELP = `npm run say -- [ACCOUNT] "TEXT" [--chat N] [--group] [--topic N] [--sender N]

Plays a person who writes to the bot of the running demo, and tells the journey the message took.

  ACCOUNT      default telegram:support, the demo's one account
  --chat N     which chat (default 42)
  --group      in the group of that number instead of a direct chat; mention @demo_bot to address the bot there
  --topic N    in this topic of the group
  --sender N   who writes (default: the person of the direct chat, or 777)
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
  readonly text: string;
  /** As Telegram counts: groups are negative. */
  readonly chat: number;
  readonly topic: number | undefined;
  readonly sender: number | undefined;
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
  chat: { type: "string", default: "42" },
  group: { type: "boolean", default: false },
  topic: { type: "string" },
  sender: { type: "string" },
  state: { type: "string", default: DEFAULT_STATE_DIR },
  help: { type: "boolean", default: false },
} as const;

/** Ids of people and chats are below 2^52. @see https://core.telegram.org/bots/api#chat */
const MAX_ID = 2 ** 52;
/** Where the ids of groups with topics begin. @see https://core.telegram.org/api/bots/ids */
const SUPERGROUPS = -1_000_000_000_000;

function chatOf(chat: number, isGroup: boolean, topic: number | undefined): number {
  if (topic !== undefined) return chat > 0 ? SUPERGROUPS - chat : chat;
  return isGroup && chat > 0 ? -chat : chat;
}

/** Undefined when help was asked for. */
export function readSay(args: readonly string[]): SaySettings | undefined {
  const { values, positionals } = guarded("npm run say --", () =>
    parseArgs({ args: [...args], options: SAY_OPTIONS, strict: true, allowPositionals: true }),
  );
  if (values.help) return undefined;
  const isAccountGiven = /^[a-z]+:[a-z0-9-]+$/.test(positionals[0] ?? "") && positionals.length > 1;
  const [account, ...words] = isAccountGiven ? positionals : ["telegram:support", ...positionals];
  const text = words.join(" ").trim();
  if (account === undefined || text === "")
    throw usageFailure('what is to be said is missing: npm run say -- telegram:support "where is my refund?"');
  const topic = values.topic === undefined ? undefined : wholeNumber("topic", values.topic, [2, 2 ** 31]);
  const chat = chatOf(wholeNumber("chat", values.chat, [-MAX_ID, MAX_ID]), values.group, topic);
  if (chat === 0) throw usageFailure("--chat 0: no chat has this number");
  const sender = values.sender === undefined ? undefined : wholeNumber("sender", values.sender, [1, MAX_ID]);
  return { account, text, chat, topic, sender, stateDir: values.state };
}
