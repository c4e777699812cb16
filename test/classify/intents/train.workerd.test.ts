import { expect, it } from "vitest";
import { openArtefact } from "../../../src/classify/intents/artefact.ts";
import { train } from "../../../src/classify/intents/train.ts";
import { type MiniSet, miniSetOf, miniSets, nameOf, pinnedBytes } from "./mini-sets.ts";

it.each(miniSets)("$language: an isolate trains to the very bytes that the command line does, and opens them", async (set: MiniSet) => {
  const bytes = train(miniSetOf(set));
  expect(await nameOf(bytes)).toBe(pinnedBytes[set.language]);
  const model = openArtefact(bytes);
  expect(set.messages.map(([text]) => [text, model.ok ? model.value.classify(text).best : model.problem])).toEqual(set.messages);
});
