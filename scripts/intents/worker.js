/** The Worker that an evaluation asks: the product's own classifier, over a model and texts that it was given. Its clock stands still while it works. */
import { openArtefact } from "../../src/classify/intents/artefact.ts";

let bytes = new Uint8Array();
let model;
let texts = [];

const answers = {
  async "/model"(request) {
    bytes = await request.bytes();
    const opened = openArtefact(bytes);
    if (opened.ok) model = opened.value;
    return { problem: opened.ok ? null : opened.problem };
  },
  async "/texts"(request) {
    texts = await request.json();
    return {};
  },
  /** Once each, with what was said. */
  "/verdicts": () => texts.map((text) => model.classify(text)),
  /** Many times, for whoever holds the watch; a sum of what was said keeps it from being optimised away. */
  "/classify": (_, { from, count, rounds }) => {
    const some = texts.slice(from, from + count);
    let sum = 0;
    for (let round = 0; round < rounds; round += 1) for (const text of some) sum += model.classify(text).confidence;
    return sum;
  },
  "/unpack": (_, { rounds }) => {
    let count = 0;
    for (let round = 0; round < rounds; round += 1) if (openArtefact(bytes).ok) count += 1;
    return count;
  },
};

// biome-ignore lint/style/noDefaultExport: a Worker's entry
export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const numbers = Object.fromEntries([...searchParams].map(([name, value]) => [name, Number(value)]));
    return Response.json(await answers[pathname](request, numbers));
  },
};
