/** The checks of links: every instance of a pool must be able to take the messages that can reach it, and with no more authority than the pool says. */
import type { LinkName } from "../core/link-name.ts";
import { type Catalogue, type Check, isSetAside } from "./catalogue.ts";
import { canReach, channelOf, chatAuthOf, hasNarrowScopes, isOpenTo } from "./ids.ts";
import { type ConfigIssue, error, warning } from "./issue.ts";
import { checkTiers } from "./meaning-of-tiers.ts";
import { own } from "./own.ts";
import type { InstanceConfig, PoolConfig, RoutesDocument } from "./schema.ts";

export const checkLinks: Check = (document, catalogue) =>
  [checkInstances, checkReach, checkAuthority, checkTiers].flatMap((check) => check(document, catalogue));

/** What an instance says of accounts: that they exist, that their channel can do it, and that no message would arrive twice. */
const checkInstances: Check = (document, catalogue) =>
  Object.entries(document.instances).flatMap(([name, instance]) => {
    const at = ["instances", name];
    const isTokenless = chatAuthOf(instance) === "token" && instance.secrets.gateway === undefined;
    const token = isTokenless
      ? [error([...at, "secrets", "gateway"], "chat.auth is token: name the variable that holds the gateway's token")]
      : [];
    return [...checkNative(at, instance, document), ...checkPolls(at, instance, { document, catalogue }), ...token];
  });

const checkNative = (at: readonly PropertyKey[], instance: InstanceConfig, document: RoutesDocument): readonly ConfigIssue[] =>
  Object.keys(instance.native)
    .filter((account) => own(document.accounts, account) === undefined)
    .map((account) => warning([...at, "native", account], `no account is called ${account}`));

function checkPolls(
  at: readonly PropertyKey[],
  instance: InstanceConfig,
  { document, catalogue }: { readonly document: RoutesDocument; readonly catalogue: Catalogue },
): readonly ConfigIssue[] {
  return instance.poll.flatMap((account, index) => {
    const here = [...at, "poll", index];
    if (own(document.accounts, account) === undefined) return [warning(here, `no account is called ${account}`)];
    if (own(instance.native, account) !== undefined)
      return [error(here, `${account} is under native too: an instance takes an account one way`)];
    const links = catalogue.links.get(channelOf(account));
    if (links !== undefined && !links.includes("poll")) return [error(here, `messages of ${channelOf(account)} cannot be polled for`)];
    return instance.poll.indexOf(account) === index ? [] : [error(here, `${account} is listed twice`)];
  });
}

/** Every instance of a pool must have a link for every account that can reach the pool. */
const checkReach: Check = (document, catalogue) => {
  const rulePools = new Set(document.rules.map((rule) => rule.pool));
  return Object.entries(document.accounts).flatMap(([id, account]) => {
    const links = catalogue.links.get(channelOf(id)) ?? [];
    if (links.length === 0 || isSetAside(id, catalogue)) return [];
    const others = [...rulePools].filter((pool) => pool !== account.pool);
    const own = unlinked(document, { id, links }, account.pool).map(({ at, message }) => error(at, message));
    return [...own, ...unlinkedByRules(document, { id, links }, others)];
  });
};

interface Reaching {
  readonly id: string;
  readonly links: readonly LinkName[];
}

/** One warning for each account: a large document with many pools would otherwise have accounts times pools of them. */
function unlinkedByRules(document: RoutesDocument, account: Reaching, pools: readonly string[]): readonly ConfigIssue[] {
  const [first, ...others] = pools.flatMap((pool) => unlinked(document, account, pool).slice(0, 1));
  if (first === undefined) return [];
  return [warning(first.at, others.length === 0 ? first.message : `${first.message}, and so with ${others.length} more pools`)];
}

function unlinked(document: RoutesDocument, { id, links }: Reaching, poolName: string) {
  const pool = own(document.pools, poolName);
  if (pool === undefined || !isOpenTo(pool, channelOf(id))) return [];
  return pool.instances
    .filter((name) => {
      const instance = own(document.instances, name);
      return instance !== undefined && !links.some((link) => hasLink[link](instance, id));
    })
    .map((name) => ({
      at: ["instances", name, links[0] ?? "native"],
      message: `no link for ${id}, whose messages can reach the pool ${poolName}: it can have ${links.join(" or ")}`,
    }));
}

const hasLink: Readonly<Record<LinkName, (instance: InstanceConfig, account: string) => boolean>> = {
  native: (instance, account) => own(instance.native, account) !== undefined,
  poll: (instance, account) => instance.poll.includes(account),
  chat: (instance) => instance.url !== undefined,
  relay: () => false,
};

/**
 * Anybody can write to a bot, and a gateway's token makes every caller its owner: a pool that is asked over /v1 names an agent that
 * may do little, and its gateways narrow what the edge may do, or the document says in so many words that it accepts the opposite.
 * @see https://docs.openclaw.ai/gateway/openai-http-api
 */
const checkAuthority: Check = (document, catalogue) => {
  const asked = Object.keys(document.accounts).filter(
    (id) => catalogue.links.get(channelOf(id))?.includes("chat") === true && !isSetAside(id, catalogue),
  );
  return Object.entries(document.pools).flatMap(([name, pool]) => {
    const reaching = asked.filter((id) => canReach(document, id, name, pool));
    if (reaching.length === 0 || pool.acceptsOperatorAuthority) return [];
    return authorityIssues(document, name, pool);
  });
};

function authorityIssues(document: RoutesDocument, name: string, pool: PoolConfig): readonly ConfigIssue[] {
  const at = ["pools", name];
  const members = pool.instances.flatMap((member) => {
    const instance = own(document.instances, member);
    return instance?.url === undefined ? [] : [{ member, instance, at: ["instances", member, "chat"] }];
  });
  if (members.length === 0) return [];
  const agent =
    pool.agent === undefined
      ? [
          error(
            [...at, "agent"],
            "name the agent that answers here, one without exec, file and gateway tools, or set acceptsOperatorAuthority",
          ),
        ]
      : [];
  return [...agent, ...members.flatMap((one) => narrowIssues(one, name))];
}

interface Member {
  readonly instance: InstanceConfig;
  readonly at: readonly PropertyKey[];
}

function narrowIssues({ instance, at }: Member, pool: string): readonly ConfigIssue[] {
  if (chatAuthOf(instance) === "token") {
    const message = `a gateway's token gives everybody who writes to the pool ${pool} the operator's authority: use trusted-proxy, or set acceptsOperatorAuthority there`;
    return [error([...at, "auth"], message)];
  }
  return hasNarrowScopes(instance)
    ? []
    : [error([...at, "scopes"], `more than operator.write for the pool ${pool}: narrow it, or set acceptsOperatorAuthority there`)];
}
