/** A rollout whose command is not what its author meant. */
import { expect, it } from "vitest";
import { clawedge } from "./fake-admin.ts";
import { type Member, member, type PlannedEdge, plannedEdge, READY } from "./planned-edge.ts";
import { hints, rollout } from "./planned-rollout.ts";

it.each([[""], ["  "]])("a variable that was not set is no command: nothing is drained for %j", async (word) => {
  const ran = await rollout([member("eu-1")], { words: ["--", word] });
  expect([ran.code, ran.changes, ran.programs]).toEqual([2, [], []]);
  expect(ran.err).toContain("-- COMMAND… begins with an empty word. Is a variable not set?");
});

it("a program that is not there is found out before anything is drained", async () => {
  const { url, changes } = await plannedEdge([member("eu-1"), member("eu-2")]);
  const ran = await clawedge(["rollout", "support", "--edge", url, "--", "clawedge-test-restrat", "{}"]);
  expect([ran.code, changes()]).toEqual([2, []]);
  expect(ran.err).toContain("there is no program clawedge-test-restrat on the PATH");
});

it("one of each instance's own is sought for every one that is to be restarted", async () => {
  const seekProgram = (name: string) => (name === "./restart-eu-2" ? `${name} is no program that can be run` : undefined);
  const members = [member("eu-1"), member("eu-2")];
  const ran = await rollout(members, { words: ["--", "./restart-{}"], seekProgram });
  expect([ran.code, ran.changes, ran.err.includes("./restart-eu-2 is no program that can be run")]).toEqual([2, [], true]);
  const alone = await rollout(members, { words: ["--", "./restart-{}"], seekProgram, options: ["--only", "eu-1"] });
  expect([alone.code, alone.programs.length]).toEqual([0, 1]);
});

it("one that cannot be run all the same is told as such: nothing ran, and it is said how to take the instance back", async () => {
  const { url } = await plannedEdge([member("eu-1")]);
  const ran = await clawedge(["rollout", "support", "--edge", url, "--", process.execPath, "x".repeat(9_000_000)]);
  expect(ran.code).toBe(1);
  expect(hints(ran.err)).toContain(
    "the command cannot be run: spawn E2BIG.\neu-1 stays drained, and its conversations wait for it; the command was not run",
  );
  expect(hints(ran.err)).toContain("Take it back: clawedge instance undrain eu-1\n");
});

it("a mistake of our own leaves nobody drained without a word either", async () => {
  const stumble = async () => {
    throw new TypeError("not foreseen");
  };
  const told: string[] = [];
  const { url } = await plannedEdge([member("eu-1")]);
  const terminal = { runProgram: stumble, seekProgram: () => undefined, err: (text: string) => void told.push(text) };
  await expect(clawedge(["rollout", "support", "--edge", url, "--", "x"], terminal)).rejects.toThrow("not foreseen");
  expect(hints(told.join(""))).toContain("not foreseen.\neu-1 stays drained");
  expect(hints(told.join(""))).toContain("Take it back: clawedge instance undrain eu-1\n");
});

/** A suspension ends with the process that holds it: what is still held was not restarted. */
const STILL_HELD = [{ status: "running", resumed: true }];
const held = (more: Partial<Member> = {}): Member => member("eu-1", { hasAdminRpc: true, resumes: STILL_HELD, ...more });

it("a command that hit the wrong machine stops the rollout: its instance is taken back as it was, and nobody else is touched", async () => {
  const ran = await rollout([held(), member("eu-2")]);
  expect([ran.code, ran.out, ran.programs.length]).toEqual([1, "", 1]);
  expect(ran.changes).toEqual(['eu-1/drain{"returning":true}', "eu-1/suspend", "eu-1/resume", "eu-1/undrain"]);
  expect(hints(ran.err).split("\n").slice(-5)).toEqual([
    "clawedge: the command ended well, and the gateway of eu-1 was not restarted: it was suspended all the while. Did the command restart another one, or none? If it is to restart none: --no-restart.",
    "eu-1 is back in service, as it was; the command was run.",
    "Done: none; left: eu-1, eu-2.",
    "Go on: clawedge rollout support --only eu-1,eu-2 -- restart --json {}",
    "",
  ]);
});

it("that is told as JSON too", async () => {
  const ran = await rollout([member("eu-1", { hasAdminRpc: true }), { ...held(), name: "eu-2" }], { options: ["--json"] });
  expect([ran.code, JSON.parse(ran.out)]).toMatchObject([
    1,
    {
      instances: [
        { instance: "eu-1", stage: "done", wasRestarted: true },
        { instance: "eu-2", stage: "unrestarted", wasRestarted: false },
      ],
      left: ["eu-2"],
    },
  ]);
});

it("one that says that it drains for as long as it is suspended is asked before its lease ends", async () => {
  const looks = { isHeld: true, count: 0 };
  const one = {
    ...held(),
    get verdict() {
      looks.count += 1;
      return looks.isHeld ? ("draining" as const) : ("up" as const);
    },
    get resumes() {
      looks.isHeld = false;
      return looks.count < 115 ? STILL_HELD : [{ status: "running", resumed: false }];
    },
  };
  const ran = await rollout([one]);
  expect([ran.code, ran.err.includes("was not restarted")]).toEqual([1, true]);
});

it("one that was not restarted and is not well afterwards stays to be done, and to be taken back", async () => {
  const one = held();
  const wasAway = { is: false };
  Object.defineProperty(one, "isHealthy", { get: () => one.isDrainListed || !wasAway.is });
  const ran = await rollout([one, member("eu-2")], {
    options: ["--timeout", "30"],
    command: () => void Object.assign(wasAway, { is: true }),
  });
  expect([ran.code, ran.programs.length]).toEqual([1, 1]);
  expect(hints(ran.err).split("\n").slice(-5)).toEqual([
    "eu-1 was being taken back.",
    "Done: none; left: eu-1, eu-2.",
    "Take it back: clawedge instance undrain eu-1",
    "Go on: clawedge rollout support --timeout 30 --from eu-1 --only eu-1,eu-2 -- restart --json {}",
    "",
  ]);
});

it("--no-restart is for a command that restarts nothing: it goes on at once", async () => {
  const ran = await rollout([held(), member("eu-2")], { options: ["--no-restart", "--json"] });
  expect([ran.code, ran.programs.length]).toEqual([0, 2]);
  expect(JSON.parse(ran.out).instances[0]).toMatchObject({ stage: "done", wasRestarted: false });
  const plain = await rollout([held()], { options: ["--no-restart"] });
  expect(plain.out).toContain("1 instance of support done\n");
});

it("with --no-restart a suspended gateway is not waited for", async () => {
  const asked = { is: false };
  const one = {
    ...held(),
    get verdict() {
      return asked.is ? ("up" as const) : ("draining" as const);
    },
    get resumes() {
      asked.is = true;
      return STILL_HELD;
    },
  };
  const ran = await rollout([one], { options: ["--no-restart", "--timeout", "10"] });
  expect([ran.code, ran.programs.length]).toEqual([0, 1]);
});

/** What a gateway says to being suspended, each time, and under which name it holds that. */
const HOLDS = { ...READY, suspensionId: "s1" };
const OTHER = { ...READY, suspensionId: "s2" };
const GONE = { status: "unreachable", detail: "connection refused" };

/** A command that takes until so much was asked of eu-1. */
const lasting = (edge: PlannedEdge, change: string, count: number) => async (): Promise<undefined> => {
  const seen = () => edge.changes().filter((each) => each === `eu-1/${change}`).length;
  await expect.poll(seen, { interval: 5 }).toBe(count);
  // Had it gone on, there would be more.
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen()).toBe(count);
};

it("while the command runs the suspension is kept up, until the gateway stops answering", async () => {
  const edge = await plannedEdge([member("eu-1", { hasAdminRpc: true, suspends: [HOLDS, HOLDS, HOLDS, GONE] })]);
  const ran = await rollout(edge, { command: lasting(edge, "suspend", 4), options: ["--json"] });
  const [{ commandMs, wasRestarted }] = JSON.parse(ran.out).instances;
  expect([ran.code, wasRestarted, commandMs >= 3 * 45_000]).toEqual([0, true, true]);
});

it("an edge that is away just then is asked again, for as long as the suspension may last", async () => {
  const [short, long] = [3, 1000].map((outSuspends) => async () => {
    const edge = await plannedEdge([member("eu-1", { hasAdminRpc: true, suspends: [HOLDS, HOLDS, HOLDS, HOLDS, GONE] })]);
    const away = lasting(edge, "suspend", outSuspends === 3 ? 5 : 17);
    return rollout(edge, {
      command: () => {
        edge.edge.outSuspends = outSuspends;
        return away();
      },
    });
  });
  expect([(await short?.())?.code, (await long?.())?.code]).toEqual([0, 0]);
});

it("a new process that was suspended by that is let go on at once, and was restarted", async () => {
  const edge = await plannedEdge([member("eu-1", { hasAdminRpc: true, suspends: [HOLDS, OTHER], resumes: STILL_HELD })]);
  const ran = await rollout(edge, { command: lasting(edge, "resume", 1), options: ["--json"] });
  expect([ran.code, JSON.parse(ran.out).instances[0].wasRestarted]).toEqual([0, true]);
});

it("a suspension without a name is not renewed: a new process could not be told from the old one", async () => {
  const edge = await plannedEdge([member("eu-1", { hasAdminRpc: true })]);
  expect((await rollout(edge, { command: lasting(edge, "suspend", 1) })).code).toBe(0);
});
