/** The checks of tiers and answer caches: both are of agents that are asked over /v1, and a model is chosen by operators alone. */
import { mostSeen, trialsNeeded } from "../core/ceiling.ts";
import type { Check } from "./catalogue.ts";
import { canReach, channelOf, chatAuthOf } from "./ids.ts";
import { type ConfigIssue, error, warning } from "./issue.ts";
import { own } from "./own.ts";
import type { InstanceConfig, PoolConfig, RoutesDocument } from "./schema.ts";
import { MEASURED, sentencesOf } from "./sentences.ts";

export const checkTiers: Check = (document, catalogue) => {
  const asked = Object.keys(document.accounts).filter((account) => catalogue.links.get(channelOf(account))?.includes("chat") === true);
  return Object.entries(document.pools).flatMap(([name, pool]) => {
    const given = (["tiers", "answerCache"] as const).filter((field) => pool[field] !== undefined);
    const isAsked = asked.some((account) => canReach(document, account, name, pool));
    const idle = isAsked
      ? []
      : given.map((field) => warning(["pools", name, field], "no agent is asked here over /v1: nothing comes of it"));
    return [...idle, ...tierIssues(document, name, pool), ...similarIssues(document, name, pool)];
  });
};

/** How like questions must be to be one is measured on the examples, where there are enough to measure it. */
function similarIssues(document: RoutesDocument, name: string, { answerCache }: PoolConfig): readonly ConfigIssue[] {
  const ceiling = answerCache?.similar?.falseHits;
  if (ceiling === undefined) return [];
  const has = sentencesOf(document, MEASURED).length;
  if (mostSeen(has, ceiling) >= 0) return [];
  const needs = `needs ${trialsNeeded(ceiling)} examples in the document, and has ${has}: nothing but the same words is answered`;
  return [warning(["pools", name, "answerCache", "similar"], needs)];
}

function tierIssues(document: RoutesDocument, name: string, pool: PoolConfig): readonly ConfigIssue[] {
  const at = ["pools", name, "tiers"];
  if (pool.tiers === undefined) return [];
  const nameless = pool.agent === undefined ? [error(at, "needs an agent in the pool, for the tier that names none")] : [];
  const models = Object.entries(pool.tiers).filter(([, tier]) => typeof tier === "object" && tier.model !== undefined);
  return [...nameless, ...models.flatMap(([tier]) => modelIssues([...at, tier, "model"], pool, document))];
}

/** @see https://docs.openclaw.ai/gateway/openai-http-api */
function modelIssues(at: readonly PropertyKey[], pool: PoolConfig, document: RoutesDocument): readonly ConfigIssue[] {
  if (!pool.acceptsOperatorAuthority)
    return [error(at, "a model is chosen by operators alone: name an agent, or set acceptsOperatorAuthority")];
  const narrow = pool.instances.filter((member) => isNarrow(own(document.instances, member)));
  return narrow.map((member) => error(at, `${member} does not let the edge choose a model: it has no operator.admin there`));
}

const isNarrow = (instance: InstanceConfig | undefined): boolean =>
  instance !== undefined && chatAuthOf(instance) === "trusted-proxy" && !instance.chat.scopes.includes("operator.admin");
