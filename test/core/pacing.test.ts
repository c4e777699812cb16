import fc from "fast-check";
import { expect, it } from "vitest";
import { freshPacing, holdBack, MAX_PACED_CHATS, type Pace, type Pacing, reserveTurn, returnTurn } from "../../src/core/pacing.ts";

const pace: Pace = { chat: { perMinute: 60, burst: 3 }, bot: { perMinute: 1800, burst: 30 } };
const SOON_MS = 25_000;

/** Reserves `count` turns one after the other and gives their waits. */
function waits(count: number, chat: string | undefined, start: Pacing = freshPacing, nowMs = 0): { pacing: Pacing; waits: number[] } {
  let pacing = start;
  const all: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const turn = reserveTurn(pacing, { chat, pace }, SOON_MS, nowMs);
    pacing = turn.pacing;
    all.push(turn.waitMs);
  }
  return { pacing, waits: all };
}

it("a burst passes at once, and then one a second, in the order they came", () => {
  expect(waits(6, "7").waits).toEqual([0, 0, 0, 1000, 2000, 3000]);
});

it("a busy chat does not hold up another", () => {
  const { pacing } = waits(6, "7");
  expect(reserveTurn(pacing, { chat: "8", pace }, SOON_MS, 0).waitMs).toBe(0);
});

it("the bot's own bucket holds everybody up", () => {
  let pacing = freshPacing;
  for (let chat = 0; chat < 30; chat += 1) pacing = waits(1, `${chat}`, pacing).pacing;
  expect(reserveTurn(pacing, { chat: "new", pace }, SOON_MS, 0).waitMs).toBe(34);
});

it("a turn too far away takes nothing, so that refused callers do not push each other further away", () => {
  const { pacing } = waits(28, "7");
  const first = reserveTurn(pacing, { chat: "7", pace }, SOON_MS, 0);
  expect(first).toMatchObject({ isReserved: false, waitMs: 26_000 });
  expect(reserveTurn(first.pacing, { chat: "7", pace }, SOON_MS, 0).waitMs).toBe(26_000);
});

it("a turn given back is the next one's", () => {
  const { pacing } = waits(4, "7");
  expect(reserveTurn(returnTurn(pacing, "7"), { chat: "7", pace }, SOON_MS, 0).waitMs).toBe(1000);
});

it("after retry_after nothing goes to that chat before its end, then one at a time", () => {
  const pacing = holdBack(freshPacing, { chat: "7", pace }, 10_000, 500);
  expect(waits(3, "7", pacing, 500).waits).toEqual([10_000, 11_000, 12_000]);
  expect(reserveTurn(pacing, { chat: "8", pace }, SOON_MS, 500).waitMs).toBe(0);
  expect(waits(2, "7", pacing, 10_500).waits).toEqual([0, 1000]);
});

it("a pause without a chat holds the whole bot back, and a shorter one never shortens a longer", () => {
  const long = holdBack(freshPacing, { chat: undefined, pace }, 8000, 0);
  const pacing = holdBack(long, { chat: undefined, pace }, 1000, 0);
  expect(reserveTurn(pacing, { chat: "7", pace }, SOON_MS, 0).waitMs).toBe(8000);
});

it("remembers no more chats than it may, and forgets idle ones first", () => {
  let pacing = waits(10, "busy").pacing;
  for (let chat = 0; chat < 3 * MAX_PACED_CHATS; chat += 1) pacing = waits(1, `${chat}`, pacing, 6000 + 40 * chat).pacing;
  expect(pacing.chats.size).toBeLessThanOrEqual(MAX_PACED_CHATS);
});

it("never lets more through than burst plus rate, whatever the arrivals", () => {
  const arrival = fc.record({ chat: fc.constantFrom("a", "b", undefined), afterMs: fc.integer({ min: 0, max: 3000 }) });
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 200 }), (arrivals) => {
      let pacing = freshPacing;
      let nowMs = 0;
      const sends: { chat: string | undefined; atMs: number }[] = [];
      for (const { chat, afterMs } of arrivals) {
        nowMs += afterMs;
        const turn = reserveTurn(pacing, { chat, pace }, SOON_MS, nowMs);
        pacing = turn.pacing;
        if (turn.isReserved) sends.push({ chat, atMs: nowMs + turn.waitMs });
      }
      for (const chat of ["a", "b"]) {
        const times = sends.filter((send) => send.chat === chat).map(({ atMs }) => atMs);
        expect(times).toEqual(times.toSorted((left, right) => left - right));
        for (const [index, from] of times.entries()) {
          const within = times.slice(index).filter((atMs) => atMs <= from + 10_000).length;
          expect(within).toBeLessThanOrEqual(3 + 10 + 1);
        }
      }
    }),
  );
});
