/** The way out. Every call sets `redirect: "manual"`; implementations refuse anything else. */
export interface Http {
  fetch(url: string, init: RequestInit & { readonly redirect: "manual" }): Promise<Response>;
}
