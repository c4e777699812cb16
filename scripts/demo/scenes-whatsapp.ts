/** The journeys on WhatsApp: OpenClaw does not speak its Cloud API, so the edge asks an agent and sends the answers itself. */
import { type Expectation, type Spoken, spokenFor } from "./expectation.ts";
import { beginWatch, follow, until } from "./observe.ts";
import { PATIENCE, plain, type Scene } from "./scene.ts";
import type { WhatsAppWords } from "./words.ts";
import { WHATSAPP, type World } from "./world.ts";

const SALES = { pool: "sales", rule: "default", instance: "sales-us", agent: "sales-public" };

interface Item {
  readonly words: WhatsAppWords;
  readonly expected: Spoken;
}

const ANA = 42;

const BATCH: readonly Item[] = [
  { words: { person: ANA, text: "what is your pricing?" }, expected: { ...SALES, rule: "pricing", turn: 2 } },
  { words: { person: 43, text: "do you ship abroad?", hidesPhone: true }, expected: { ...SALES, turn: 1 } },
  { words: { person: ANA, text: "do you have this one?", hasImage: true }, expected: { ...SALES, turn: 3, images: 1 } },
];

const COUNTED_WITHIN_MS = 2_000;

/** Also the status has to have come through. */
const withStatus = (expected: Expectation, isCounted: boolean): Expectation => ({
  text: `${expected.text}, and the status counted`,
  isMet: (journey) => isCounted && expected.isMet(journey),
});

/** Meta puts into one POST whatever happened at the same time: messages of several people, and what became of earlier answers. */
const batch: Scene = async (world: World) => {
  const read = await world.whatsapp.lastAnswer(ANA);
  const reads = (): Promise<number> => world.admin.statuses(WHATSAPP, "read");
  const before = await reads();
  const watches = await Promise.all(BATCH.map(({ words }) => beginWatch(world, words)));
  const deliveries = await world.whatsapp.post(
    BATCH.map(({ words }) => words),
    read === undefined ? undefined : { person: ANA, id: read },
  );
  const journeys = await Promise.all(
    watches.map((watch, index) => follow(watch, deliveries[index] ?? { messageId: "", statuses: [] }, PATIENCE)),
  );
  const isCounted = await until(
    async () => (await reads()) === before + 1,
    (is) => is,
    COUNTED_WITHIN_MS,
  );
  const note = `one POST: three messages of two people, and the status that person ${ANA} has read an answer, ${isCounted ? "counted once" : "not counted"}`;
  return BATCH.flatMap(({ words, expected }, index) => {
    const journey = journeys[index];
    if (journey === undefined) return [];
    const spoken = index === 0 ? withStatus(spokenFor(expected), isCounted) : spokenFor(expected);
    return [
      { title: `a WhatsApp batch, ${index + 1} of ${BATCH.length}`, words, journey, notes: index === 0 ? [note] : [], expected: spoken },
    ];
  });
};

export const WHATSAPP_SCENES: readonly Scene[] = [
  plain("a WhatsApp message", { person: ANA, text: "hello, are you open today?" }, spokenFor({ ...SALES, turn: 1 })),
  batch,
];
