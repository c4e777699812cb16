/**
 * Under which name a gateway keeps a conversation. It is the session's identity: a change here makes every agent forget everybody,
 * so it never changes. Gateways fold keys to lower case and read words between colons as markers (`:thread:`, `subagent:`), so what
 * comes from outside is spelled with lower case letters and without a colon, and two conversations never share a spelling.
 * @see https://docs.openclaw.ai/concepts/session
 */
import type { ChatHandOver } from "./hand-over.ts";

export type SessionFacts = Pick<ChatHandOver, "agent" | "channel" | "chatKind" | "session">;

/**
 * `agent:sales-public:whatsapp:direct:sales/chat/491701234567`. A person who writes through several channels has one session without a
 * channel in it. Without an agent the gateway puts its default one in front.
 */
export function sessionKey({ agent, channel, chatKind, session }: SessionFacts): string {
  const ofAgent = agent === undefined ? "" : `agent:${agent.toLowerCase()}:`;
  const account = `${channel}:`;
  const peer = session.startsWith(account) ? `${channel}:${chatKind}:${spell(session.slice(account.length))}` : `direct:${spell(session)}`;
  return ofAgent + peer;
}

/** A capital is marked by `~`; anything else that is not plain is its code in hex behind `=`. */
const spell = (name: string): string =>
  name.replace(/[^a-z0-9._/@+-]/g, (char) =>
    /[A-Z]/.test(char) ? `~${char.toLowerCase()}` : `=${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
