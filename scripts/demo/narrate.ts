/** A journey in plain words, step by step. Pure: says what was read, and nothing that was not. */
import type { Journey, Settled } from "./journey.ts";

export interface Site {
  readonly region: string;
  /** It asks for its updates. */
  readonly polls: boolean;
}

/** By the name of the instance. */
export type Sites = ReadonlyMap<string, Site>;

const withSite = (instance: string, sites: Sites): string => {
  const site = sites.get(instance);
  return site === undefined ? instance : `${instance} (${site.region}${site.polls ? ", polls" : ""})`;
};

/** The edge's trace is `rule: reason`. */
function decisionSteps({ trace, rule, pool }: Journey): readonly string[] {
  if (pool === undefined) return [];
  const reason = trace === undefined || rule === undefined ? undefined : trace.slice(rule.length + 2);
  const isDefault = rule === "default";
  const labels = reason === undefined ? [] : [reason];
  if (rule === undefined) return [`pool ${pool}`];
  return [...labels, isDefault ? "the account's default" : `rule ${rule}`, `pool ${pool}`];
}

function placeSteps({ placed, settled, held }: Journey, sites: Sites): readonly string[] {
  const [first, ...later] = placed;
  const isMove = first?.from !== undefined;
  const kept = settled?.instance === undefined ? [] : [`stays on ${withSite(settled.instance, sites)}`];
  const start = first === undefined || isMove ? [] : [`new on ${withSite(first.instance, sites)}`];
  const waits = held.map((detail) => `held: ${detail}`);
  const moves = (isMove ? placed : later).map(({ instance, epoch }) => `moved to ${withSite(instance, sites)}, epoch ${epoch}`);
  return [...start, ...waits, ...moves, ...(first === undefined ? kept : [])];
}

const inWords = (ms: number | undefined): string => (ms !== undefined && ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${ms ?? "?"} ms`);

function askSteps({ asked, isPresent }: Journey): readonly string[] {
  const images = asked === undefined || asked.images === 0 ? "" : `, and ${asked.images === 1 ? "an image" : `${asked.images} images`}`;
  const asks = asked === undefined ? [] : [`asks its agent ${asked.agent} with ${asked.scopes.join(" and ")}${images}`];
  return [...asks, ...(isPresent ? ["read mark and typing shown"] : [])];
}

function endStep({ state, outcome, attempts, deliveredMs }: Settled, parts: number): string {
  if (state === "answered" && parts > 0)
    return `answer ${outcome} in ${parts === 1 ? "one part" : `${parts} parts`} after ${inWords(deliveredMs)}`;
  if (state !== "delivered") return `ended as ${state} (${outcome})`;
  const tries = attempts > 1 ? ` at try ${attempts}` : "";
  return `${outcome}${tries} after ${inWords(deliveredMs)}`;
}

function replySteps({ settled, replies, suppressed }: Journey): readonly string[] {
  const silenced = suppressed > 0 ? [`${suppressed} answer of another instance suppressed`] : [];
  if (replies.length > 0) return [...silenced, ...replies.map((reply) => `reply “${reply}”`)];
  return settled?.state === "delivered" ? [...silenced, "no reply yet"] : silenced;
}

const statusWords = (status: number | undefined): string => (status === undefined ? "no answer" : `answered ${status}`);

/** The steps in the order in which a message takes them. */
export function narrate(journey: Journey, sites: Sites): readonly string[] {
  const [status] = journey.statuses.slice(-1);
  if (journey.refusal !== undefined && !journey.isVerified)
    return [`not verified (${journey.refusal})`, statusWords(status), "goes no further"];
  if (!journey.isVerified) return [statusWords(status), "the edge's log says nothing of it"];
  if (journey.isDuplicate && journey.settled === undefined)
    return ["verified", "seen before", `${statusWords(status)}, and nothing else is done`];
  const end = journey.settled === undefined ? ["still waiting"] : [endStep(journey.settled, journey.replies.length)];
  return ["verified", ...decisionSteps(journey), ...placeSteps(journey, sites), ...askSteps(journey), ...end, ...replySteps(journey)];
}

/** The pins a conversation keeps in other pools than this message's: said only when there are any. */
export function otherPins({ view, pool }: Journey): string | undefined {
  const others = view?.pins.filter((pin) => pin.pool !== pool) ?? [];
  if (others.length === 0) return undefined;
  return `the conversation keeps ${others.map((pin) => `${pin.instance} for ${pin.pool}`).join(", ")}`;
}

/** Steps on lines of at most `width` characters, joined by arrows, each line indented. */
export function layOut(steps: readonly string[], width: number): string {
  const indent = "    ";
  const lines: string[] = [];
  for (const step of steps) {
    const last = lines.at(-1);
    const joined = last === undefined ? step : `${last} → ${step}`;
    if (last === undefined || joined.length + indent.length > width) lines.push(last === undefined ? step : `→ ${step}`);
    else lines[lines.length - 1] = joined;
  }
  return lines.map((line) => `${indent}${line}`).join("\n");
}
