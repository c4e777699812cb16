import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { channels } from "../../src/channels/registry.ts";
import { strategies } from "../../src/routing/registry.ts";
import { filesUnder, linesOf, productFiles, textOf } from "./sources.ts";

const CHANNEL_FILES = [
  "egress.ts",
  "index.ts",
  "limits.ts",
  "parse.ts",
  "platform.ts",
  "registration.ts",
  "render.ts",
  "schema.ts",
  "verify.ts",
];
const OBJECT_FILES = ["durable-object.ts", "machine.ts", "storage.ts", "stub.ts"];
const MAX_LINES = 250;
const MAX_MEDIAN_LINES = 100;
const MAX_OBJECT_LINES = 200;

const folders = (dir: string): readonly string[] =>
  readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

it.each(folders("src/channels"))("the channel %s has the files of its siblings and is registered under its folder's name", (name) => {
  expect(readdirSync(`src/channels/${name}`)).toEqual(expect.arrayContaining(CHANNEL_FILES));
  expect(channels.get(name)?.name).toBe(name);
});

it.each(folders("durable-objects"))("the object %s has a machine, a storage, a shell and a stub", (name) => {
  expect(readdirSync(`durable-objects/${name}`)).toEqual(expect.arrayContaining(OBJECT_FILES));
  expect(linesOf(`durable-objects/${name}/durable-object.ts`)).toBeLessThanOrEqual(MAX_OBJECT_LINES);
});

it("every strategy is one file, registered under its name; some have another name beside it", () => {
  const files = readdirSync("src/routing/strategies").map((file) => file.replace(".ts", ""));
  expect([...new Set([...strategies.values()].map(({ name }) => name))].toSorted()).toEqual(files.toSorted());
  for (const file of files) expect(strategies.get(file)?.name).toBe(file);
});

it("files stay small", () => {
  const sizes = [...productFiles(), ...filesUnder("scripts")].map((file) => ({ file, lines: linesOf(file) }));
  expect(sizes.filter(({ lines }) => lines > MAX_LINES)).toEqual([]);
  const sorted = sizes.map(({ lines }) => lines).toSorted((left, right) => left - right);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(MAX_MEDIAN_LINES);
});

it("every product file says in its first lines what it is", () => {
  const silent = productFiles().filter(
    (file) => !/^(?:import [^\n]*\n|\n)*\/\*\*/.test(textOf(file).replace(/^(?:import[\s\S]*?;\n)+/, "")),
  );
  expect(silent).toEqual([]);
});

it("limits name their source", () => {
  const bare = productFiles().filter((file) => /^src\/channels\/[^/]+\/limits\.ts$/.test(file) && !/@see https?:/.test(textOf(file)));
  expect(bare).toEqual([]);
});

it("every fetch in the product refuses to follow redirects", () => {
  const calls = productFiles().flatMap((file) =>
    /\.fetch\(/.test(textOf(file)) && !/redirect: "manual"|redirect !== "manual"/.test(textOf(file)) ? [file] : [],
  );
  // The ports' own definitions and the objects' stubs hand a request on; they do not make one.
  const makers = calls.filter((file) => !["durable-objects/runtime.ts", "workers/index.ts"].includes(file));
  expect(makers).toEqual([]);
});
