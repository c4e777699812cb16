/** How a journey should end, in words and as a test of what was read. Pure. */
import type { Journey } from "./journey.ts";

export interface Expectation {
  readonly text: string;
  readonly isMet: (journey: Journey) => boolean;
}

const isAnsweredOnce = ({ settled, replies, view }: Journey): boolean =>
  settled?.state === "delivered" && replies.length === 1 && view?.isAnswered === true;

const isAcknowledged = ({ statuses }: Journey): boolean => statuses.at(-1) === 200;

export interface Destination {
  readonly pool: string;
  readonly rule: string;
  /** Undefined: any of the pool. */
  readonly instance?: string;
}

const isRouted = (journey: Journey, { pool, rule, instance }: Destination): boolean =>
  journey.isVerified &&
  isAcknowledged(journey) &&
  journey.pool === pool &&
  journey.rule === rule &&
  (instance === undefined || journey.settled?.instance === instance);

const reaches = (journey: Journey, destination: Destination): boolean => isRouted(journey, destination) && isAnsweredOnce(journey);

function words({ pool, rule, instance }: Destination): string {
  const by = rule === "default" ? "the account's default" : `rule ${rule}`;
  return `pool ${pool} by ${by}${instance === undefined ? "" : `, instance ${instance}`}`;
}

export const answeredBy = (destination: Destination): Expectation => ({
  text: `verified, ${words(destination)}, accepted, answered once`,
  isMet: (journey) => reaches(journey, destination),
});

export interface Spoken extends Destination {
  readonly agent: string;
  /** Which answer of the conversation. */
  readonly turn: number;
  readonly images?: number;
}

/** OpenClaw does not speak the channel: the edge asked the agent, and sent its answer itself. */
export const spokenFor = (destination: Spoken): Expectation => ({
  text: `verified, ${words(destination)}, agent ${destination.agent} asked with operator.write alone, answer ${destination.turn} delivered once`,
  isMet: (journey) =>
    isRouted(journey, destination) &&
    isAskedNarrowly(journey, destination) &&
    journey.settled?.state === "answered" &&
    journey.replies.length === 1 &&
    journey.replies[0]?.includes(`answer ${destination.turn} `) === true,
});

const isAskedNarrowly = ({ asked }: Journey, { agent, images = 0 }: Spoken): boolean =>
  asked?.agent === agent && asked.images === images && asked.scopes.join() === "operator.write";

/** The conversation goes to another pool for this message, and the instance it has in `kept` stays its own. */
export const overriddenTo = (destination: Destination, kept: string): Expectation => ({
  text: `verified, ${words(destination)}, answered once, while the conversation keeps its instance for pool ${kept}`,
  isMet: (journey) => reaches(journey, destination) && (journey.view?.pins.some(({ pool }) => pool === kept) ?? false),
});

export const recognisedAsRepeat: Expectation = {
  text: "verified, acknowledged, recognised as seen before, no second reply",
  isMet: (journey) => journey.isDuplicate && isAcknowledged(journey) && journey.settled === undefined && journey.replies.length === 0,
};

export const turnedAway: Expectation = {
  text: "turned away with 401 before anything was read, no reply",
  isMet: ({ refusal, statuses, settled, replies }) =>
    refusal !== undefined && statuses.at(-1) === 401 && settled === undefined && replies.length === 0,
};

export const survivedDeath: Expectation = {
  text: "held while the instance is dead, then accepted and answered exactly once",
  isMet: (journey) => isAcknowledged(journey) && journey.held.length > 0 && (journey.settled?.attempts ?? 0) > 1 && isAnsweredOnce(journey),
};

/** What an instance that polls has not fetched waits for it; nothing has to be tried again. */
export const waitedFor = (destination: Destination): Expectation => ({
  text: `${words(destination)}, where it waited until the instance asked again, answered exactly once`,
  isMet: (journey) => reaches(journey, destination) && journey.placed.length === 0,
});
