/** What a platform tells later about a message it took from the edge: it left, arrived, was read, or came to nothing. */
export interface DeliveryStatus {
  /** The platform's id of the message that was sent. */
  readonly messageId: string;
  readonly status: "sent" | "delivered" | "read" | "failed";
  /** In a group: for whom of it. */
  readonly participant?: string;
  readonly atMs?: number;
  /** What the edge wrote on the message when it sent it, so that even a late status finds its conversation. */
  readonly note?: string;
  readonly error?: { readonly code: number; readonly detail: string };
  /** The platform's address of another account than the one the delivery came to. See `Message.address`. */
  readonly address?: string;
}
