/** What everything in the simulated world can reach: time, chance, the plan, the checker, and each other by name. Decides nothing. */
import type { Agenda } from "./agenda.ts";
import type { BotObject } from "./bot-object.ts";
import type { Bug } from "./bugs.ts";
import type { ConversationObject } from "./conversation-object.ts";
import type { Dice } from "./dice.ts";
import type { Gateway } from "./gateway.ts";
import type { InstanceObject } from "./instance-object.ts";
import type { Ledger } from "./ledger.ts";
import type { Operator } from "./operator.ts";
import type { Permits } from "./permits.ts";
import type { AccountPlan, Plan } from "./plan.ts";
import type { PollObject } from "./poll-object.ts";
import type { Promises } from "./promises.ts";
import type { Story } from "./story.ts";

export interface World {
  readonly agenda: Agenda;
  readonly dice: Dice;
  readonly plan: Plan;
  readonly story: Story;
  readonly ledger: Ledger;
  readonly operator: Operator;
  readonly bug: Bug | undefined;
  readonly conversations: Map<string, ConversationObject>;
  readonly gateways: Map<string, Gateway>;
  /** What the edge knows of each gateway. */
  readonly instances: Map<string, InstanceObject>;
  readonly permits: Permits;
  readonly promises: Promises;
  readonly polls: Map<string, PollObject>;
  readonly bots: Map<string, BotObject>;
  /** The shards' index of conversations with work pending: what the sweeper knocks at. */
  readonly pending: Set<string>;
  /** Of a store beside the objects; only a planted bug uses it. */
  readonly keysElsewhere: Set<string>;
}

export const isStormy = ({ agenda, plan }: World): boolean => agenda.nowMs < plan.weather.untilMs;

/** Whether something goes wrong here and now. */
export const strikes = (world: World, rate: number): boolean =>
  rate > 0 && !world.plan.isCalm && isStormy(world) && world.dice.chance(rate);

export const tell = (world: World, line: () => string): void => world.story.tell(world.agenda.nowMs, line);

export function accountOf(world: World, id: string): AccountPlan {
  const found = world.plan.accounts.find((account) => account.id === id);
  if (found === undefined) throw new Error(`no account ${id}`);
  return found;
}

export function named<Value>(all: ReadonlyMap<string, Value>, name: string): Value {
  const found = all.get(name);
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
}
