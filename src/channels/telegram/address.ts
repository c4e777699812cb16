/**
 * Whether a message addresses the bot, and which command it gives. Without the account's `username` any bot may be meant, and
 * the benefit of the doubt is ours: a missed mention would be worse than one too many.
 */
import { given } from "../given.ts";
import type { TelegramEntity, TelegramMessage, TelegramUser } from "./schema.ts";

/** @see https://core.telegram.org/bots/features#commands */
const COMMAND = /^\/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]{1,64}))?$/;

export interface Addressing {
  readonly isAddressed: boolean;
  readonly command?: string;
}

interface Command {
  readonly name: string;
  readonly bot: string | undefined;
  readonly isFirst: boolean;
}

export function addressing(message: TelegramMessage, isDirect: boolean, username: string | undefined): Addressing {
  const text = textOf(message);
  const entities = (message.text === undefined ? message.caption_entities : message.entities) ?? [];
  const commands = entities.flatMap((entity) => commandOf(text, entity)).filter((it) => it.bot === undefined || isOurs(it.bot, username));
  const first = commands.find((command) => command.isFirst);
  const isAddressed =
    isDirect ||
    first !== undefined ||
    commands.some((command) => command.bot !== undefined) ||
    entities.some((entity) => isMention(text, entity, username)) ||
    isReplyToBot(message, username);
  return { isAddressed, ...given("command", first?.name) };
}

export const textOf = (message: TelegramMessage): string => message.text ?? message.caption ?? "";

/** Entities count UTF-16 units, as JavaScript's strings do. @see https://core.telegram.org/api/entities#entity-length */
const covered = (text: string, entity: TelegramEntity): string => text.slice(entity.offset, entity.offset + entity.length);

function commandOf(text: string, entity: TelegramEntity): readonly Command[] {
  const match = entity.type === "bot_command" ? COMMAND.exec(covered(text, entity)) : null;
  if (match?.[1] === undefined) return [];
  return [{ name: match[1].toLowerCase(), bot: match[2], isFirst: entity.offset === 0 }];
}

/** User names of bots end in "bot". @see https://core.telegram.org/bots/features#creating-a-new-bot */
const isOurs = (name: string, username: string | undefined): boolean =>
  username === undefined ? /bot$/i.test(name) : name.toLowerCase() === username;

const isOurBot = (user: TelegramUser | undefined, username: string | undefined): boolean =>
  user?.is_bot === true && (username === undefined || user.username?.toLowerCase() === username);

function isMention(text: string, entity: TelegramEntity, username: string | undefined): boolean {
  if (entity.type === "text_mention") return isOurBot(entity.user, username);
  return entity.type === "mention" && isOurs(covered(text, entity).slice(1), username);
}

/**
 * Every message of a topic is formally a reply to the service message that opened it, and an anonymous admin speaks through a
 * stand-in bot: neither is a reply to ours.
 */
function isReplyToBot(message: TelegramMessage, username: string | undefined): boolean {
  const reply = message.reply_to_message;
  if (reply === undefined || reply.forum_topic_created !== undefined || reply.sender_chat !== undefined) return false;
  return isOurBot(reply.from, username);
}
