/** Which pool each intent leads to, and how many messages would be sent to a wrong one. Pure; knows no document and no rules. */
import { parseJson } from "../../src/core/json.ts";
import { fail, ok, type Result } from "../../src/core/result.ts";
import type { Judged } from "./figures.ts";
import { isRecord } from "./jsonl.ts";

/** Intent to pool. */
export type Pools = ReadonlyMap<string, string>;

/** `{"intent": "pool"}`, or by pool: `{"pool": ["intent", …]}`. */
export function readPools(text: string): Result<Pools, string> {
  const parsed = parseJson(text);
  if (!parsed.ok) return fail("is not JSON");
  if (!isRecord(parsed.value)) return fail("is no object of intents and their pools");
  const pairs = Object.entries(parsed.value).map(([name, value]) => pairsOf(name, value));
  const empty = Object.keys(parsed.value).find((_, index) => pairs[index]?.length === 0);
  if (empty !== undefined) return fail(`says of ${JSON.stringify(empty)} neither its pool nor its intents`);
  const pools = new Map(pairs.flat());
  const twice = pairs.flat().find(([intent, pool]) => pools.get(intent) !== pool);
  return twice === undefined ? ok(pools) : fail(`has the intent ${twice[0]} in two pools`);
}

type Pair = readonly [intent: string, pool: string];

function pairsOf(name: string, value: unknown): readonly Pair[] {
  if (typeof value === "string") return [[name, value]];
  return Array.isArray(value) && value.every((intent) => typeof intent === "string") ? value.map((intent): Pair => [intent, name]) : [];
}

export interface Misrouted {
  /** Of what is in scope, the share that is routed. */
  readonly routed: number;
  /** Of these, the share whose best guess leads to another pool than their own intent. */
  readonly wrong: number;
  /** Of what is out of scope, the share that is routed at the same confidence; null where there is none. */
  readonly outOfScope: number | null;
}

export const ROUTED_SHARE = 0.9;

/** At the highest confidence from which on at least this share of what is in scope is routed. */
export function misroutedOf(judged: readonly Judged[], pools: Pools, least = ROUTED_SHARE): Misrouted | undefined {
  const inScope = judged.filter(({ intent }) => intent !== null);
  const outOfScope = judged.filter(({ intent }) => intent === null);
  const sorted = inScope.toSorted((left, right) => right.confidence - left.confidence);
  const last = sorted[Math.ceil(least * sorted.length) - 1];
  if (last === undefined) return undefined;
  const routed = (all: readonly Judged[]) => all.filter(({ best, confidence }) => best !== undefined && confidence >= last.confidence);
  const sent = routed(inScope);
  const wrong = sent.filter(({ best, intent }) => pools.get(best ?? "") !== pools.get(intent ?? ""));
  return {
    routed: sent.length / inScope.length,
    wrong: wrong.length / Math.max(1, sent.length),
    outOfScope: outOfScope.length === 0 ? null : routed(outOfScope).length / outOfScope.length,
  };
}
