/** The catalogue that tests load documents with: Telegram as a channel, the real strategies and the real pattern engine. */
import * as z from "zod/mini";
import { whatsapp } from "../../src/channels/whatsapp/index.ts";
import { keywordProblem } from "../../src/classify/keywords.ts";
import { patternProblem } from "../../src/classify/pattern.ts";
import { re2Patterns } from "../../src/classify/re2-pattern.ts";
import type { Catalogue } from "../../src/config/catalogue.ts";
import { loadRoutes } from "../../src/config/load.ts";
import { buildRoutes, type Routes } from "../../src/config/routes.ts";
import type { LinkName } from "../../src/core/link-name.ts";
import { strategies } from "../../src/routing/registry.ts";
import { buildRouter, type Router } from "../../src/routing/router.ts";

const telegramFields = z.strictObject({
  secrets: z.strictObject({ webhook: z.string(), token: z.optional(z.string()) }),
  linger: z._default(z.int(), 7),
});

export const testCatalogue: Catalogue = {
  channels: new Map<string, z.ZodMiniObject>([
    ["telegram", telegramFields],
    ["whatsapp", whatsapp.accountFields],
  ]),
  links: new Map<string, readonly LinkName[]>([
    ["telegram", ["native", "poll"]],
    ["whatsapp", whatsapp.links],
  ]),
  addresses: new Map([["whatsapp", whatsapp.siblings.addressOf]]),
  planned: new Set(["slack", "discord", "webchat"]),
  strategies: new Map([...strategies].map(([name, strategy]) => [name, strategy.options])),
  patternProblem: (pattern) => patternProblem(re2Patterns, pattern),
  keywordProblem,
};

export interface Loaded {
  readonly routes: Routes;
  readonly router: Router;
}

/** A document given as a value, through the real loader; throws with every reason when it is not valid. */
export function loadForTest(document: unknown, number = 1): Loaded {
  const loaded = loadRoutes(JSON.stringify(document), testCatalogue);
  if (!loaded.ok) throw new Error(loaded.problem.map((issue) => `${issue.path}: ${issue.message}`).join("\n"));
  return { routes: buildRoutes(number, loaded.value.document), router: buildRouter(loaded.value.document, re2Patterns) };
}
