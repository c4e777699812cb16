/** When a delivery begins: at once while the loop keeps up; while it is late, those who bring much wait for those who bring little. */
import { expect, it } from "vitest";
import { createTurns, LATE_MS, type Turn, type Turns, WAIT_MS } from "../../src/pipeline/turns.ts";
import { type EventLoop, startEventLoop } from "../support/event-loop.ts";

interface Edge {
  readonly loop: EventLoop;
  readonly turns: Turns;
}

/** Two accounts, one of which brought much more than the other, on a loop that is so late. */
async function edgeThatIsLate(lateMs: number): Promise<Edge> {
  const loop = startEventLoop();
  const turns = createTurns((work) => void work);
  loop.late(lateMs);
  for (let index = 0; index < 200; index += 1) {
    void turns.take(index % 10 === 0 ? "quiet" : "loud", loop.clock).then((turn) => turn?.end());
    await loop.advance(5);
  }
  await loop.advance(WAIT_MS);
  // Slowly enough that nobody of them waits any more at the end.
  for (let index = 0; index < 12; index += 1) {
    void turns.take(index % 3 === 2 ? "quiet" : "loud", loop.clock).then((turn) => turn?.end());
    await loop.advance(300);
  }
  return { loop, turns };
}

/** What became of so many deliveries at once, as soon as nothing more happens at this time. */
async function bring(
  account: string,
  count: number,
  { loop, turns }: Edge,
): Promise<{ readonly begun: Turn[]; readonly refused: () => number }> {
  const begun: Turn[] = [];
  let refused = 0;
  for (let index = 0; index < count; index += 1) {
    void turns.take(account, loop.clock).then((turn) => {
      if (turn === undefined) refused += 1;
      else begun.push(turn);
    });
  }
  await loop.advance(0);
  return { begun, refused: () => refused };
}

it("on time, everybody begins at once", async () => {
  const edge = await edgeThatIsLate(0);
  expect((await bring("loud", 100, edge)).begun).toHaveLength(100);
  expect((await bring("quiet", 100, edge)).begun).toHaveLength(100);
});

it("late, who brings little begins at once, and who brings much waits", async () => {
  const edge = await edgeThatIsLate(5 * LATE_MS);
  expect((await bring("loud", 20, edge)).begun).toEqual([]);
  expect((await bring("quiet", 3, edge)).begun).toHaveLength(3);
});

it("late, nobody waits who comes alone", async () => {
  const loop = startEventLoop();
  const edge = { loop, turns: createTurns((work) => void work) };
  loop.late(5 * LATE_MS);
  for (let index = 0; index < 100; index += 1) {
    expect((await bring("only", 1, edge)).begun).toHaveLength(1);
    await loop.advance(5);
  }
});

it("late, nobody waits whose only other has gone", async () => {
  const edge = await edgeThatIsLate(5 * LATE_MS);
  for (let index = 0; index < 30; index += 1) {
    void edge.turns.take("loud", edge.loop.clock).then((turn) => turn?.end());
    await edge.loop.advance(100);
  }
  expect((await bring("loud", 5, edge)).begun).toHaveLength(5);
});

it("who waits begins after a rest, one behind the other as turns end", async () => {
  const edge = await edgeThatIsLate(5 * LATE_MS);
  const { begun, refused } = await bring("loud", 3, edge);
  for (const expected of [1, 2, 3]) {
    await edge.loop.advance(400);
    expect(begun).toHaveLength(expected);
    for (const turn of begun) turn.end();
  }
  expect(refused()).toBe(0);
});

it("a pause that is over holds nobody up: who waits goes as soon as the loop is on time once", async () => {
  const edge = await edgeThatIsLate(20 * LATE_MS);
  edge.loop.late(0);
  const { begun } = await bring("loud", 1, edge);
  expect(begun).toEqual([]);
  await edge.loop.advance(2);
  expect(begun).toHaveLength(1);
});

it("a loop that is never on time lets one through all the same, four a second", async () => {
  const edge = await edgeThatIsLate(20 * LATE_MS);
  const { begun } = await bring("loud", 1, edge);
  await edge.loop.advance(200);
  expect(begun).toEqual([]);
  await edge.loop.advance(200);
  expect(begun).toHaveLength(1);
});

it("who waited too long is sent away, and the line is empty again", async () => {
  const edge = await edgeThatIsLate(5 * LATE_MS);
  const { begun, refused } = await bring("loud", 6, edge);
  await edge.loop.advance(2 * WAIT_MS);
  // The first never ends: after its lease the next one goes.
  expect([begun.length, refused()]).toEqual([2, 4]);
  for (const turn of begun) turn.end();
  edge.loop.late(0);
  await edge.loop.advance(WAIT_MS);
  expect((await bring("loud", 3, edge)).begun).toHaveLength(3);
});

it("who is heavy no more, because others had as much meanwhile, begins without a rest", async () => {
  const edge = await edgeThatIsLate(5 * LATE_MS);
  const { begun } = await bring("loud", 3, edge);
  await edge.loop.advance(400);
  expect(begun).toHaveLength(1);
  for (const turn of (await bring("quiet", 30, edge)).begun) turn.end();
  for (const expected of [2, 3]) {
    begun.at(-1)?.end();
    await edge.loop.advance(0);
    expect(begun).toHaveLength(expected);
  }
});

it("nobody of an account overtakes those of it who wait, even when the loop is on time again", async () => {
  const edge = await edgeThatIsLate(5 * LATE_MS);
  const order: number[] = [];
  for (let index = 0; index < 4; index += 1) {
    if (index === 2) edge.loop.late(0);
    void edge.turns.take("loud", edge.loop.clock).then((turn) => {
      order.push(index);
      turn?.end();
    });
  }
  await edge.loop.advance(WAIT_MS);
  expect(order).toEqual([0, 1, 2, 3]);
});
