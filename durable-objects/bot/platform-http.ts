/**
 * The way out to a platform for what must not be said twice. It knocks first, where nothing else tells a connection that was
 * refused from one that broke after the request.
 */
import { type Http, NotSent } from "../../src/ports/http.ts";
import type { Knock } from "../guarded-http.ts";

/** Nobody can be there, whoever answers in their place. @see https://www.rfc-editor.org/rfc/rfc6761#section-6.2 */
const RESERVED = ".test";

export const knockingHttp = (http: Http, knock: Knock): Http => ({
  fetch: async (url, init) => {
    if (init.redirect !== "manual") throw new NotSent("redirects must be manual");
    const target = new URL(url);
    if (!target.hostname.endsWith(RESERVED)) {
      await knock(target).catch((error: unknown) => {
        throw new NotSent("connection refused", { cause: error });
      });
    }
    return http.fetch(url, init);
  },
});
