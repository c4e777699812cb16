/** When silent pollers make an instance one that takes no messages: when nobody asks for any of its accounts, and none reaches it another way. */
import { isOpenTo } from "../../src/config/ids.ts";
import type { Routes } from "../../src/config/routes.ts";
import type { Account } from "../../src/core/account.ts";
import { linkOf } from "../../src/pipeline/link-of.ts";
import type { Silence } from "./machine.ts";
import type { PollerDetails } from "./poller.ts";

/** One silent poller of several takes nobody's messages but its own account's, as with listeners: offers find that out. */
export function silenceIn(routes: Routes, instance: string, pollers: readonly PollerDetails[]): Silence | undefined {
  if (pollers.length === 0 || pollers.some(({ isSilent }) => !isSilent) || isReachedOtherwise(routes, instance)) return undefined;
  return { accounts: pollers.map(({ account }) => account), calledAtMs: Math.max(...pollers.map(({ calledAtMs }) => calledAtMs)) };
}

const isReachedOtherwise = (routes: Routes, instance: string): boolean =>
  [...routes.accounts.values()].some((account) => {
    const link = linkOf(routes, instance, account.id)?.name;
    return link !== undefined && link !== "poll" && canReach(routes, instance, account);
  });

function canReach({ document, pools }: Routes, instance: string, { pool, channel }: Account): boolean {
  const entered = [pool, ...document.rules.map((rule) => rule.pool)].flatMap((name) => pools.get(name) ?? []);
  return entered.some((each) => each.instances.includes(instance) && isOpenTo(each, channel));
}
