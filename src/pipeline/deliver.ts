/**
 * The second half of the journey, run by the conversation object from storage: pin → hand over. It turns configuration into the
 * machine's rules, statuses into a choice, and a stored message into a link's request.
 */
import { channels } from "../channels/registry.ts";
import type { Routes } from "../config/routes.ts";
import type { InstanceConfig } from "../config/schema.ts";
import { base64url, utf8 } from "../core/bytes.ts";
import type { DeliveryRules, PoolRules } from "../core/delivery-rules.ts";
import type { Outcome } from "../core/outcome.ts";
import { traceparentOf } from "../core/trace-context.ts";
import type { Link, LinkPorts } from "../links/link.ts";
import { links } from "../links/registry.ts";
import type { Instances } from "../ports/instances.ts";
import type { Secrets } from "../ports/secrets.ts";
import { type Placement, place } from "../routing/place.ts";

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
    pools: Object.fromEntries(
      [...routes.pools].map(([name, pool]) => [name, { ...pool.failover, instances: pool.instances } satisfies PoolRules]),
    ),
    defaultPools: Object.fromEntries([...routes.accounts.values()].map((account) => [account.id, account.pool])),
  };
}

export interface ChooseRequest {
  readonly pool: string;
  readonly account: string;
  readonly conversation: string;
  readonly exclude: readonly string[];
}

/** The instance a conversation gets that has none in this pool, or why it gets none now. */
export async function choose(routes: Routes, instances: Instances, request: ChooseRequest): Promise<Placement> {
  const pool = routes.pools.get(request.pool);
  if (pool === undefined) return { held: "the pool is gone" };
  const able = pool.instances.filter(
    (name) => linkOf(routes.instances.get(name), request.account) !== undefined && !routes.draining.has(name),
  );
  const statuses = await instances.status(able);
  const region = routes.accounts.get(request.account)?.region;
  return place(pool, statuses, {
    conversation: request.conversation,
    instances: routes.instances,
    exclude: new Set(request.exclude),
    ...(region === undefined ? {} : { region }),
  });
}

export interface HandOverRequest {
  readonly instance: string;
  readonly account: string;
  readonly key: string;
  readonly traceId: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly deadlineMs: number;
}

export interface DeliverPorts extends LinkPorts {
  readonly secrets: Secrets;
  readonly spanId: string;
}

/** One attempt. Never throws: whatever goes wrong is an outcome. */
export async function handOver(routes: Routes, request: HandOverRequest, ports: DeliverPorts): Promise<Outcome> {
  const instance = routes.instances.get(request.instance);
  const target = linkOf(instance, request.account);
  if (instance === undefined || target === undefined) return { kind: "unreachable", detail: "the instance has no link for this account" };
  const secret = ports.secrets.get(target.secret);
  if (secret === undefined) return { kind: "unreachable", detail: `the variable ${target.secret} is not set` };
  return target.link.handOver(
    {
      url: target.url,
      secret,
      secretHeader: target.secretHeader,
      forwardedFor: instance.forwardedFor === "none" ? undefined : instance.forwardedFor,
      body: request.body,
      contentType: request.contentType,
      key: base64url(utf8(request.key)),
      traceparent: traceparentOf(request.traceId, ports.spanId),
      deadlineMs: request.deadlineMs,
    },
    ports,
  );
}

interface Target {
  readonly link: Link;
  readonly url: string;
  readonly secret: string;
  readonly secretHeader: string;
}

/** How this instance takes messages of this account, or undefined when it does not. */
export function linkOf(instance: InstanceConfig | undefined, account: string): Target | undefined {
  const native = instance?.native[account];
  const secretHeader = channels.get(account.slice(0, account.indexOf(":")))?.nativeSecretHeader;
  const link = links.get("native");
  if (native === undefined || secretHeader === undefined || link === undefined) return undefined;
  return { link, url: native.url, secret: native.secret, secretHeader };
}
