import { describe, expect, it } from "vitest";
import { clawedge, fakeAdmin, type Replies } from "./fake-admin.ts";

const AT = Date.UTC(2026, 10, 21, 9, 30);

async function against(replies: Replies, ...args: readonly string[]) {
  const { url, asked } = await fakeAdmin(replies);
  return { ...(await clawedge([...args, "--edge", url])), asked };
}

const group = (handed: number, errors: number) => ({ handed, errors, answered: handed - errors, p95Ms: 113, answerP95Ms: 5120 });
const running = {
  ...{ id: "one", pool: "support", instance: "eu-3", percentage: 5, startedAtMs: AT, untilMs: AT + 1_800_000, phase: "running" },
  figures: { canary: group(40, 1), rest: group(41, 2) },
};
const ended = { ...running, phase: "rolled-back", endedAtMs: AT + 60_000, verdict: "more hand-overs fail" };
const listOf = (...canaries: readonly object[]) => ({ "GET /admin/canaries": { json: { canaries, nowMs: AT } } });
const started = { "POST /admin/canaries": { json: { changed: true, number: 8, canary: { ...running, figures: undefined } } } };

describe("canary start", () => {
  it("sends what was asked for, and nothing that was not", async () => {
    const ran = await against(started, ..."canary start support --instance eu-3 --percentage 5 --duration 30m".split(" "));
    expect(JSON.parse(ran.asked[0]?.body ?? "")).toEqual({ pool: "support", instance: "eu-3", percentage: 5, durationMs: 1_800_000 });
    expect(ran.code).toBe(0);
    expect(ran.out).toContain("state    running");
    const short = await against(started, "canary", "start", "support", "--instance", "eu-3");
    expect(JSON.parse(short.asked[0]?.body ?? "")).toEqual({ pool: "support", instance: "eu-3" });
  });

  it.each([
    [["support"], "--instance is missing"],
    [["support", "--instance", "eu-3", "--percentage", "60"], "--percentage 60 is not a number from 0.1 to 50"],
    [["support", "--instance", "eu-3", "--duration", "30"], "--duration 30 is not a time"],
    [["support", "--instance", "eu-3", "--duration", "8d"], "--duration 8d is not a time"],
    [[], "POOL is missing"],
  ])("%j is wrong usage", async (args, hint) => {
    expect(await clawedge(["canary", "start", ...args])).toMatchObject({ code: 2, err: expect.stringContaining(hint) });
  });

  it("--watch waits for its end, and a rollback is bad news", async () => {
    const list = (times: number) => ({ json: { canaries: [times < 2 ? running : ended] } });
    const ran = await against(
      { ...started, "GET /admin/canaries": list },
      ..."canary start support --instance eu-3 --watch --json".split(" "),
    );
    expect([ran.code, JSON.parse(ran.out).verdict]).toEqual([1, "more hand-overs fail"]);
    expect(ran.err).toBe("eu-3: 1 errors of 40; rest: 2 errors of 41\n".repeat(2));
  });

  it("--watch waits longer for one whose instance drained meanwhile", async () => {
    const day = 86_400_000;
    const list = (times: number) => ({ json: { canaries: [times < 600 ? { ...running, untilMs: running.untilMs + day } : ended] } });
    const ran = await against({ ...started, "GET /admin/canaries": list }, "canary", "start", "support", "--instance", "eu-3", "--watch");
    expect([ran.code, ran.err.includes("should have ended")]).toEqual([1, false]);
  });

  it("--watch looks again when the edge is away for a moment, and when it stays away says that the canary runs on", async () => {
    const watch = ["canary", "start", "support", "--instance", "eu-3", "--watch"];
    const out = { status: 503, text: "nobody is here" };
    const short = (times: number) => (times > 0 && times < 5 ? out : { json: { canaries: [times < 7 ? running : ended] } });
    const ran = await against({ ...started, "GET /admin/canaries": short }, ...watch);
    expect([ran.code, ran.out.includes("state    rolled-back"), ran.err.includes("waiting: ")]).toEqual([1, true, true]);
    const long = await against({ ...started, "GET /admin/canaries": out }, ...watch);
    expect(long).toMatchObject({ code: 3, err: expect.stringContaining("answered http 503") });
    expect(long.err).toContain("The canary of support goes on all the same. Look: clawedge canary show support\n");
  });

  it("--watch does not wait for ever, nor for one that was cleared", async () => {
    const watch = ["canary", "start", "support", "--instance", "eu-3", "--watch"];
    expect(await against({ ...started, ...listOf(running) }, ...watch)).toMatchObject({ code: 1, err: expect.stringContaining("Look:") });
    expect(await against({ ...started, ...listOf() }, ...watch)).toMatchObject({ code: 1, err: expect.stringContaining("cleared") });
  });

  it("a refusal is told as the edge says it", async () => {
    const json = { error: { code: "no-canary", message: "It has no link for telegram:support." } };
    const ran = await against({ "POST /admin/canaries": { status: 409, json } }, "canary", "start", "support", "--instance", "us-1");
    expect(ran).toMatchObject({ code: 1, err: "clawedge: It has no link for telegram:support.\n" });
  });
});

describe("canary show", () => {
  it("both groups' figures, the state and why", async () => {
    const ran = await against(listOf(ended, { ...running, pool: "sales" }), "canary", "show", "support");
    expect(ran.code).toBe(1);
    expect(ran.out).toBe(
      [
        "pool     support",
        "canary   eu-3",
        "state    rolled-back",
        "share    5 %",
        "started  2026-11-21 09:30:00Z",
        "ended    2026-11-21 09:31:00Z",
        "why      more hand-overs fail",
        "GROUP   HANDED OVER  FAILED  P95     ANSWERED  P95",
        "canary  40           1       113 ms  39        5120 ms",
        "rest    41           2       113 ms  39        5120 ms",
        "",
      ].join("\n"),
    );
  });

  it.each([
    ["all of them", [], [ended, { ...running, pool: "sales" }], "pool     sales"],
    ["none", [], [], "no pool has a canary"],
    ["one whose object cannot be asked", ["support"], [{ ...running, figures: undefined, error: "Error: gone" }], "error  Error: gone"],
  ])("%s", async (_, args, canaries, text) => {
    const ran = await against(listOf(...canaries), "canary", "show", ...args);
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining(text) });
  });

  it("a pool without one is bad news", async () => {
    expect(await against(listOf(), "canary", "show", "support")).toMatchObject({ code: 1, err: expect.stringContaining("no canary") });
  });
});

it.each([
  ["promote", "the canary of a/b is promoted\n", 1],
  ["rollback", "the canary of a/b is rolled back\n", 0],
  ["clear", "the canary of a/b is forgotten\n", 1],
])("canary %s says what is so now, or that it had ended already: bad news if otherwise", async (verb, out, code) => {
  const reply = (changed: boolean) => ({ [`POST /admin/canaries/a%2Fb/${verb}`]: { json: { changed, number: 9, canary: ended } } });
  expect(await against(reply(true), "canary", verb, "a/b")).toMatchObject({ code: 0, out });
  expect(await against(reply(false), "canary", verb, "a/b")).toMatchObject({ code, out: "nothing changed: it is rolled-back already\n" });
});
