/** Sends one thing after the other within a lane and lanes beside each other, as a platform does with its chats. Keeps the order of its input. */
export async function inLanes<T, R>(
  items: readonly T[],
  laneOf: (item: T) => string,
  send: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const ends = new Map<string, Promise<unknown>>();
  return Promise.all(
    items.map((item) => {
      const lane = laneOf(item);
      const sent = (ends.get(lane) ?? Promise.resolve()).then(() => send(item));
      ends.set(lane, sent);
      return sent;
    }),
  );
}
