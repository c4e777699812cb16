/** The Bot API methods of the stand-in for Telegram's servers: parameters to an answer, as the real server words it. Outermost edge only. @see https://core.telegram.org/bots/api */
import type { FormFile } from "./multipart.ts";
import { type Bot, chatOf, DEFAULT_MAX_CONNECTIONS, type Json, type SentMessage } from "./telegram-bot.ts";

export interface MethodCall {
  readonly bot: Bot;
  /** In the real API's spelling. */
  readonly method: string;
  readonly params: Json;
  readonly files: readonly FormFile[];
}

export interface MethodPorts {
  readonly nowMs: () => number;
  readonly nextMessageId: () => number;
  readonly fileOf: (fileId: string) => { readonly path: string; readonly bytes: number } | undefined;
  /** A webhook was set: what waits may go. */
  readonly onWebhook: (bot: Bot) => void;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: Json;
}

type Method = (call: MethodCall, ports: MethodPorts) => ApiAnswer;

const MAX_TEXT = 4096;
const MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024;
const MAX_UPLOAD_BYTES = 50 * 1024 * 1024;
/** @see https://core.telegram.org/bots/api#setwebhook */
const SECRET_TOKEN = /^[A-Za-z0-9_-]{1,256}$/;
const SET_WEBHOOK_EVERY_MS = 1_000;

export const succeed = (result: unknown, description?: string): ApiAnswer => ({
  status: 200,
  body: { ok: true, result, ...(description === undefined ? {} : { description }) },
});

export const refuse = (status: number, description: string, parameters?: Json): ApiAnswer => ({
  status,
  body: { ok: false, error_code: status, description, ...(parameters === undefined ? {} : { parameters }) },
});

const done: Method = () => succeed(true);
const userOf = (bot: Bot): Json => ({ id: bot.id, is_bot: true, first_name: "Claw", username: `claw${bot.id}_bot` });
const numberIn = (params: Json, name: string): number | undefined => (params[name] === undefined ? undefined : Number(params[name]));

function arrayIn(params: Json, name: string): readonly string[] | undefined {
  const value = params[name];
  const list: unknown = typeof value === "string" ? JSON.parse(value) : value;
  return Array.isArray(list) ? list.map(String) : undefined;
}

const setWebhook: Method = ({ bot, params }, ports) => {
  const url = String(params["url"] ?? "");
  const secret = String(params["secret_token"] ?? "");
  if (url === "") return deleteWebhook({ bot, params, method: "deleteWebhook", files: [] }, ports);
  if (secret !== "" && !SECRET_TOKEN.test(secret)) return refuse(400, "Bad Request: secret token contains unallowed characters");
  const maxConnections = Math.min(100, Math.max(1, numberIn(params, "max_connections") ?? DEFAULT_MAX_CONNECTIONS));
  const next = { url, secret, maxConnections, allowedUpdates: arrayIn(params, "allowed_updates") ?? bot.webhook?.allowedUpdates };
  if (JSON.stringify(next) === JSON.stringify(bot.webhook)) return succeed(true, "Webhook is already set");
  if (ports.nowMs() - bot.webhookSetAtMs < SET_WEBHOOK_EVERY_MS) return refuse(429, "Too Many Requests: retry after 1", { retry_after: 1 });
  if (String(params["drop_pending_updates"]) === "true") bot.waiting = [];
  bot.webhook = next;
  bot.webhookSetAtMs = ports.nowMs();
  bot.lastError = undefined;
  ports.onWebhook(bot);
  return succeed(true, "Webhook was set");
};

const deleteWebhook: Method = ({ bot, params }) => {
  const hadOne = bot.webhook !== undefined;
  bot.webhook = undefined;
  if (String(params["drop_pending_updates"]) === "true") bot.waiting = [];
  return succeed(true, hadOne ? "Webhook was deleted" : "Webhook is already deleted");
};

const getWebhookInfo: Method = ({ bot }) => {
  const { webhook, lastError } = bot;
  return succeed({
    url: webhook?.url ?? "",
    has_custom_certificate: false,
    pending_update_count: bot.waiting.length,
    ...(lastError && { last_error_date: Math.floor(lastError.atMs / 1000), last_error_message: lastError.message }),
    ...(webhook && { max_connections: webhook.maxConnections, ip_address: "127.0.0.1" }),
    ...(webhook?.allowedUpdates && { allowed_updates: webhook.allowedUpdates }),
  });
};

function messageOf(bot: Bot, sent: SentMessage): Json {
  const thread = sent.threadId === undefined ? {} : { message_thread_id: sent.threadId, is_topic_message: true };
  const file = sent.files[0];
  const fileId = file && `${file.sha256.slice(0, 32)}`;
  const content = file
    ? { caption: sent.text, document: { file_id: fileId, file_unique_id: fileId, file_name: file.name, file_size: file.bytes } }
    : { text: sent.text };
  const facts = { message_id: sent.messageId, from: userOf(bot), chat: chatOf(Number(sent.chat)), date: Math.floor(sent.atMs / 1000) };
  return { ...facts, ...thread, ...content };
}

/** What a person reads of HTML. */
const readable = (html: string): string =>
  html
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");

function textOf({ params }: MethodCall): string {
  const rich = params["rich_message"];
  const text = String(params["text"] ?? params["caption"] ?? (rich === undefined ? "" : JSON.stringify(rich)));
  return params["parse_mode"] === "HTML" ? readable(text) : text;
}

const send: Method = (call, ports) => {
  const { bot, method, params, files } = call;
  const chat = String(params["chat_id"] ?? "");
  const text = textOf(call);
  if (chat === "") return refuse(400, "Bad Request: chat_id is empty");
  if (!Number.isInteger(Number(chat))) return refuse(400, "Bad Request: chat not found");
  if (method === "sendMessage" && text.trim() === "") return refuse(400, "Bad Request: message text is empty");
  if (method === "sendMessage" && text.length > MAX_TEXT) return refuse(400, "Bad Request: message is too long");
  if (files.some((file) => file.bytes > MAX_UPLOAD_BYTES)) return refuse(413, "Request Entity Too Large");
  const facts = { token: bot.token, method, chat, threadId: numberIn(params, "message_thread_id"), text, files };
  const sent: SentMessage = { ...facts, messageId: ports.nextMessageId(), edits: 0, isDeleted: false, atMs: ports.nowMs() };
  bot.sent.push(sent);
  return succeed(messageOf(bot, sent));
};

/** Replaces the one message that the call names. */
const change =
  (alter: (message: SentMessage, call: MethodCall) => SentMessage): Method =>
  (call) => {
    const { bot, params } = call;
    const index = bot.sent.findIndex(
      (each) => each.messageId === Number(params["message_id"]) && each.chat === String(params["chat_id"]) && !each.isDeleted,
    );
    const found = bot.sent[index];
    if (found === undefined)
      return refuse(400, `Bad Request: message to ${call.method.startsWith("delete") ? "delete" : "edit"} not found`);
    const altered = alter(found, call);
    bot.sent[index] = altered;
    return succeed(altered.isDeleted ? true : messageOf(bot, altered));
  };

const edit = change((message, call) => ({ ...message, text: textOf(call) || message.text, edits: message.edits + 1 }));
const remove = change((message) => ({ ...message, isDeleted: true }));

const getFile: Method = ({ params }, { fileOf }) => {
  const id = String(params["file_id"] ?? "");
  const file = fileOf(id);
  if (file === undefined) return refuse(400, "Bad Request: invalid file_id");
  if (file.bytes > MAX_DOWNLOAD_BYTES) return refuse(400, "Bad Request: file is too big");
  return succeed({ file_id: id, file_unique_id: id, file_size: file.bytes, file_path: file.path });
};

const METHODS: Readonly<Record<string, Method>> = {
  getme: ({ bot }) => succeed({ ...userOf(bot), can_join_groups: true, can_read_all_group_messages: true, supports_inline_queries: false }),
  setwebhook: setWebhook,
  deletewebhook: deleteWebhook,
  getwebhookinfo: getWebhookInfo,
  getfile: getFile,
  getchat: ({ params }) => succeed({ ...chatOf(Number(params["chat_id"])), accent_color_id: 0, max_reaction_count: 11 }),
  getchatmember: ({ params }) => succeed({ status: "member", user: { id: Number(params["user_id"]), is_bot: false, first_name: "Test" } }),
  getmycommands: () => succeed([]),
  sendchataction: done,
  sendmessagedraft: done,
  deletemessage: remove,
};

/** Families that the product and a gateway use, and whose answer is all they look at. */
const FAMILIES: readonly (readonly [RegExp, Method])[] = [
  [/^send(message|richmessage|photo|document|video|audio|voice|animation|videonote|sticker|location|poll)$/, send],
  [/^edit(message(text|caption|media|replymarkup))$/, edit],
  [/^(set|deletemy|pin|unpin|answer|leave|logout|close)/, done],
];

export function callMethod(call: MethodCall, ports: MethodPorts): ApiAnswer {
  const name = call.method.toLowerCase();
  const method = METHODS[name] ?? FAMILIES.find(([pattern]) => pattern.test(name))?.[1];
  return method === undefined ? refuse(404, "Not Found") : method(call, ports);
}
