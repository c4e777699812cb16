/** The OpenClaw-shaped stand-in as a process of its own, so that it can be killed. Outermost edge only. `--reply` knows {name}, {turn} and {text}; `--poll true` asks for updates instead of listening; `--chat` is JSON and switches `/v1` on. */
import { startInstance } from "./instance.ts";
import { chatOptionsSchema } from "./instance-chat-caller.ts";
import { faultSchema, faultsOf } from "./instance-fault.ts";
import type { TurnFacts } from "./instance-turns.ts";
import { announce, readFlags, requireFlag } from "./process.ts";

const NAMES = [
  "name",
  "region",
  "port",
  "listener-port",
  "secret",
  "token",
  "api-root",
  "webhook-url",
  "poll",
  "state",
  "reply",
  "think-ms",
  "fault",
  "chat",
];

const flags = readFlags(NAMES);
const { region, state, reply, chat, fault: kind, "webhook-url": webhookUrl } = flags;

const fill =
  (template: string) =>
  (facts: TurnFacts): string =>
    template.replace(/\{(name|turn|text)\}/g, (_, word: keyof TurnFacts) => String(facts[word]));

const poll = flags["poll"] === "true";
if (kind !== undefined && !faultsOf(poll).includes(kind)) {
  console.error(`--fault ${kind} is not one of: ${faultsOf(poll).join(", ")}`);
  process.exit(2);
}

const instance = await startInstance({
  name: requireFlag(flags, "name"),
  ...(poll ? { poll } : { secret: requireFlag(flags, "secret") }),
  token: requireFlag(flags, "token"),
  apiRoot: requireFlag(flags, "api-root"),
  port: Number(flags["port"] ?? 0),
  listenerPort: Number(flags["listener-port"] ?? 0),
  thinkMs: Number(flags["think-ms"] ?? 0),
  ...(region === undefined ? {} : { region }),
  ...(webhookUrl === undefined ? {} : { webhookUrl }),
  ...(state === undefined ? {} : { stateFile: state }),
  ...(reply === undefined ? {} : { replyText: fill(reply) }),
  ...(kind === undefined ? {} : { fault: faultSchema.parse({ kind }) }),
  ...(chat === undefined ? {} : { chat: chatOptionsSchema.parse(JSON.parse(chat)) }),
});
const { name, url, listenerUrl } = instance;
announce({ name, region, url, listenerUrl }, instance.stop);
