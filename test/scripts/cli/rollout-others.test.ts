/** What others do while a rollout is at work: instances that leave, a second rollout, an operator, an edge of another release. */
import { expect, it } from "vitest";
import { type Member, meanwhile, member, plannedEdge, READY } from "./planned-edge.ts";
import { hints, rollout } from "./planned-rollout.ts";

const away = 'eu-1/drain{"returning":true}';

it("another that goes down while this one is asked to finish: nothing is run, and this one is given back", async () => {
  const other = member("eu-2");
  const one = meanwhile(member("eu-1", { hasAdminRpc: true }), () => void Object.assign(other, { isHealthy: false }));
  const ran = await rollout([one, other]);
  expect([ran.code, ran.programs, ran.changes]).toEqual([1, [], [away, "eu-1/suspend", "eu-1/resume", "eu-1/undrain"]]);
  expect(hints(ran.err).split("\n").slice(-5)).toEqual([
    "clawedge: eu-2 is not healthy. With --force eu-1 is taken away all the same.",
    "eu-1 was drained, and is back in service; the command was not run.",
    "Done: none; left: eu-1, eu-2.",
    "Go on: clawedge rollout support --only eu-1,eu-2 -- restart --json {}",
    "",
  ]);
});

it("with --force it is run all the same", async () => {
  const other = member("eu-2");
  const one = meanwhile(member("eu-1", { hasAdminRpc: true }), () => void Object.assign(other, { isHealthy: false }));
  const ran = await rollout([one, other], { options: ["--force", "--only", "eu-1"] });
  expect([ran.code, ran.programs.length]).toEqual([0, 1]);
});

it("one that was taken over drained stays drained: its drain is not this rollout's to end", async () => {
  const other = member("eu-2");
  const one = meanwhile(member("eu-1", { hasAdminRpc: true, isDrainListed: true }), () => void Object.assign(other, { isHealthy: false }));
  const ran = await rollout([one, other], { options: ["--from", "eu-1"] });
  expect([ran.code, ran.programs, ran.changes]).toEqual([1, [], [away, "eu-1/suspend"]]);
  expect(ran.err).toContain("eu-1 stays drained, and its conversations wait for it; the command was not run.");
});

it("one that cannot be given back is said to stay drained, and why", async () => {
  const other = member("eu-2");
  const one = meanwhile(member("eu-1", { hasAdminRpc: true }), () => void Object.assign(other, { isHealthy: false }));
  const edge = await plannedEdge([one, other]);
  edge.edge.undrains = false;
  const ran = await rollout(edge);
  expect([ran.code, ran.programs]).toEqual([1, []]);
  expect(ran.err).toMatch(/eu-2 is not healthy\. .* It could not be given back: http\S+ answered http 503/);
  expect(hints(ran.err)).toContain(
    "the command was not run.\nDone: none; left: eu-1, eu-2.\nTake it back: clawedge instance undrain eu-1\n",
  );
});

it("two rollouts at once, of one instance each: whoever sees the other gives way before its command", async () => {
  const members = [member("eu-1"), member("eu-2")];
  const edge = await plannedEdge(members);
  const both = await Promise.all(["eu-1", "eu-2"].map((name) => rollout(edge, { options: ["--only", name] })));
  expect(both.map(({ code }) => code)).not.toEqual([0, 0]);
  const bad = both.filter(({ code }) => code === 1);
  expect(bad.every(({ programs }) => programs.length === 0)).toBe(true);
  expect(bad.every(({ err }) => err.includes("is draining"))).toBe(true);
  expect(members.map(({ isDrainListed }) => isDrainListed)).toEqual([false, false]);
});

it("a second rollout that drained another at the same moment is seen at once, and it is said that both may give way", async () => {
  const other = member("eu-2");
  const one = member("eu-1");
  // Between the first look and our own drain.
  Object.defineProperty(other, "isDrainListed", { get: () => one.isDrainListed, set: () => undefined });
  const ran = await rollout([one, other], { options: ["--only", "eu-1"] });
  expect([ran.code, ran.programs, ran.changes]).toEqual([1, [], [away, "eu-1/undrain"]]);
  expect(ran.err).toContain("Another rollout that began just now gives way as well: begin one of them anew");
});

it.each([
  ["the last healthy one of another pool", { pools: ["sales"], isHealthy: false }, 1],
  ["one of two healthy ones of another pool", { pools: ["sales"] }, 0],
  ["the only one of another pool", { pools: ["other"], isHealthy: false }, 0],
] as const)("%s is taken, or not", async (_, more, code) => {
  const members: readonly Member[] = [member("eu-1", { pools: ["support", "sales"] }), member("eu-2"), member("us-1", more)];
  const ran = await rollout(members, { options: ["--only", "eu-1"] });
  expect([ran.code, ran.programs.length]).toEqual([code, 1 - code]);
  if (code === 1) expect(ran.err).toContain("us-1 of sales is not healthy");
  expect(ran.err.includes("eu-1 is the only instance of sales")).toBe(more.pools[0] === "other");
});

it("one that cannot be heard for a moment is looked at again", async () => {
  const looks = { count: 0 };
  const other = { ...member("eu-2"), error: undefined as string | undefined };
  Object.defineProperty(other, "error", { get: () => (looks.count++ < 3 ? "Error: reset" : undefined) });
  const ran = await rollout([member("eu-1"), other], { options: ["--only", "eu-1"] });
  expect([ran.code, ran.programs.length]).toEqual([0, 1]);
});

it.each(["before it is quiet", "while it is asked to finish"])(
  "a drain that returns no more, %s, is somebody else's: nothing is run, for its conversations do not wait",
  async (when) => {
    const one = member("eu-1", { hasAdminRpc: true });
    const forget = () => void Object.assign(one, { isReturning: false });
    if (when === "before it is quiet") Object.defineProperty(one, "isReturning", { get: () => false, set: () => undefined });
    else meanwhile(one, forget);
    const ran = await rollout([one]);
    expect([ran.code, ran.programs]).toEqual([1, []]);
    expect(hints(ran.err).split("\n").slice(-5)).toEqual([
      "clawedge: eu-1 drains, and its conversations do not wait for it: somebody drained it without --returning meanwhile.",
      "eu-1 was drained, and is no longer as it was; the command was not run.",
      "Done: none; left: eu-1.",
      "Go on: clawedge rollout support --only eu-1 -- restart --json {}",
      "",
    ]);
  },
);

it("with --move that is as it should be", async () => {
  const one = member("eu-1");
  Object.defineProperty(one, "isReturning", { get: () => false, set: () => undefined });
  expect((await rollout([one], { options: ["--move"] })).code).toBe(0);
});

it("an edge that knows of no such drains is asked for none", async () => {
  const one = member("eu-1", { suspends: [READY] });
  Object.defineProperty(one, "isReturning", { get: () => undefined, set: () => undefined });
  const ran = await rollout([one]);
  expect([ran.code, ran.programs, ran.changes]).toEqual([1, [], []]);
  expect(ran.err).toContain("this edge is older than drains for which conversations wait: update it, or give --move");
  expect((await rollout([one], { options: ["--move"] })).code).toBe(0);
});

it("while the edge has not told every place that one is back, the next one stays", async () => {
  const roll = async (known: (atMs: number) => readonly number[]) => {
    const edge = await plannedEdge([member("eu-1"), member("eu-2")], 60_000);
    const now = { restarts: 0 };
    const command = () => {
      now.restarts += 1;
      return undefined;
    };
    Object.defineProperty(edge.edge, "knownAtMs", {
      value: { shift: () => (now.restarts === 1 ? (known(edge.edge.nowMs)[times.count++] ?? edge.edge.nowMs + 60_000) : undefined) },
    });
    const times = { count: 0 };
    return rollout(edge, { command });
  };
  const told = await roll(() => Array<number>(40).fill(1_100_000));
  expect([told.code, told.programs.length]).toEqual([0, 2]);
  const never = await roll(() => []);
  expect([never.code, never.programs.length]).toEqual([1, 1]);
  expect(never.err).toContain("the edge has not told every place of it that eu-1 is back.\neu-2 was not touched");
});
