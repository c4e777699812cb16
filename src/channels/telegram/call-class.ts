/**
 * What a Bot API method is to the edge. Methods are compared without case, as the platform does; one that is not known is
 * judged by what it names: with a chat it is a send, without one it concerns no conversation.
 * @see https://core.telegram.org/bots/api#available-methods
 */
import type { CallClass } from "../egress.ts";

/** The first that matches decides. */
const CLASSES: readonly (readonly [pattern: RegExp, kind: CallClass])[] = [
  [/^(?:setwebhook|deletewebhook|logout|close|setchatmenubutton|(?:set|delete|remove)my\w+)$/, "bot-change"],
  /** Other bots that this one manages are the operator's as well, and nobody's tokens are an instance's business. */
  [/^(?:(?:get|replace)managedbottoken|setmanagedbotaccesssettings)$/, "bot-change"],
  [/^getupdates$/, "poll"],
  [/^sendchataction$/, "typing"],
  /** A web app for a join request is addressed by its query id. */
  [/^(?:get|answer)|^sendchatjoinrequestwebapp$/, "query"],
  [/^(?:send|forward|copy|giftpremium|createforumtopic)/, "send"],
  [/^(?:edit|delete|stop|pin|unpin|set|ban|unban|kick|restrict|promote|export|create|revoke|approve|decline|leave)/, "edit"],
  [/^(?:close|reopen|hide|unhide|verify|remove|read)/, "edit"],
];

/** What cannot be done without a chat, unless it is an inline message that is edited. */
const NEEDS_CHAT =
  /^(?:send|forward|copy|giftpremium|createforumtopic|edit(?:message|ephemeral)|delete(?:message|ephemeral|all)|stop|pin|unpin|setmessage)/;

/** Uploads that name a user, a set or a business account: a chat is not missing, however long the body is. */
const CHATLESS = /sticker|story|businessaccount|passport/;

/** These name the person as a user: it is shown in their own chat. */
const USER_IS_CHAT = /^(?:sendgift|giftpremiumsubscription)$/;

export interface MethodFacts {
  readonly class: CallClass | undefined;
  readonly needsChat: boolean;
  readonly isChatless: boolean;
  readonly userIsChat: boolean;
}

export function methodFacts(method: string): MethodFacts {
  const name = method.toLowerCase();
  const kind = CLASSES.find(([pattern]) => pattern.test(name))?.[1];
  return {
    class: kind,
    needsChat: NEEDS_CHAT.test(name) && (kind === "send" || kind === "edit"),
    isChatless: CHATLESS.test(name),
    userIsChat: USER_IS_CHAT.test(name),
  };
}
