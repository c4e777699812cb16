import { expect, it } from "vitest";
import { clawedge } from "./fake-admin.ts";
import { DRAINING, type Member, meanwhile, member, type PlannedEdge, plannedEdge, READY } from "./planned-edge.ts";
import { hints, rollout } from "./planned-rollout.ts";

const away = 'eu-1/drain{"returning":true}';

it("each instance is drained, restarted and taken back before the next; the command's words and variables name it", async () => {
  const ran = await rollout([member("eu-1"), member("eu-2")]);
  expect([ran.code, ran.changes]).toEqual([0, [away, "eu-1/undrain", 'eu-2/drain{"returning":true}', "eu-2/undrain"]]);
  expect(ran.programs.map(({ words, env }) => [...words, env["CLAWEDGE_INSTANCE"], env["CLAWEDGE_POOL"]])).toEqual([
    ["restart", "--json", "eu-1", "eu-1", "support"],
    ["restart", "--json", "eu-2", "eu-2", "support"],
  ]);
  expect(ran.out).toMatch(/^eu-1 is back after \d+ s\neu-2 is back after \d+ s\n2 instances of support restarted\n$/);
  expect(ran.err).toContain("eu-1: draining; its conversations wait for it\n");
});

it("--json gives the figures, and the command's output goes beside them", async () => {
  const ran = await rollout([member("eu-1"), member("eu-2")], { options: ["--json"] });
  const figures = { quietMs: expect.any(Number), suspendMs: 0, commandMs: 0, backMs: expect.any(Number), readmitMs: 0 };
  const one = (instance: string) => ({
    ...{ instance, stage: "done", awayMs: expect.any(Number), knownAtMs: expect.any(Number) },
    ...figures,
  });
  expect(JSON.parse(ran.out)).toEqual({ pool: "support", instances: [one("eu-1"), one("eu-2")] });
  expect(ran.programs.every(({ isBeside }) => isBeside)).toBe(true);
});

it("--move leaves its conversations to the pool's policy", async () => {
  expect((await rollout([member("eu-1"), member("eu-2")], { options: ["--move"] })).changes[0]).toBe("eu-1/drain");
});

it("a gateway that can be asked has finished before the command, and goes on before it is taken back", async () => {
  const one = member("eu-1", { hasAdminRpc: true, suspends: [DRAINING, DRAINING, READY] });
  const ran = await rollout([one, member("eu-2")], { options: ["--from", "eu-1"] });
  const suspend = Array(3).fill("eu-1/suspend");
  expect([ran.code, ran.changes.slice(0, 6)]).toEqual([0, [away, ...suspend, "eu-1/resume", "eu-1/undrain"]]);
  expect(ran.err).toContain("eu-1 is still at work: 2 root-request");
});

it("one that is still starting is asked to go on until it can be", async () => {
  const resumes = [{ status: "unreachable" }, { status: "busy" }, { status: "running", resumed: false }];
  const ran = await rollout([member("eu-1", { hasAdminRpc: true, resumes })]);
  expect([ran.code, ran.changes.filter((change) => change === "eu-1/resume").length]).toEqual([0, 3]);
});

it("--no-suspend asks no gateway", async () => {
  const ran = await rollout([member("eu-1", { hasAdminRpc: true })], { options: ["--no-suspend"] });
  expect(ran.changes).toEqual([away, "eu-1/undrain"]);
});

it.each([
  ["unsupported", 1],
  ["unreachable", 120],
])(
  "a gateway where that is %s is restarted all the same, and it is said; it may have begun to wait, so it goes on",
  async (status, times) => {
    const ran = await rollout([member("eu-1", { hasAdminRpc: true, suspends: [{ status, detail: "http 404" }] })]);
    const suspend = Array(times).fill("eu-1/suspend");
    expect([ran.code, ran.changes]).toEqual([0, [away, ...suspend, "eu-1/resume", "eu-1/undrain"]]);
    expect(ran.err).toContain("does not tell whether it still works (http 404)");
  },
);

it("where nobody knows whether it began to wait, going on is asked for as long as that could last", async () => {
  const [suspends, resumes] = [[{ status: "unsupported" }], [{ status: "unreachable" }]];
  const ran = await rollout([member("eu-1", { hasAdminRpc: true, suspends, resumes })]);
  expect([ran.code, ran.changes.filter((change) => change === "eu-1/resume").length]).toEqual([0, 121]);
});

it.each(["unreachable", "unsupported", "forbidden"])("one that was at work, and then is %s, is not restarted", async (status) => {
  const one = member("eu-1", { hasAdminRpc: true, suspends: [DRAINING, { status, detail: "no answer" }] });
  const ran = await rollout([one, member("eu-2")]);
  expect([ran.code, ran.programs]).toEqual([1, []]);
  expect(ran.err).toContain("eu-1 does not say whether it works: no answer; it was at work: 2 root-request. Its drain stands");
  expect(ran.err).toContain("the command was not run");
});

it("one that does not answer for a moment is asked again", async () => {
  const suspends = [DRAINING, { status: "unreachable", detail: "no answer" }, { status: "busy", detail: "http 429" }, READY];
  const ran = await rollout([member("eu-1", { hasAdminRpc: true, suspends })]);
  expect([ran.code, ran.changes.filter((change) => change === "eu-1/suspend").length]).toEqual([0, 4]);
});

it("one that still says that it is suspended is let go on when it no longer does", async () => {
  const looks = { sinceCommand: -1, atResume: 0 };
  const one = {
    ...member("eu-1", { hasAdminRpc: true }),
    get verdict() {
      if (looks.sinceCommand < 0) return "up" as const;
      looks.sinceCommand += 1;
      return looks.sinceCommand < 9 ? ("draining" as const) : ("up" as const);
    },
    get resumes() {
      looks.atResume = looks.sinceCommand;
      return [{ status: "running", resumed: false }];
    },
  };
  const ran = await rollout([one], { command: () => void Object.assign(looks, { sinceCommand: 0 }) });
  expect([ran.code, ran.changes.slice(-2), looks.atResume >= 9]).toEqual([0, ["eu-1/resume", "eu-1/undrain"], true]);
});

it.each<readonly [string, (one: Member, edge: PlannedEdge) => void]>([
  ["taken back", (_, { since }) => void since.delete("eu-1")],
  ["taken back and drained again", (_, { since, edge }) => void since.set("eu-1", edge.nowMs)],
  ["no longer listed", (one) => void Object.assign(one, { isDrainListed: false })],
])("one that somebody has %s meanwhile is not restarted", async (_, happens) => {
  const one = member("eu-1", { hasAdminRpc: true });
  const edge = await plannedEdge([one]);
  meanwhile(one, () => happens(one, edge));
  const ran = await rollout(edge);
  expect([ran.code, ran.programs]).toEqual([1, []]);
  expect(hints(ran.err).split("\n").slice(-5)).toEqual([
    "clawedge: eu-1 is no longer draining as it was: somebody undrained it meanwhile.",
    "eu-1 was drained, and is no longer as it was; the command was not run.",
    "Done: none; left: eu-1.",
    "Go on: clawedge rollout support --only eu-1 -- restart --json {}",
    "",
  ]);
});

it("one that refuses stops the rollout with what to do, before the command", async () => {
  const ran = await rollout([member("eu-1", { hasAdminRpc: true, suspends: [{ status: "forbidden", detail: "http 500, FORBIDDEN" }] })]);
  expect([ran.code, ran.programs]).toEqual([1, []]);
  expect(ran.err).toContain('let adminRpc of the instance be { "user": … }');
  expect(ran.err).toContain("--no-suspend");
  expect(ran.err).toContain("the command was not run");
});

it("a pool of one is rolled, and it is said what that means", async () => {
  const ran = await rollout([member("eu-1")]);
  expect([ran.code, ran.err.includes("eu-1 is the only instance of support: what is written meanwhile waits for it")]).toEqual([0, true]);
});

it.each([
  ["another is not healthy", [member("eu-1"), member("eu-2", { isHealthy: false })], "eu-2 is not healthy"],
  ["two drain", [member("eu-1", { isDrainListed: true }), member("eu-2", { isDrainListed: true })], "eu-2 is draining"],
])("nothing is taken away while %s, unless forced", async (_, members, hint) => {
  const ran = await rollout(members, { options: ["--from", "eu-1"] });
  expect([ran.code, ran.changes, ran.programs]).toEqual([1, [], []]);
  expect(ran.err).toContain(hint);
  expect(ran.err).toContain("eu-1 was not touched");
});

it("one that drains already is somebody's, and is not taken over", async () => {
  const members = [member("eu-1"), member("eu-2", { isDrainListed: true })];
  const ran = await rollout(members);
  expect([ran.code, ran.changes]).toEqual([1, []]);
  expect(ran.err).toContain("eu-2 drains already: somebody works on it");
  expect(ran.err).toContain("--from eu-2");
  expect((await rollout(members, { options: ["--only", "eu-2"] })).code).toBe(1);
  expect((await rollout(members, { options: ["--force"] })).code).toBe(0);
});

it("neither is one that somebody else drained a moment before", async () => {
  const one = member("eu-1", { isDrainListed: true, isReturning: true });
  const looks = { count: 0 };
  Object.defineProperty(one, "isDrainListed", { get: () => looks.count++ > 2, set: () => undefined });
  const ran = await rollout([one]);
  expect([ran.code, ran.changes, ran.programs]).toEqual([1, [away], []]);
  expect(ran.err).toContain("eu-1 drains already");
  expect(ran.err).toContain("eu-1 was not touched");
});

it("--force takes it away all the same", async () => {
  const members = [member("eu-1"), member("eu-2", { isHealthy: false, isDrainListed: true })];
  const ran = await rollout(members, {
    options: ["--force", "--from", "eu-1"],
    command: () => void Object.assign(members[1] ?? {}, { isHealthy: true }),
  });
  expect([ran.code, ran.programs.length]).toEqual([0, 2]);
});

const three = (drained?: string) => ["eu-1", "eu-2", "eu-3"].map((name) => member(name, { isDrainListed: name === drained }));

it.each([
  ["--from", "eu-3", "eu-3", ["eu-3", "eu-1", "eu-2"]],
  ["--from", "eu-2", undefined, ["eu-2", "eu-3"]],
  ["--only", "eu-3,eu-1", undefined, ["eu-3", "eu-1"]],
  ["--from", "eu-2 --only eu-2,eu-3", "eu-2", ["eu-2", "eu-3"]],
] as const)("%s %s while %s drains", async (option, value, drained, expected) => {
  const ran = await rollout(three(drained), { options: [option, ...value.split(" ")] });
  expect([ran.code, ran.programs.map(({ words }) => words.at(-1))]).toEqual([0, expected]);
});

/** What is printed is run, until it comes to its end. */
it.each(["eu-1", "eu-2", "eu-3"])("going on as it is told leaves nobody out, and restarts nobody twice: %s fails", async (bad) => {
  for (const drained of [undefined, "eu-1", "eu-2", "eu-3"]) {
    const edge = await plannedEdge(three(drained));
    const first = await rollout(edge, {
      options: drained === undefined ? [] : ["--from", drained],
      command: ({ env }) => (env["CLAWEDGE_INSTANCE"] === bad ? "ended with 1" : undefined),
    });
    const line = /^Go on: clawedge rollout support (.*) -- /m.exec(hints(first.err))?.[1] ?? expect.fail(first.err);
    const second = await rollout(edge, { options: line.split(" ") });
    const restarted = [...first.programs, ...second.programs].map(({ words }) => words.at(-1));
    expect([second.code, restarted.toSorted()]).toEqual([0, [bad, "eu-1", "eu-2", "eu-3"].toSorted()]);
  }
});

it("what is printed has every option that was given, and the edge first", async () => {
  const { url } = await plannedEdge([member("eu-1")]);
  const options = ["--pause", "7", "--timeout", "500", "--move", "--no-suspend", "--force"];
  const failing = {
    runProgram: async () => ({ how: "ended with 1", isBegun: true }),
    seekProgram: () => undefined,
    interrupts: () => new AbortController().signal,
  };
  const ran = await clawedge(["rollout", ...options, "support", "--edge", url, "--", "say", "it's {}"], failing);
  expect(ran.err).toContain(`Take it back: clawedge --edge ${url} instance undrain eu-1\n`);
  expect(ran.err).toContain(
    `Go on: clawedge --edge ${url} rollout support ${options.join(" ")} --from eu-1 --only eu-1 -- say 'it'\\''s {}'\n`,
  );
});

it("where nothing was touched, it is the same line again", async () => {
  const ran = await rollout([member("eu-1"), member("eu-2", { isHealthy: false })]);
  expect(hints(ran.err)).toContain("Go on: clawedge rollout support -- restart --json {}\n");
  expect(ran.err).not.toContain("Take it back");
});

it("what is printed after one that somebody else drains takes it over no more than before", async () => {
  const members = [member("eu-1"), member("eu-2")];
  const edge = await plannedEdge(members);
  const ran = await rollout(edge, {
    command: () => void Object.assign(members[1] ?? {}, { isDrainListed: true }),
    options: ["--pause", "1"],
  });
  expect([ran.code, ran.programs.length]).toEqual([1, 1]);
  expect(hints(ran.err)).toContain("Go on: clawedge rollout support --pause 1 --only eu-2 -- restart");
});

it("one that was only to be taken back is not restarted again", async () => {
  const members = [member("eu-1"), member("eu-2")];
  const options = ["--timeout", "30"];
  const well = { get: () => !(members[0]?.isDrainListed === false && wasAway.is), set: () => undefined };
  const wasAway = { is: false };
  Object.defineProperty(members[0] ?? {}, "isHealthy", well);
  const ran = await rollout(members, { options, command: () => void Object.assign(wasAway, { is: true }) });
  expect([ran.code, ran.programs.length]).toEqual([1, 1]);
  expect(hints(ran.err).split("\n").slice(-5)).toEqual([
    "eu-1 was being taken back.",
    "Done: none; left: eu-2.",
    "Take it back: clawedge instance undrain eu-1",
    "Go on: clawedge rollout support --timeout 30 --only eu-2 -- restart --json {}",
    "",
  ]);
});

it("a command that fails stops it: one stays drained, and it is said how to take it back and how to go on", async () => {
  const ran = await rollout([member("eu-1"), member("eu-2"), member("eu-3")], {
    command: ({ env }) => (env["CLAWEDGE_INSTANCE"] === "eu-2" ? "ended with 3" : undefined),
  });
  expect([ran.code, ran.changes.at(-1)]).toEqual([1, 'eu-2/drain{"returning":true}']);
  expect(hints(ran.err).split("\n").slice(-6)).toEqual([
    "clawedge: the command ended with 3.",
    "eu-2 stays drained, and its conversations wait for it; the command was run, or begun.",
    "Done: eu-1; left: eu-2, eu-3.",
    "Take it back: clawedge instance undrain eu-2",
    "Go on: clawedge rollout support --from eu-2 --only eu-2,eu-3 -- restart --json {}",
    "",
  ]);
});

it("what stopped it is told as JSON too", async () => {
  const ran = await rollout([member("eu-1")], { options: ["--json"], command: () => "ended with 1" });
  expect([ran.code, JSON.parse(ran.out)]).toMatchObject([
    1,
    {
      error: { code: "stopped", message: "the command ended with 1" },
      instances: [{ instance: "eu-1", stage: "restarting" }],
      left: ["eu-1"],
    },
  ]);
});

it.each([["down"], ["draining"]] as const)("one that is seen %s is not taken back", async (verdict) => {
  const one = member("eu-1");
  const ran = await rollout([one], { options: ["--timeout", "30"], command: () => void Object.assign(one, { verdict }) });
  expect([ran.code, ran.changes, ran.err.includes(`it is not well: ${verdict}`)]).toEqual([1, [away], true]);
});

it("one that only polls is back when it asks again", async () => {
  const one = member("eu-1", { calledAtMs: 1 });
  const silent = await rollout([one], { options: ["--timeout", "30"] });
  expect([silent.code, silent.changes]).toEqual([1, [away]]);
  const two = member("eu-1", { calledAtMs: 1 });
  expect((await rollout([two], { command: () => void Object.assign(two, { calledAtMs: 9_000_000 }) })).code).toBe(0);
});

it("Ctrl-C stops it, and it is said how things stand", async () => {
  const stop = new AbortController();
  const ran = await rollout([member("eu-1"), member("eu-2")], { command: () => void stop.abort(), signal: stop.signal });
  expect([ran.code, ran.changes]).toEqual([1, [away]]);
  expect(ran.err).toContain("interrupted.\neu-1 stays drained");
});

it("Ctrl-C while its gateway is asked stops it before the command", async () => {
  const stop = new AbortController();
  const one = meanwhile(member("eu-1", { hasAdminRpc: true }), () => stop.abort());
  const ran = await rollout([one], { signal: stop.signal });
  expect([ran.code, ran.programs]).toEqual([1, []]);
  expect(ran.err).toContain("interrupted.\neu-1 stays drained, and its conversations wait for it; the command was not run");
});

it("an edge that is away for a moment is asked again while somebody waits for it, and not for ever", async () => {
  const outage = async (outLooks: number) => {
    const edge = await plannedEdge([member("eu-1")]);
    return rollout(edge, { command: () => void Object.assign(edge.edge, { outLooks }) });
  };
  const [short, long] = [await outage(8), await outage(20)];
  expect([short.code, short.err.includes("waiting: "), long.code, long.changes]).toEqual([0, true, 1, [away]]);
  expect(long.err).toContain("answered http 503");
  expect(long.err).toContain("eu-1 stays drained, and its conversations wait for it; the command was run, or begun");
});

it("the time in which it gets quiet is no part of --timeout", async () => {
  const edge = await plannedEdge([member("eu-1")]);
  edge.edge.quietMs = 600_000;
  expect((await rollout(edge, { options: ["--timeout", "30"] })).code).toBe(0);
});

it("the next one leaves when every place knows that the last is back", async () => {
  const members = [member("eu-1"), member("eu-2")];
  const [quick, slow] = [await rollout(members), await rollout(members, { knownAfterMs: 60_000 })];
  expect([quick.code, slow.code]).toEqual([0, 0]);
  expect(slow.err).toContain("waiting until every place of the edge knows that eu-1 is back");
  expect(quick.err).not.toContain("every place");
});

it.each([
  [["rollout", "support"], 2, "COMMAND… is missing"],
  [["rollout", "support", "--"], 2, "COMMAND… is missing"],
  [["rollout", "support", "eu-1", "--", "x"], 2, '"eu-1" is one too many'],
  [["rollout", "support", "--pause", "soon", "--", "x"], 2, "--pause soon"],
])("%j is wrong usage", async (args, code, hint) => {
  expect(await clawedge(args)).toMatchObject({ code, err: expect.stringContaining(hint) });
});

it.each([
  [["sales"], "no pool with instances is called sales"],
  [["support", "--from", "eu-9"], "eu-9 is no instance of support: it has eu-1"],
])("%j is not there", async (words, hint) => {
  const { url } = await plannedEdge([member("eu-1")]);
  expect(await clawedge(["rollout", ...words, "--edge", url, "--", "x"])).toMatchObject({ code: 1, err: expect.stringContaining(hint) });
});
