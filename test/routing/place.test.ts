import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { InstanceStatus } from "../../src/ports/instances.ts";
import { place } from "../../src/routing/place.ts";
import { strategies } from "../../src/routing/registry.ts";
import { loadForTest } from "../support/catalogue.ts";
import { validDocument } from "../support/routes-document.ts";

const { routes } = loadForTest(validDocument);
const pool = { ...validDocument.pools.support, strategy: "rendezvous" } as unknown as Parameters<typeof place>[0];
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
