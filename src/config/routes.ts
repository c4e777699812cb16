/** The routes document in force, read the way the journey needs it: lookups instead of records, nothing left to check. */
import type { Account } from "../core/account.ts";
import { type Canary, membersWith } from "../core/canary.ts";
import { type ConversationRef, conversationRef, type Residency } from "../core/conversation-ref.ts";
import type { Chat } from "../core/message.ts";
import { channelOf } from "./ids.ts";
import type { InstanceConfig, PoolConfig, RoutesDocument } from "./schema.ts";

export interface Routes {
  /** Grows with every accepted document, drain and rollback; nobody goes back to a lower one. */
  readonly number: number;
  readonly document: RoutesDocument;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly instances: ReadonlyMap<string, InstanceConfig>;
  /** With the members they have by their canaries: the document alone says who is listed. */
  readonly pools: ReadonlyMap<string, PoolConfig>;
  /** Instances an operator is draining: admin state that travels with the document. */
  readonly draining: ReadonlySet<string>;
  /** Those of them that will be back: their conversations wait for them and do not move. */
  readonly returning: ReadonlySet<string>;
  /** By pool; a pool has one at a time. */
  readonly canaries: ReadonlyMap<string, Canary>;
  /** Of its accounts, and of all that there ever were: who was in one is still found there. */
  readonly residencies: ReadonlySet<Residency>;
  /** `account/sender` to person. */
  readonly identities: ReadonlyMap<string, string>;
}

/** What operators decided beside the document, and what travels with it. */
export interface AdminState {
  readonly draining: readonly string[];
  readonly returning: readonly string[];
  readonly canaries: readonly Canary[];
  readonly residencies?: readonly string[] | undefined;
}

export const NO_ADMIN_STATE: AdminState = { draining: [], returning: [], canaries: [] };

export function buildRoutes(number: number, document: RoutesDocument, admin: Partial<AdminState> = {}): Routes {
  const { draining, returning, canaries, residencies = [] } = { ...NO_ADMIN_STATE, ...admin };
  const instances = new Map(Object.entries(document.instances));
  const pools = new Map(Object.entries(document.pools));
  const standing = canaries.filter(({ pool, instance }) => pools.has(pool) && instances.has(instance));
  for (const canary of standing) {
    const pool = pools.get(canary.pool);
    if (pool !== undefined) pools.set(canary.pool, { ...pool, instances: [...membersWith(pool.instances, canary)] });
  }
  return {
    number,
    document,
    accounts: new Map(Object.entries(document.accounts).map(([id, account]) => [id, accountOf(id, account)])),
    instances,
    pools,
    draining: new Set(draining),
    returning: new Set(returning.filter((instance) => draining.includes(instance))),
    canaries: new Map(standing.map((canary) => [canary.pool, canary])),
    residencies: new Set([
      ...(residencies as readonly Residency[]),
      ...Object.values(document.accounts).flatMap(({ residency }) => residency ?? []),
    ]),
    identities: new Map(Object.entries(document.identities).flatMap(([person, ids]) => ids.map((id) => [id, person] as const))),
  };
}

/** The conversation a chat of this account belongs to: the same for what comes in and what goes out. */
export function refIn(routes: Routes, account: Account, chat: Chat, senderId?: string): ConversationRef {
  return conversationRef(
    { account: account.id, scope: account.scope, residency: account.residency, identities: routes.identities },
    chat,
    senderId,
  );
}

export function accountOf(id: string, raw: RoutesDocument["accounts"][string]): Account {
  const { pool, region, residency, scope, proactive, secrets, ...options } = raw;
  return {
    id,
    channel: channelOf(id),
    name: id.slice(id.indexOf(":") + 1),
    pool,
    scope,
    proactive,
    secrets,
    options,
    ...(region === undefined ? {} : { region }),
    ...(residency === undefined ? {} : { residency }),
  };
}
