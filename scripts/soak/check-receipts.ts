/** What instances received against what people said: lost, out of order, crossed, at two places. Pure; every finding is a sentence with a message's name. */
import { accountOf, type Ended, type Facts, type Link, type Name, type Receipt, type Said } from "./facts.ts";

export const byName = (receipts: readonly Receipt[]): ReadonlyMap<Name, readonly Receipt[]> => Map.groupBy(receipts, ({ name }) => name);

/** Acknowledged, received by nobody, and no dead letter says so. */
export function lost({ said, ended, receipts }: Facts): readonly string[] {
  const received = byName(receipts);
  const ends = new Map(ended.map((end) => [end.name, end]));
  return said
    .filter((one) => one.isAcknowledged && !received.has(one.name) && ends.get(one.name)?.state !== "dead")
    .map(({ name }) => name);
}

/** By first receipts within one conversation. */
export function reordered({ said, receipts }: Facts): readonly string[] {
  const rank = new Map([...byName(receipts).keys()].map((name, index) => [name, index]));
  return [...Map.groupBy(said, ({ conversation }) => conversation).values()].flatMap((lane) => inversions(lane, rank));
}

export function inversions(lane: readonly Pick<Said, "name">[], rank: ReadonlyMap<Name, number>): readonly string[] {
  const came = lane.filter(({ name }) => rank.has(name)).map(({ name }) => name);
  return came.slice(1).flatMap((name, index) => {
    const earlier = came[index] ?? name;
    return (rank.get(name) ?? 0) < (rank.get(earlier) ?? 0) ? [`${name} before ${earlier}`] : [];
  });
}

/** By a listener, token or agent of another account, or by an instance that is none of the account's. */
export function crossed({ links, receipts }: Facts): readonly string[] {
  const homes = new Map(links.map((link) => [link.account, link.instances]));
  return receipts
    .filter(({ name, account, instance }) => account !== accountOf(name) || homes.get(accountOf(name))?.includes(instance) !== true)
    .map(({ name, account, instance }) => `${name} at ${instance} as ${account}`);
}

export function invented({ said, receipts }: Facts): readonly string[] {
  const known = new Set(said.map(({ name }) => name));
  return [...byName(receipts).keys()].filter((name) => !known.has(name));
}

/** Received by two instances: a person may be answered twice. */
export function split({ receipts }: Facts): readonly string[] {
  return [...byName(receipts)].flatMap(([name, copies]) => {
    const instances = [...new Set(copies.map(({ instance }) => instance))];
    return instances.length > 1 ? [`${name} at ${instances.join(" and ")}`] : [];
  });
}

/** It ended as if an instance had it, and none has. */
export function unfounded({ ended, receipts }: Facts): readonly string[] {
  const received = byName(receipts);
  return ended.filter(({ name, state }) => TAKEN.has(state) && !received.has(name)).map(({ name, state }) => `${name} ${state}`);
}

const TAKEN: ReadonlySet<Ended["state"]> = new Set(["delivered", "answered"]);

export const linkOf = (links: readonly Link[], name: Name): Link | undefined => links.find(({ account }) => account === accountOf(name));
