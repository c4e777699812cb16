import { expect, it } from "vitest";
import { loadRoutes } from "../../src/config/load.ts";
import { testCatalogue } from "../support/catalogue.ts";
import { validDocument, withIntents } from "../support/routes-document.ts";

function said(value: object): readonly string[] {
  const loaded = loadRoutes(JSON.stringify({ ...validDocument, ...value }), testCatalogue);
  return (loaded.ok ? loaded.value.warnings : loaded.problem).map(({ level, path, message }) => `${level} ${path}: ${message}`);
}

it("a second opinion without intents has no effect, and neither has what is out of scope", () => {
  const unused = "has no effect: the document has no intents";
  const given = { secondOpinion: { minSimilarity: 0.8 }, outOfScope: { examples: ["tell me a joke"] } };
  expect(said(given)).toEqual([`warning outOfScope: ${unused}`, `warning secondOpinion: ${unused}`]);
});

it("is of nobody where nothing of an intent stands in the document itself", () => {
  const hours = { examplesFile: "hours.txt" };
  const written = { refund: { examples: ["money back"] }, pricing: { examplesFile: "p.txt", description: "what it costs" } };
  const rule = { name: "r", when: { intent: "refund" }, pool: "sales" };
  const secondOpinion = { minSimilarity: 0.8 };
  const want = "warning secondOpinion: nobody is asked, for want of an example in the document itself:";
  expect(said({ ...withIntents({ ...written, hours }, rule), secondOpinion })).toEqual([`${want} hours`]);
  expect(said({ ...withIntents({ ...written, hours, menu: hours }, rule), secondOpinion })).toEqual([`${want} hours and 1 more`]);
  expect(said({ ...withIntents({ ...written, hours }, rule) })).toEqual([]);
  expect(said({ ...withIntents(written, rule), secondOpinion })).toEqual([]);
});

it.each([{}, { minSimilarity: 80 }, { minSimilarity: -0.1 }])("a bound is a share, and nobody else's to choose: %j", (secondOpinion) =>
  expect(said({ secondOpinion })[0]).toMatch(/^error secondOpinion\.minSimilarity: /),
);
