/**
 * The way out to instances: refuses addresses that must not be called and anything but `redirect: "manual"`, before a byte
 * leaves. Every hand-over and probe goes through it.
 */
import { checkInstanceUrl, type UrlRules } from "../src/core/url-guard.ts";
import { type Http, NotSent } from "../src/ports/http.ts";

/** Whether somebody accepts connections there; rejects when nobody does. Ends by itself. */
export type Knock = (url: URL) => Promise<void>;

export function guardedHttp(http: Http, rules: UrlRules, knock?: Knock): Http {
  return {
    fetch: async (url, init) => {
      if (init.redirect !== "manual") throw new NotSent("redirects must be manual");
      const checked = checkInstanceUrl(url, rules);
      if (!checked.ok) throw new NotSent(`address refused: ${checked.problem.detail}`);
      await knock?.(checked.value).catch((error: unknown) => {
        throw new NotSent("connection refused", { cause: error });
      });
      return http.fetch(checked.value.href, init);
    },
  };
}
