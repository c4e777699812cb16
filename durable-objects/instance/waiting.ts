/**
 * Pollers that wait. The Worker that holds a poller's request waits on a socket to the object, and the object sleeps: both ends
 * survive its hibernation, and what must be known of a socket travels with it. Knows nothing of what is waited for.
 */
import type { PollAsk } from "../../src/ports/pollers.ts";

export interface Ticket extends Pick<PollAsk, "account" | "generation" | "offset" | "limit"> {
  /** The Worker gives up then: what is sent later reaches nobody. */
  readonly untilMs: number;
}

/** Why a wait ended, as the socket's close code. The range is an application's own. @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2 */
export const CLOSED = { answered: 4200, revoked: 4401, conflict: 4409 } as const;

/** For how many ms the Worker keeps an answer to itself: waiting there is free. */
export const PAUSE_HEADER = "x-clawedge-pause-ms";

export class WaitingRoom {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  admit(ticket: Ticket): Response {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.#ctx.acceptWebSocket(ours, [ticket.account]);
    ours.serializeAttachment(ticket);
    return new Response(null, { status: 101, webSocket: theirs });
  }

  /** Who waits for this account now; one, or two for a moment. */
  of(account: string, nowMs: number): readonly Ticket[] {
    return this.#open(account, nowMs).map(({ ticket }) => ticket);
  }

  answer(account: string, text: string, nowMs: number): void {
    const [first] = this.#open(account, nowMs);
    if (first === undefined) return;
    first.socket.send(text);
    this.#close(first.socket, CLOSED.answered);
  }

  /** How many had to go. `reason`: how long they should keep it to themselves, in ms. */
  dismiss(account: string, by: { readonly code: number; readonly reason?: string; readonly nowMs: number }, isMeant = allOf): number {
    const meant = this.#open(account, by.nowMs).filter(({ ticket }) => isMeant(ticket));
    for (const { socket } of meant) this.#close(socket, by.code, by.reason);
    return meant.length;
  }

  /** A socket whose other end is gone cannot be closed again, and need not be. */
  #close(socket: WebSocket, code: number, reason = ""): void {
    socket.serializeAttachment(null);
    try {
      socket.close(code, reason);
    } catch {
      // Nobody is there.
    }
  }

  #open(account: string, nowMs: number) {
    return this.#ctx.getWebSockets(account).flatMap((socket) => {
      const ticket = socket.deserializeAttachment() as Ticket | null;
      return ticket !== null && socket.readyState === WebSocket.OPEN && nowMs < ticket.untilMs ? [{ socket, ticket }] : [];
    });
  }
}

const allOf = (_ticket: Ticket): boolean => true;
