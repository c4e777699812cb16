/** The catalogue that tests load documents with: Telegram as a channel, the real strategies and the real pattern engine. */
import * as z from "zod/mini";
import { whatsapp } from "../../src/channels/whatsapp/index.ts";
import { openArtefact } from "../../src/classify/intents/artefact.ts";
import type { IntentModel } from "../../src/classify/intents/model.ts";
import { train } from "../../src/classify/intents/train.ts";
import { keywordProblem } from "../../src/classify/keywords.ts";
import { patternProblem } from "../../src/classify/pattern.ts";
import { re2Patterns } from "../../src/classify/re2-pattern.ts";
import type { Catalogue } from "../../src/config/catalogue.ts";
import { loadRoutes } from "../../src/config/load.ts";
import { buildRoutes, type Routes } from "../../src/config/routes.ts";
import type { RoutesDocument } from "../../src/config/schema.ts";
import { hasIntents, trainingSetOf } from "../../src/config/training-set-of.ts";
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
  readonly intents?: IntentModel | undefined;
}

/** A document given as a value, through the real loader; throws with every reason when it is not valid. */
export function loadForTest(written: unknown, number = 1): Loaded {
  const loaded = loadRoutes(JSON.stringify(written), testCatalogue);
  if (!loaded.ok) throw new Error(loaded.problem.map((issue) => `${issue.path}: ${issue.message}`).join("\n"));
  const { document } = loaded.value;
  const intents = hasIntents(document) ? trained(document) : undefined;
  return { routes: buildRoutes(number, document), router: buildRouter(document, re2Patterns, intents), intents };
}

function trained(document: RoutesDocument): IntentModel {
  const set = trainingSetOf(document);
  if (!set.ok) throw new Error(set.problem.map((issue) => `${issue.path}: ${issue.message}`).join("\n"));
  const opened = openArtefact(train(set.value));
  if (!opened.ok) throw new Error(opened.problem);
  return opened.value;
}
