/**
 * Whether an instance can be spared: nobody is taken away while another member of any of its pools is out. Looked at before a rollout
 * drains it, as soon as it drains, and right before its command: hours can pass between, and another rollout may begin. Changes nothing.
 */
import { isInService } from "./back.ts";
import type { Call } from "./command.ts";
import { type InstanceAnswer, stateOf } from "./commands/instance.ts";
import { CliFailure } from "./failure.ts";
import { look, type Patience } from "./planned.ts";

interface ListAnswer {
  readonly instances: readonly InstanceAnswer[];
  readonly error?: string;
}

/** Somebody else is out. */
export class Unspared extends CliFailure {
  /** What is out drains: another rollout may have it. */
  readonly isTaken: boolean;

  constructor(message: string, isTaken: boolean) {
    super(1, message);
    this.isTaken = isTaken;
  }
}

export async function membersOf(call: Call, pool: string, patience: Partial<Patience> = {}): Promise<readonly InstanceAnswer[]> {
  const { instances } = await look<ListAnswer>(call, "/instances", patience);
  const members = instances.filter(({ pools }) => pools.includes(pool));
  if (members.length === 0) throw new CliFailure(1, `no pool with instances is called ${pool}. See: clawedge instance list`);
  return members;
}

export const isAway = ({ isDrainListed, drainingSinceMs }: InstanceAnswer): boolean => isDrainListed || drainingSinceMs !== undefined;

export interface Around {
  /** Pools that have nobody else. */
  readonly alone: readonly string[];
  readonly self: InstanceAnswer;
  /** Why it cannot be spared. */
  readonly unspared: Unspared | undefined;
}

export async function lookAround(call: Call, pool: string, name: string, patience: Partial<Patience>): Promise<Around> {
  // An object that says nothing for a moment is not out.
  const { instances } = await look<ListAnswer>(call, "/instances", patience, errorAround(name));
  const self = instances.find((one) => one.name === name);
  if (self === undefined) throw new CliFailure(1, `${name} is no longer in the routes document`);
  const othersIn = (each: string) => instances.filter((one) => one.name !== name && one.pools.includes(each));
  const bad = self.pools.flatMap((each) => othersIn(each).map((one) => ({ pool: each, one }))).find(({ one }) => !isInService(one));
  const alone = self.pools.filter((each) => othersIn(each).length === 0);
  return { self, alone, unspared: bad === undefined ? undefined : unsparedFor(name, bad.one, bad.pool === pool ? "" : ` of ${bad.pool}`) };
}

function errorAround(name: string) {
  return ({ instances, error }: ListAnswer): string | undefined => {
    const { pools = [] } = instances?.find((one) => one.name === name) ?? {};
    return error ?? instances?.find((one) => one.error !== undefined && one.pools.some((pool) => pools.includes(pool)))?.error;
  };
}

function unsparedFor(name: string, bad: InstanceAnswer, where: string): Unspared {
  const why = bad.error ?? bad.reason ?? "";
  const message = `${bad.name}${where} is ${stateOf(bad)}${why === "" ? "" : `: ${why}`}. With --force ${name} is taken away all the same`;
  return new Unspared(message, isAway(bad));
}
