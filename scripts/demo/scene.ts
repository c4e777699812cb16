/** What a scene is: something happens in the demo's world, and becomes one journey or several, each with what was expected of it. */
import type { Expectation } from "./expectation.ts";
import type { Journey } from "./journey.ts";
import { sayAndFollow } from "./observe.ts";
import type { Told } from "./report.ts";
import type { Words } from "./words.ts";
import type { World } from "./world.ts";

export interface Played {
  readonly journey: Journey;
  /** What happened around it, in words. */
  readonly notes: readonly string[];
}

export type Scene = (world: World) => Promise<readonly Told[]>;

export const PATIENCE = { withinMs: 12_000 };

interface OneJourney extends Pick<Told, "title" | "words"> {
  readonly expected: Expectation;
  readonly play: (world: World) => Promise<Played>;
}

export const scene =
  ({ play, ...told }: OneJourney): Scene =>
  async (world) => [{ ...told, ...(await play(world)) }];

/** Somebody says something, and nothing else happens. */
export const plain = (title: string, words: Words, expected: Expectation): Scene =>
  scene({ title, words, expected, play: async (world) => ({ journey: await sayAndFollow(world, words, PATIENCE), notes: [] }) });
