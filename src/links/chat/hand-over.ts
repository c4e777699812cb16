/** What the chat link is asked with: one person's turn, and the agent of a gateway that answers it. */
import type { ChatKind } from "../../core/message.ts";
import type { Secret } from "../../core/secret.ts";
import type { Media } from "../../ports/media.ts";
import type { Transcriber } from "../../ports/transcriber.ts";
import type { HandOver, LinkPorts } from "../link.ts";

/** `body` is a `Turn` as JSON (`TURN_CONTENT_TYPE`). */
export interface ChatHandOver extends HandOver {
  /** Root of the gateway, without `/v1`. */
  readonly url: string;
  /** Headers that say who asks: a user and narrowed scopes, or a bearer token; also what the way there asks for. */
  readonly credentials: Readonly<Record<string, Secret>>;
  readonly forwardedFor: string | undefined;
  /** Undefined: the gateway's default agent. */
  readonly agent: string | undefined;
  /** In place of the agent's own: only for a caller with the operator's authority. */
  readonly model?: string | undefined;
  /** Under which name the gateway's sessions know this conversation; it stays when the conversation's own name changes. */
  readonly session: string;
  readonly channel: string;
  readonly chatKind: ChatKind;
  /** A turn that an agent with tools does not get; by `/v1/chat/completions`, and so without documents. */
  readonly isToolless?: boolean;
  /** Whose token opens the media. */
  readonly account: string;
}

export interface ChatPorts extends LinkPorts {
  readonly media: Media;
  readonly transcriber?: Transcriber;
}
