/**
 * By distance from the account's region, which the operator sets where the people are. Never from the request: a platform delivers
 * everyone's messages from a handful of its own addresses.
 */
import * as z from "zod/mini";
import type { REGIONS } from "../../config/words.ts";
import type { Strategy } from "../strategy.ts";
import { highestScore, smallest } from "./rendezvous.ts";

interface Point {
  readonly latitude: number;
  readonly longitude: number;
}

/**
 * A large data-centre city for each location hint: good for "which is nearer", not for milliseconds.
 * @see https://developers.cloudflare.com/durable-objects/reference/data-location/
 */
const PLACES = {
  wnam: { latitude: 37, longitude: -122 }, // San Jose
  enam: { latitude: 39, longitude: -77 }, // Ashburn
  sam: { latitude: -24, longitude: -47 }, // Sao Paulo
  weur: { latitude: 51, longitude: 4 }, // between London and Frankfurt
  eeur: { latitude: 52, longitude: 21 }, // Warsaw
  apac: { latitude: 22, longitude: 114 }, // Hong Kong, amid the two below
  "apac-ne": { latitude: 36, longitude: 140 }, // Tokyo
  "apac-se": { latitude: 1, longitude: 104 }, // Singapore
  oc: { latitude: -34, longitude: 151 }, // Sydney
  afr: { latitude: -26, longitude: 28 }, // Johannesburg
  me: { latitude: 25, longitude: 55 }, // Dubai
} satisfies Readonly<Record<(typeof REGIONS)[number], Point>>;

const places: ReadonlyMap<string, Point> = new Map(Object.entries(PLACES));

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Great-circle distance in earth radii, 0 to pi; a region nobody knows is farther than all others. */
export function distanceBetween(from: string | undefined, to: string | undefined): number {
  const start = places.get(from ?? "");
  const end = places.get(to ?? "");
  if (start === undefined || end === undefined) return Number.POSITIVE_INFINITY;
  const rise = Math.sin(radians(end.latitude - start.latitude) / 2) ** 2;
  const turn = Math.sin(radians(end.longitude - start.longitude) / 2) ** 2;
  const haversine = rise + Math.cos(radians(start.latitude)) * Math.cos(radians(end.latitude)) * turn;
  return 2 * Math.asin(Math.min(1, Math.sqrt(haversine)));
}

export const nearest = {
  name: "nearest",
  options: z.strictObject({}),
  create: () => ({
    select(candidates, context) {
      const near = smallest(candidates, (candidate) => distanceBetween(context.region, candidate.region));
      return highestScore(near, context.conversation);
    },
  }),
} satisfies Strategy;
