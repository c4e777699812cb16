/** Work over a long list without doing all of it at once: a Worker has few connections, and an invocation few requests. */

/** As `Promise.allSettled`, with at most `atOnce` under way. Results stand in the order of the items. */
export async function inTurns<Item, Done>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Done>,
): Promise<readonly PromiseSettledResult<Done>[]> {
  const results: PromiseSettledResult<Done>[] = [];
  const turns = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of turns) [results[index]] = (await Promise.allSettled([work(item)])) as [PromiseSettledResult<Done>];
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}
