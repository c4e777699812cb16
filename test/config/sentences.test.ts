/** Which of a document's examples are compared with, where there are more than can be: some of everything. */
import { expect, it } from "vitest";
import { loadRoutes } from "../../src/config/load.ts";
import { sentencesOf } from "../../src/config/sentences.ts";
import { testCatalogue } from "../support/catalogue.ts";
import { withIntents } from "../support/routes-document.ts";

function documentOf(intents: object, outOfScope: object = {}) {
  const [first] = Object.keys(intents);
  const document = { ...withIntents(intents, { name: "r", when: { intent: first }, pool: "sales" }), outOfScope };
  const loaded = loadRoutes(JSON.stringify(document), testCatalogue);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problem));
  return loaded.value.document;
}

const sentences = (count: number) => Array.from({ length: count }, (_, at) => `sentence ${at}`);

/** How many there are of each, by intent. */
function counted(intents: number, { of = 30, others = 0, each = 20, all = 100 }) {
  const entries = Array.from({ length: intents }, (_, at) => [`i${at}`, { examples: sentences(of) }]);
  const document = documentOf(Object.fromEntries(entries), { examples: sentences(others) });
  const found = sentencesOf(document, { each, all });
  return [...Map.groupBy(found, ({ intent }) => intent ?? "none")].map(([name, some]) => `${name}: ${some.length}`);
}

it.each<readonly [string, readonly [number, Parameters<typeof counted>[1]], readonly string[]]>([
  ["all, where there is room", [2, { of: 3, others: 4 }], ["i0: 3", "i1: 3", "none: 4"]],
  ["so many of an intent, and what is out of scope in the room that is left", [2, { others: 90 }], ["i0: 20", "i1: 20", "none: 60"]],
  ["evenly of each, where there is none", [3, { all: 20 }], ["i0: 7", "i1: 7", "i2: 6"]],
  ["a tenth for what is out of scope", [3, { all: 20, others: 9 }], ["i0: 6", "i1: 6", "i2: 6", "none: 2"]],
  ["one of each, before anything is out of scope", [20, { all: 20, others: 9 }], Array.from({ length: 20 }, (_, at) => `i${at}: 1`)],
])("%s", (_, [intents, more], expected) => expect(counted(intents, more)).toEqual(expected));

it("the first of each first, and its description last", () => {
  const document = documentOf({
    a: { examples: ["a1", "a2"], description: "about a" },
    b: { examples: ["b1"], description: "about b" },
  });
  expect(sentencesOf(document, { each: 3, all: 4 }).map(({ text }) => text)).toEqual(["a1", "b1", "a2", "about b"]);
});
