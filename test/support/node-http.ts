/** The Http port over Node's fetch: it can tell a refused connection from a broken one, as the port asks. */
import { type Http, NotSent } from "../../src/ports/http.ts";

const NOBODY_THERE = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);

export const nodeHttp: Http = {
  fetch: (url, init) =>
    fetch(url, init).catch((error: unknown) => {
      const cause = error instanceof Error ? (error.cause as { readonly code?: string } | undefined) : undefined;
      if (NOBODY_THERE.has(cause?.code ?? "")) throw new NotSent("connection refused", { cause: error });
      throw error;
    }),
};
