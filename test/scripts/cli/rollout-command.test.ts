/** A rollout whose command is not what its author meant. */
import { expect, it } from "vitest";
import { clawedge } from "./fake-admin.ts";
import { member, plannedEdge } from "./planned-edge.ts";
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
