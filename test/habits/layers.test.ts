import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { complaint, machineComplaint } from "./layers.ts";
import { importsOf, productFiles, textOf } from "./sources.ts";

it("imports point one way only", () => {
  expect(productFiles().flatMap((file) => importsOf(textOf(file)).flatMap((target) => complaint(file, target) ?? []))).toEqual([]);
});

describe("the rule finds planted breaches", () => {
  it.each([
    ["src/core/a.ts", "../ports/clock.ts"],
    ["src/channels/telegram/parse.ts", "../slack/parse.ts"],
    ["src/pipeline/journey.ts", "../../durable-objects/env.ts"],
    ["src/routing/router.ts", "../pipeline/deliver.ts"],
    ["src/core/a.ts", "hono"],
    ["durable-objects/bot/stub.ts", "../../workers/compose.ts"],
    ["elsewhere/a.ts", "./b.ts"],
  ])("%s -> %s", (file, target) => expect(complaint(file, target)).toBeTypeOf("string"));
});

/** Everything a machine reaches inside its own folder. */
function reach(start: string): readonly string[] {
  const folder = `${posix.dirname(start)}/`;
  const found = new Set([start]);
  for (const file of found) {
    const inside = importsOf(textOf(file))
      .filter((target) => target.startsWith("."))
      .map((target) => posix.join(posix.dirname(file), target));
    for (const target of inside) if (target.startsWith(folder)) found.add(target);
  }
  return [...found];
}

const machines = productFiles().filter((file) => file.endsWith("/machine.ts"));

it("every object has a machine", () => {
  expect(machines.map((file) => file.split("/")[1]).toSorted()).toEqual(["bot", "config", "conversation", "instance", "shard"]);
});

it.each(machines)("%s is pure: it knows the core and its own folder, awaits nothing, and reads no clock", (machine) => {
  const folder = `${posix.dirname(machine)}/`;
  const parts = reach(machine);
  const imports = parts.flatMap((file) =>
    importsOf(textOf(file)).flatMap((target) => {
      if (!target.startsWith(".")) return [`${file} imports ${target}`];
      return machineComplaint(file, posix.join(posix.dirname(file), target), folder) ?? [];
    }),
  );
  expect(imports).toEqual([]);
  const impure = parts.filter((file) => /\bawait\b|Date\.now|Math\.random|\bfetch\(|\bsetTimeout\b|randomUUID/.test(textOf(file)));
  expect(impure).toEqual([]);
});

it("the pipeline names no platform", () => {
  const named = productFiles().filter((file) => file.startsWith("src/pipeline/") && /telegram|whatsapp|slack|discord/i.test(textOf(file)));
  expect(named).toEqual([]);
});
