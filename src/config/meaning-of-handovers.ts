/** The check of handovers: what was said before is told to a new owner by a turn without tools, so there must be such a turn. */
import { type Check, isSetAside } from "./catalogue.ts";
import { canReach, channelOf } from "./ids.ts";
import { error } from "./issue.ts";
import { own } from "./own.ts";

export const checkHandovers: Check = (document, catalogue) =>
  Object.entries(document.pools).flatMap(([name, pool]) => {
    if (pool.handover === undefined) return [];
    const at = ["pools", name, "handover"];
    const isProven = pool.agent !== undefined && !pool.acceptsOperatorAuthority;
    const agent = isProven ? [] : [error(at, "needs an agent without tools: name it in the pool, without acceptsOperatorAuthority")];
    const isAsked = (account: string): boolean =>
      catalogue.links.get(channelOf(account))?.includes("chat") === true &&
      pool.instances.every((member) => {
        const instance = own(document.instances, member);
        return instance === undefined || (own(instance.native, account) === undefined && !instance.poll.includes(account));
      });
    const others = Object.keys(document.accounts).filter(
      (account) => !isSetAside(account, catalogue) && canReach(document, account, name, pool) && !isAsked(account),
    );
    const told = others.map((account) =>
      error(at, `messages of ${account} go to gateways whose turns have tools: only those asked over /v1 can do without`),
    );
    return [...agent, ...told];
  });
