import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InstanceStatus } from "../../src/ports/instances.ts";
import { place } from "../../src/routing/place.ts";
import { strategies } from "../../src/routing/registry.ts";
import { loadForTest } from "../support/catalogue.ts";
import { validDocument } from "../support/routes-document.ts";

const { routes } = loadForTest(validDocument);
const support = routes.pools.get("support") ?? expect.fail("the document has no such pool");
const pool = { ...support, strategy: "rendezvous" };
const context = { conversation: "telegram:support/chat/1", region: "weur", instances: routes.instances };

const status = (name: string, facts: Partial<InstanceStatus> = {}): InstanceStatus => ({
  name,
  isHealthy: true,
  isDraining: false,
  pinsLately: 0,
  pinsTotal: 0,
  lastPinAtMs: 0,
  ...facts,
});

const many = Array.from({ length: 200 }, (_, index) => `telegram:support/chat/${index}`);

it("a conversation is placed by the pool's strategy", () => {
  const near = place({ ...pool, strategy: "nearest" }, [status("us-1"), status("eu-1")], context);
  expect(near).toEqual({ instance: "eu-1" });
});

it("strategy options reach the strategy", () => {
  const fixed = { ...pool, strategy: { name: "fixed", instance: "us-1" } };
  expect(place(fixed, [status("us-1"), status("eu-1")], context)).toEqual({ instance: "us-1" });
  expect(place(fixed, [status("us-1", { isHealthy: false }), status("eu-1")], context).held).toMatch(/strategy/);
});

it.each([
  ["nobody is healthy", [status("eu-1", { isHealthy: false }), status("us-1", { isHealthy: false })], {}, /healthy/],
  ["nobody answered", [], {}, /healthy/],
  ["the healthy one drains", [status("eu-1", { isDraining: true }), status("us-1", { isHealthy: false })], {}, /draining/],
  ["the operator drains all", [status("eu-1"), status("us-1")], { draining: new Set(["eu-1", "us-1"]) }, /draining/],
  ["all were tried", [status("eu-1"), status("us-1")], { exclude: new Set(["eu-1", "us-1"]) }, /excluded/],
  ["only a stranger is healthy", [status("eu-9"), status("constructor")], {}, /healthy/],
])("the message is held when %s", (_, statuses, extra, reason) => {
  expect(place(pool, statuses, { ...context, ...extra }).held).toMatch(reason);
});

it("an unknown strategy holds instead of guessing", () => {
  expect(place({ ...pool, strategy: "psychic" }, [status("eu-1")], context).held).toMatch(/unknown/);
});

it("with every strategy, only healthy, staying, unexcluded instances are chosen, and one of them is", () => {
  const names = ["eu-1", "us-1"];
  const statuses = fc.tuple(
    ...names.map((name) => fc.record({ isHealthy: fc.boolean(), isDraining: fc.boolean() }).map((facts) => status(name, facts))),
  );
  const chosenStrategy = fc.constantFrom(...[...strategies.keys()].filter((name) => name !== "fixed"));
  return fc.assert(
    fc.property(statuses, chosenStrategy, fc.subarray(names), fc.subarray(names), (given, strategy, excluded, drained) => {
      const eligible = given.filter(
        (one) => one.isHealthy && !one.isDraining && !excluded.includes(one.name) && !drained.includes(one.name),
      );
      const placement = place({ ...pool, strategy }, given, { ...context, exclude: new Set(excluded), draining: new Set(drained) });
      if (eligible.length === 0) expect(placement.held).toBeDefined();
      else expect(eligible.map((one) => one.name)).toContain(placement.instance);
    }),
  );
});

describe("a pool in which too few are healthy", () => {
  const down = (name: string) => status(name, { isHealthy: false });
  const doubted = (name: string) => status(name, { isHealthy: false, isDoubted: true });
  const withPanic = (panicPercent: number) => ({ ...pool, failover: { ...pool.failover, panicPercent } });

  it.each<[string, number, readonly InstanceStatus[], string]>([
    ["none is healthy: who is only doubted gets it", 0, [down("eu-1"), doubted("us-1")], "us-1"],
    ["one is healthy: it gets it", 0, [status("eu-1"), doubted("us-1")], "eu-1"],
    ["half are healthy, which is still enough", 50, [status("eu-1"), doubted("us-1")], "eu-1"],
    ["who drains is no member that could be missed", 50, [status("eu-1"), { ...doubted("us-1"), isDraining: true }], "eu-1"],
  ])("%s", (_, percent, statuses, chosen) => {
    expect(place({ ...withPanic(percent), strategy: { name: "fixed", instance: chosen } }, statuses, context)).toEqual({
      instance: chosen,
    });
    expect(place(withPanic(percent), statuses, context)).toEqual({ instance: chosen });
  });

  it("with less than the pool's share of them healthy, the doubted serve beside the healthy", () => {
    const chosen = (percent: number) =>
      new Set(
        many.map((conversation) => place(withPanic(percent), [status("eu-1"), doubted("us-1")], { ...context, conversation }).instance),
      );
    expect([chosen(50), chosen(51)]).toEqual([new Set(["eu-1"]), new Set(["eu-1", "us-1"])]);
  });

  it("who fails deliveries is not taken, however few are left", () => {
    expect(place(withPanic(100), [down("eu-1"), down("us-1")], context).held).toMatch(/healthy/);
  });

  it("who drains is not taken, doubted or not", () => {
    expect(place(withPanic(100), [{ ...doubted("eu-1"), isDraining: true }, down("us-1")], context).held).toMatch(/healthy/);
  });
});

describe("an instance that comes back", () => {
  const chosenWith = (strategy: string, share: number | undefined) =>
    many.map((conversation) => {
      const back = share === undefined ? {} : { share };
      return place({ ...pool, strategy }, [status("eu-1", back), status("us-1")], { ...context, conversation }).instance;
    });

  it.each(["rendezvous", "least-loaded", "weighted", "primary-standby"])("%s gives it its share of what it would get", (strategy) => {
    const all = chosenWith(strategy, undefined).filter((name) => name === "eu-1").length;
    const spared = chosenWith(strategy, 0.1).filter((name) => name === "eu-1").length;
    expect(spared).toBeGreaterThan(0);
    expect(spared).toBeLessThan(all * 0.2);
  });

  it("who it gets does not change while its share grows, and grows with it", () => {
    const mine = (share: number) => new Set(many.filter((_, index) => chosenWith("rendezvous", share)[index] === "eu-1"));
    expect(mine(0.6)).toEqual(new Set([...mine(0.6), ...mine(0.3)]));
    expect(mine(0.3).size).toBeLessThan(mine(0.6).size);
  });

  it("active-passive, nobody goes to a standby for it, where they would stay; another primary takes its share", () => {
    const of = (roles: Readonly<Record<string, "primary" | "standby">>) =>
      new Map([...routes.instances].map(([name, config]) => [name, { ...config, role: roles[name] ?? config.role }]));
    const chosen = (roles: Readonly<Record<string, "primary" | "standby">>) =>
      many.map(
        (conversation) =>
          place({ ...pool, strategy: "primary-standby" }, [status("eu-1", { share: 0.1 }), status("us-1")], {
            ...{ ...context, conversation, instances: of(roles) },
          }).instance,
      );
    expect(chosen({ "us-1": "standby" })).toEqual(many.map(() => "eu-1"));
    expect(chosen({}).filter((name) => name === "eu-1").length).toBeLessThan(many.length * 0.2);
  });

  it("a share leaves nobody without an instance", () => {
    const only = [status("eu-1", { share: 0.1 }), status("us-1", { isHealthy: false })];
    for (const strategy of ["rendezvous", { name: "fixed", instance: "eu-1" }])
      expect(many.map((conversation) => place({ ...pool, strategy }, only, { ...context, conversation }).instance)).toEqual(
        many.map(() => "eu-1"),
      );
  });
});
