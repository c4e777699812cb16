/** The edge's log in one short line each, for somebody who watches: what is delivered, held, moved, ejected, and new routes. Pure; silent about the rest. */
import type { LogLine } from "./edge-log.ts";

type Tell = (line: LogLine) => string;

const TELLS: Readonly<Record<string, Tell>> = {
  "message.settled": ({ conversation, account, pool, instance, state, outcome }) =>
    state === "delivered" ? `${conversation} → ${pool} → ${instance}: ${outcome}` : `${conversation ?? account}: ${state} (${outcome})`,
  "message.duplicate": ({ account, message }) => `${account}: ${message} was seen before`,
  "message.held": ({ conversation, detail }) => `${conversation} is held: ${detail}`,
  "conversation.moved": ({ conversation, pool, instance, from }) => `${conversation} moved from ${from} to ${instance} (pool ${pool})`,
  "delivery.refused": ({ account, problem }) => `${account}: a delivery was turned away (${problem})`,
  "egress.suppressed": ({ conversation, instance }) => `${conversation}: an answer of ${instance}, which no longer owns it, was suppressed`,
  "instance.ejected": ({ instance, reason }) => `${instance} is out: ${reason}`,
  "instance.recovered": ({ instance, reason }) => `${instance} is back: ${reason}`,
  "routes.accepted": ({ number }) => `routes document ${number} is in force`,
  "routes.rejected": ({ path, reason }) =>
    `the routes document was refused, and the last good one stays: ${[path, reason].filter(Boolean).join(": ")}`,
};

export const newsOf = (line: LogLine): string | undefined => (Object.hasOwn(TELLS, line.event) ? TELLS[line.event]?.(line) : undefined);

/** Leaves out what was said last time in the same words: a held message is told at every try. */
export function withoutRepeats(tell: (news: string) => void): (line: LogLine) => void {
  let last = "";
  return (line) => {
    const news = newsOf(line);
    if (news === undefined || news === last) return;
    last = news;
    tell(news);
  };
}
