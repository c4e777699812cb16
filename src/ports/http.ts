/** The way out. Every call sets `redirect: "manual"`; implementations refuse anything else. */
export interface Http {
  /** Rejects with `NotSent` when it is certain that no byte of the request left; any other rejection leaves that open. */
  fetch(url: string, init: RequestInit & { readonly redirect: "manual" }): Promise<Response>;
}

/** Nothing was sent: the address is refused by our own rules, or there is nobody to connect to. */
export class NotSent extends Error {
  override readonly name = "NotSent";
}
