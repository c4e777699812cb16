/** The routes document over time: instances leave and return, pools change their policy, drains, and hours in which nobody can read it. */
import type { DeliveryRules, LinkRules, PoolRules } from "../../src/core/delivery-rules.ts";
import type { Plan } from "./plan.ts";
import { isStormy, strikes, tell, type World } from "./world.ts";

const LINKS: Readonly<Record<string, LinkRules>> = {
  native: { absorbsRepeats: true, attemptMs: 10_000, takesPermit: true },
  poll: { absorbsRepeats: true, attemptMs: 30_000, takesPermit: true },
  chat: { absorbsRepeats: false, attemptMs: 120_000, takesPermit: true },
};

export class Operator {
  readonly #versions: DeliveryRules[];
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

  isBlind({ agenda }: World): boolean {
    return agenda.nowMs < this.#blindUntilMs;
  }

  plan(world: World): void {
    const { changes, configOutages, untilMs } = this.#plan.weather;
    for (let index = 0; index < changes; index += 1) world.agenda.after(world.dice.between(0, untilMs), () => this.#change(world));
    for (let index = 0; index < configOutages; index += 1) world.agenda.after(world.dice.between(0, untilMs), () => this.#blind(world));
    world.agenda.after(untilMs, () => this.#publish(world, documentOf(this.#plan), "as it was"));
  }

  #blind(world: World): void {
    const forMs = world.dice.pick([2000, 20_000, 240_000]);
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
    if (drawn < 0.75) {
      const draining = toggled(this.rules.draining, instance);
      this.#publish(world, { ...this.rules, draining }, `draining: ${draining.join(", ") || "nobody"}`);
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

  #publish(world: World, rules: DeliveryRules, what: string): void {
    const next = { ...rules, number: this.rules.number + 1 };
    this.#versions.push(next);
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
