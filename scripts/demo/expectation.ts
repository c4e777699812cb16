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
}

const reaches = (journey: Journey, { pool, rule }: Destination): boolean =>
  journey.isVerified && isAcknowledged(journey) && isAnsweredOnce(journey) && journey.pool === pool && journey.rule === rule;

const words = ({ pool, rule }: Destination): string => `pool ${pool} by ${rule === "default" ? "the account's default" : `rule ${rule}`}`;

export const answeredBy = (destination: Destination): Expectation => ({
  text: `verified, ${words(destination)}, accepted, answered once`,
  isMet: (journey) => reaches(journey, destination),
});

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
