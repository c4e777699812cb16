/** The routes document over time: instances leave and return, pools change their policy, drains, and hours in which nobody can read it. */
import { type Canary, membersWith } from "../../src/core/canary.ts";
import type { DeliveryRules, LinkRules, PoolRules } from "../../src/core/delivery-rules.ts";
import type { Plan } from "./plan.ts";
import { isStormy, strikes, tell, type World } from "./world.ts";

const LINKS: Readonly<Record<string, LinkRules>> = {
  native: { absorbsRepeats: true, attemptMs: 10_000, takesPermit: true },
  poll: { absorbsRepeats: true, attemptMs: 30_000, takesPermit: false },
  chat: { absorbsRepeats: false, attemptMs: 120_000, takesPermit: true },
};

/** A choice that was asked for under the document before may take so long. */
const KNOWN_AFTER_MS = 15_000;

export class Operator {
  readonly #versions: DeliveryRules[];
  /** When each of them came. */
  readonly #publishedAtMs: number[] = [0];
  /** Of each pool, with the number of the document it came with. */
  readonly #canaries = new Map<string, readonly { readonly number: number; readonly canary: Canary }[]>();
  readonly #plan: Plan;
  #blindUntilMs = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#versions = [documentOf(plan)];
  }

  get rules(): DeliveryRules {
    const newest = this.#versions.at(-1);
    if (newest === undefined) throw new Error("no document");
    return newest;
  }

  /** What an object reads: never older than what it has seen, not always the newest, and sometimes nothing. */
  snapshot(world: World, seen: number): DeliveryRules | undefined {
    if (this.isBlind(world)) return undefined;
    const before = this.#versions.at(-2);
    return before !== undefined && before.number >= seen && strikes(world, 0.1) ? before : this.rules;
  }

  /** As a document of this number has it. */
  canaryOf(pool: string, number: number): Canary | undefined {
    return this.#canaries.get(pool)?.findLast((one) => one.number <= number)?.canary;
  }

  /** Every object that asks knows by now that it will be back. */
  isWaitedFor({ agenda, plan }: World, pool: string, instance: string): boolean {
    if (agenda.nowMs - (this.#publishedAtMs.at(-1) ?? 0) < KNOWN_AFTER_MS) return false;
    return this.#versions.slice(plan.isCalm ? -1 : -2).every(({ returning, pools }) => {
      return returning.includes(instance) && pools[pool]?.instances.includes(instance) === true;
    });
  }

  /** Documents that an object may have read in this time: the one before the newest may be read at any. */
  recent({ agenda, plan }: World, withinMs: number): readonly DeliveryRules[] {
    const sinceMs = agenda.nowMs - withinMs;
    const eldest = this.#publishedAtMs.findLastIndex((atMs) => atMs <= sinceMs);
    return this.#versions.slice(Math.max(0, plan.isCalm ? eldest : Math.min(eldest, this.#versions.length - 2)));
  }

  isBlind({ agenda }: World): boolean {
    return agenda.nowMs < this.#blindUntilMs;
  }

  plan(world: World): void {
    const { changes, configOutages, untilMs } = this.#plan.weather;
    for (let index = 0; index < changes; index += 1) world.agenda.after(world.dice.between(0, untilMs), () => this.#change(world));
    for (let index = 0; index < configOutages; index += 1) world.agenda.after(world.dice.between(0, untilMs), () => this.#blind(world));
    world.agenda.after(untilMs, () => {
      this.#canaries.clear();
      this.#publish(world, documentOf(this.#plan), "as it was");
    });
  }

  #blind(world: World): void {
    const forMs = world.dice.pick([2000, 20_000, 240_000, 240_000]);
    this.#blindUntilMs = world.agenda.nowMs + forMs;
    tell(world, () => `nobody can read the document for ${forMs / 1000} s`);
  }

  #change(world: World): void {
    if (!isStormy(world)) return;
    const { name, instances: all } = world.dice.pick(this.#plan.pools);
    const pool = this.rules.pools[name];
    if (pool === undefined) return;
    const instance = world.dice.pick(all);
    const drawn = world.dice.next();
    if (drawn < 0.4) {
      this.#join(world, { name, pool, instance });
      return;
    }
    if (drawn < 0.7) {
      this.#drain(world, instance);
      return;
    }
    if (drawn < 0.85) {
      this.#try(world, { name, pool, instance });
      return;
    }
    const policy = world.dice.pick(["hold", "hold-then-move", "move"] as const);
    this.#publish(world, withPool(this.rules, name, { ...pool, policy }), `${name} will ${policy}`);
  }

  #join(world: World, { name, pool, instance }: { readonly name: string; readonly pool: PoolRules; readonly instance: string }): void {
    const instances = toggled(pool.instances, instance);
    if (instances.length === 0) return;
    this.#publish(world, withPool(this.rules, name, { ...pool, instances }), `${name} is ${instances.join(", ")}`);
  }

  /** Away for a while, as before a restart. */
  sendAway(world: World, instance: string | undefined): void {
    const away = instance === undefined ? [] : [instance];
    this.#publish(world, { ...this.rules, draining: away, returning: away }, `away and back soon: ${away.join(", ") || "nobody"}`);
  }

  #drain(world: World, instance: string): void {
    const draining = toggled(this.rules.draining, instance);
    const others = this.rules.returning.filter((name) => name !== instance);
    const returning = draining.includes(instance) && world.dice.chance(0.5) ? [...others, instance] : others;
    const said = `draining: ${draining.join(", ") || "nobody"}; back soon: ${returning.join(", ") || "nobody"}`;
    this.#publish(world, { ...this.rules, draining, returning }, said);
  }

  /** A canary begins, or the one that runs ends one way or the other. */
  #try(world: World, { name, pool, instance }: { readonly name: string; readonly pool: PoolRules; readonly instance: string }): void {
    const running = this.canaryOf(name, this.rules.number);
    const isNew = running?.phase !== "running";
    const number = this.rules.number + 1;
    const begun: Canary = {
      ...{ id: `${name} ${number}`, pool: name, instance, percentage: world.dice.pick([20, 50]) },
      ...{ startedAtMs: world.agenda.nowMs, untilMs: Number.POSITIVE_INFINITY, phase: "running" },
    };
    const canary: Canary = isNew ? begun : { ...running, phase: world.dice.pick(["promoted", "rolled-back"]) };
    this.#canaries.set(name, [...(this.#canaries.get(name) ?? []), { number, canary }]);
    const instances = membersWith(pool.instances, canary);
    this.#publish(world, withPool(this.rules, name, { ...pool, instances }), `the canary ${canary.instance} of ${name} is ${canary.phase}`);
  }

  #publish(world: World, rules: DeliveryRules, what: string): void {
    const next = { ...rules, number: this.rules.number + 1 };
    this.#versions.push(next);
    this.#publishedAtMs.push(world.agenda.nowMs);
    tell(world, () => `document ${next.number}: ${what}`);
  }
}

const toggled = (names: readonly string[], name: string): readonly string[] =>
  names.includes(name) ? names.filter((other) => other !== name) : [...names, name];

const withPool = (rules: DeliveryRules, name: string, pool: PoolRules): DeliveryRules => ({
  ...rules,
  pools: { ...rules.pools, [name]: pool },
});

function documentOf({ accounts, pools }: Plan): DeliveryRules {
  const links = pools.flatMap(({ name, instances }) => {
    const served = accounts.filter(({ pool }) => pool === name);
    const linkRules = Object.fromEntries(served.flatMap(({ id, link }) => (LINKS[link] === undefined ? [] : [[id, LINKS[link]]])));
    return instances.map((instance) => [instance, linkRules] as const);
  });
  return {
    number: 1,
    draining: [],
    returning: [],
    pools: Object.fromEntries(pools.map(({ name, instances, rules }) => [name, { ...rules, instances }])),
    defaultPools: Object.fromEntries(accounts.map(({ id, pool }) => [id, pool])),
    reach: Object.fromEntries(accounts.map(({ id, pool }) => [id, [pool]])),
    links: Object.fromEntries(links),
  };
}
