/** How much of an invocation is left for conversations. */
import { expect, it } from "vitest";
import { mostConversations } from "../../workers/sweep.ts";

it.each([
  [10, 10, 0, 401],
  [10, 10, 2, 273],
  [200, 300, 1, 97],
  [500, 900, 3, 20],
])(
  "with %i instances, %i accounts and %i residencies a sweep stays within what an invocation may ask: %i",
  (instances, accounts, residencies, most) => {
    const mapOf = (size: number) => new Map(Array.from({ length: size }, (_, index) => [String(index), undefined]));
    const routes = { instances: mapOf(instances), accounts: mapOf(accounts) } as unknown as Parameters<typeof mostConversations>[0];
    expect(mostConversations(routes, residencies)).toBe(most);
  },
);
