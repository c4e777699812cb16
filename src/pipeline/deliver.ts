/**
 * The second half of the journey, run by the conversation object from storage: pin → hand over. It turns configuration into the
 * machine's rules, statuses into a choice, and a stored message into a link's request.
 */
import { canReach } from "../config/ids.ts";
import type { Routes } from "../config/routes.ts";
import type { PoolConfig } from "../config/schema.ts";
import { hasApartTiers } from "../config/tiers.ts";
import { base64url, utf8 } from "../core/bytes.ts";
import type { DeliveryRules, LinkRules, PoolRules } from "../core/delivery-rules.ts";
import type { Outcome } from "../core/outcome.ts";
import { traceparentOf } from "../core/trace-context.ts";
import type { InstanceStatus, Instances } from "../ports/instances.ts";
import { placeBeside } from "../routing/canary.ts";
import type { Placement } from "../routing/place.ts";
import { type Handing, type HandingPorts, linkOf } from "./link-of.ts";

/** Made once per document: every step of every conversation asks for them. */
const rulesOf = new WeakMap<Routes, DeliveryRules>();

export function deliveryRules(routes: Routes): DeliveryRules {
  const known = rulesOf.get(routes) ?? buildRules(routes);
  rulesOf.set(routes, known);
  return known;
}

function buildRules(routes: Routes): DeliveryRules {
  return {
    number: routes.number,
    draining: [...routes.draining],
    returning: [...routes.returning],
    pools: Object.fromEntries([...routes.pools].map(([name, pool]) => [name, poolRules(routes, pool)])),
    defaultPools: Object.fromEntries([...routes.accounts.values()].map((account) => [account.id, account.pool])),
    reach: Object.fromEntries([...routes.accounts.keys()].map((account) => [account, poolsOf(routes, account)])),
    links: Object.fromEntries([...routes.instances.keys()].map((instance) => [instance, linksAt(routes, instance)])),
  };
}

function poolRules({ instances }: Routes, pool: PoolConfig): PoolRules {
  const { held, moved, unanswered } = pool.notices;
  return {
    ...pool.failover,
    instances: pool.instances,
    standbys: pool.instances.filter((name) => instances.get(name)?.role === "standby"),
    backlog: pool.backlog,
    tells: { held: held !== undefined, moved: moved !== undefined, unanswered: unanswered !== undefined },
    handoverMs: pool.handover?.deadlineMs,
    keepsAnswers: pool.answerCache === undefined ? undefined : true,
    tiers: pool.tiers && (hasApartTiers(pool) ? "agents" : "models"),
  };
}

const poolsOf = (routes: Routes, account: string): readonly string[] =>
  [...routes.pools].filter(([name, pool]) => canReach(routes.document, account, name, pool)).map(([name]) => name);

const rulesFor = ({ absorbsRepeats, attemptMs, takesPermit }: LinkRules): LinkRules => ({ absorbsRepeats, attemptMs, takesPermit });

function linksAt(routes: Routes, instance: string): Readonly<Record<string, LinkRules>> {
  const found = [...routes.accounts.keys()].flatMap((account) => {
    const link = linkOf(routes, instance, account);
    return link === undefined ? [] : [[account, rulesFor(link)] as const];
  });
  return Object.fromEntries(found);
}

export interface ChooseRequest {
  readonly pool: string;
  readonly account: string;
  readonly conversation: string;
  readonly exclude: readonly string[];
}

/** One that refuses an account is to it as one that only probes call down: others first, and it rather than nobody. */
const seenBy = (account: string, status: InstanceStatus): InstanceStatus =>
  status.isHealthy && status.refuses?.includes(account) === true ? { ...status, isHealthy: false, isDoubted: true } : status;

/** The instance a conversation gets that has none in this pool, or why it gets none now. */
export async function choose(routes: Routes, instances: Instances, request: ChooseRequest): Promise<Placement> {
  const pool = routes.pools.get(request.pool);
  if (pool === undefined) return { held: "the pool is gone" };
  const able = pool.instances.filter((name) => linkOf(routes, name, request.account) !== undefined && !routes.draining.has(name));
  const statuses = (await instances.status(able)).map((status) => seenBy(request.account, status));
  const region = routes.accounts.get(request.account)?.region;
  return placeBeside(routes.canaries.get(request.pool), pool, statuses, {
    conversation: request.conversation,
    instances: routes.instances,
    exclude: new Set(request.exclude),
    ...(region === undefined ? {} : { region }),
  });
}

export interface HandOverRequest extends Omit<Handing, "key" | "traceparent"> {
  readonly traceId: string;
}

const HAS_TOOLS: Outcome = {
  kind: "refused",
  isPermanent: false,
  detail: "only an agent that is asked over /v1 can be kept from its tools",
};

export interface DeliverPorts extends HandingPorts {
  readonly spanId: string;
}

/** One attempt. Never throws: whatever goes wrong is an outcome. */
export async function handOver(routes: Routes, request: HandOverRequest, ports: DeliverPorts): Promise<Outcome> {
  const link = linkOf(routes, request.instance, request.account);
  if (link === undefined) return { kind: "unreachable", detail: "the instance has no link for this account", isOurs: true };
  if (request.isToolless === true && link.name !== "chat") return HAS_TOOLS;
  const key = base64url(utf8(request.messageKey));
  return link.handOver({ ...request, key, traceparent: traceparentOf(request.traceId, ports.spanId) }, ports);
}
