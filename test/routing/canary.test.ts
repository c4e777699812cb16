/** A share of what needs an instance goes to the canary, and nobody else does. */
import { expect, it } from "vitest";
import { buildRoutes } from "../../src/config/routes.ts";
import type { Canary } from "../../src/core/canary.ts";
import { choose, deliveryRules } from "../../src/pipeline/deliver.ts";
import type { InstanceStatus, Instances } from "../../src/ports/instances.ts";
import { loadForTest } from "../support/catalogue.ts";
import { validDocument } from "../support/routes-document.ts";

const instances = { ...validDocument.instances, "eu-3": validDocument.instances["eu-1"] };
const { document } = loadForTest({ ...validDocument, instances }).routes;
const started: Canary = {
  ...{ id: "one", pool: "support", instance: "eu-3", percentage: 10, startedAtMs: 0, untilMs: 1, phase: "running" },
};

const wellBut = (...out: readonly string[]) => {
  const status = async (names: readonly string[]): Promise<readonly InstanceStatus[]> =>
    names.map((name) => ({ name, isHealthy: !out.includes(name), isDraining: false, pinsLately: 0, pinsTotal: 0, lastPinAtMs: 0 }));
  return { status } as Instances;
};

const conversations = Array.from({ length: 2000 }, (_, index) => `telegram:support/chat/${index}`);

function placeAll(canaries: readonly Canary[], around: Instances, exclude: readonly string[] = []) {
  const routes = buildRoutes(1, document, { canaries });
  const asked = { pool: "support", account: "telegram:support", exclude };
  return Promise.all(
    conversations.map(async (conversation) => (await choose(routes, around, { ...asked, conversation })).instance ?? "nobody"),
  );
}

const shareOf = (placed: readonly string[], name: string) => placed.filter((one) => one === name).length / placed.length;

it("its share of the conversations that need an instance, and always the same ones", async () => {
  const placed = await placeAll([started], wellBut());
  expect(shareOf(placed, "eu-3")).toBeGreaterThan(0.08);
  expect(shareOf(placed, "eu-3")).toBeLessThan(0.12);
  expect(await placeAll([started], wellBut())).toEqual(placed);
});

it("all others are placed as they would be without it", async () => {
  const without = await placeAll([], wellBut());
  const placed = await placeAll([started], wellBut());
  const others = conversations.flatMap((_, index) => (placed[index] === "eu-3" ? [] : [[placed[index], without[index]]]));
  expect(others.filter(([now, before]) => now !== before)).toEqual([]);
  expect(shareOf(without, "eu-3")).toBe(0);
});

it("a canary that is out or tried already gets nobody; its conversations go where all others go", async () => {
  expect(await placeAll([started], wellBut("eu-3"))).toEqual(await placeAll([], wellBut()));
  expect(await placeAll([started], wellBut(), ["eu-3"])).toEqual(await placeAll([], wellBut()));
});

it("nobody else is well: the canary takes all, before members that only probes call down; who was tried there already waits", async () => {
  const rest = ["eu-1", "us-1"];
  expect(new Set(await placeAll([started], wellBut(...rest)))).toEqual(new Set(["eu-3"]));
  const doubting = async (names: readonly string[]) =>
    (await wellBut(...rest).status(names)).map((one) => (one.isHealthy ? one : { ...one, isDoubted: true }));
  expect(new Set(await placeAll([started], { ...wellBut(), status: doubting }))).toEqual(new Set(["eu-3"]));
  expect(new Set(await placeAll([started], wellBut(...rest), ["eu-3"]))).toEqual(new Set(["nobody"]));
});

it("a pool in panic takes members that only probes call down, but no such canary", async () => {
  const doubting = async (names: readonly string[]) => (await wellBut("eu-3").status(names)).map((one) => ({ ...one, isDoubted: true }));
  const { failover, ...pool } = document.pools["support"] ?? expect.unreachable();
  const inPanic = { ...pool, failover: { ...failover, panicPercent: 100 } };
  const routes = buildRoutes(1, { ...document, pools: { ...document.pools, support: inPanic } }, { canaries: [started] });
  const asked = { pool: "support", account: "telegram:support", exclude: [] };
  const around = { ...wellBut(), status: doubting };
  const placed = await Promise.all(conversations.map((conversation) => choose(routes, around, { ...asked, conversation })));
  expect(placed.filter(({ instance }) => instance === "eu-3")).toEqual([]);
});

it("promoted, it is a member like any other; rolled back, nobody's, and its conversations have to move", async () => {
  const promoted = await placeAll([{ ...started, phase: "promoted" }], wellBut());
  expect(shareOf(promoted, "eu-3")).toBeGreaterThan(0.15);
  const back = { ...started, phase: "rolled-back" } as const;
  expect(await placeAll([back], wellBut())).toEqual(await placeAll([], wellBut()));
  const membersBy = (canary: Canary) => deliveryRules(buildRoutes(1, document, { canaries: [canary] })).pools["support"]?.instances;
  expect([membersBy(started), membersBy(back)]).toEqual([
    ["eu-1", "us-1", "eu-3"],
    ["eu-1", "us-1"],
  ]);
});

it("a canary of a pool or an instance that the document does not have is none", () => {
  const canaries = [
    { ...started, pool: "gone" },
    { ...started, instance: "gone" },
  ];
  const routes = buildRoutes(1, document, { canaries });
  expect([routes.canaries.size, routes.pools.get("support")?.instances]).toEqual([0, ["eu-1", "us-1"]]);
});
