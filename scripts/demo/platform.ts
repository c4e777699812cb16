/** What the demo has of each platform's stand-in: a hand to play people with, and an ear for what they are answered. */
import { EdgeFailure } from "../edge/failure.ts";
import type { View } from "./journey.ts";

export interface Delivery {
  /** As the edge names it. */
  readonly messageId: string;
  /** Of each attempt to deliver the webhook; undefined: no answer. */
  readonly statuses: readonly (number | undefined)[];
}

/** A message that the edge knows. */
export interface Known {
  readonly messageId: string;
  readonly conversation: string | undefined;
  readonly view: View | undefined;
}

export interface Heard {
  readonly replies: readonly string[];
  /** The person saw that it was read and that somebody writes; undefined where the edge does not show it. */
  readonly isPresent?: boolean;
}

/** Hears what is said after it began to listen. */
export type Ear = (about: Known) => Promise<Heard>;

export interface Platform<Words> {
  /** Resolves when the webhook was acknowledged, which the platform repeats until it is. */
  readonly say: (words: Words) => Promise<Delivery>;
  readonly listen: (words: Words) => Promise<Ear>;
}

const WITHIN_MS = 30_000;

/** Steers a stand-in over HTTP, so that `say` can from its own process. */
export function controlOf(url: string, name: string): (verb: string, body?: object) => Promise<unknown> {
  return async (verb, body) => {
    const init: RequestInit = { redirect: "manual", signal: AbortSignal.timeout(WITHIN_MS) };
    const post = { ...init, method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${url}/__control/${verb}`, body === undefined ? init : post);
    const json: unknown = await answer.json();
    if (!answer.ok) throw new EdgeFailure(`the stand-in for ${name} refused "${verb}": ${JSON.stringify(json)}`);
    return json;
  };
}
