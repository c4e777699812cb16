/** Every strategy by its name in the routes document. One file and one line here make a new one. */
import { fixed } from "./strategies/fixed.ts";
import { leastLoaded } from "./strategies/least-loaded.ts";
import { nearest } from "./strategies/nearest.ts";
import { primaryStandby } from "./strategies/primary-standby.ts";
import { rendezvous } from "./strategies/rendezvous.ts";
import { roundRobin } from "./strategies/round-robin.ts";
import { weighted } from "./strategies/weighted.ts";
import type { Strategy } from "./strategy.ts";

const ALL: readonly Strategy[] = [nearest, rendezvous, roundRobin, weighted, leastLoaded, primaryStandby, fixed];

/** The same strategies by what operators call the two arrangements. */
const ALIASES: readonly (readonly [string, Strategy])[] = [
  ["active-active", rendezvous],
  ["active-passive", primaryStandby],
];

export const strategies: ReadonlyMap<string, Strategy> = new Map([
  ...ALL.map((strategy) => [strategy.name, strategy] as const),
  ...ALIASES,
]);
