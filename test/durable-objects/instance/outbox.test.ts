/** Ids, offsets and confirmations: what a poller gets, when its silence about an update means yes, and what survives a restart. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Asked, ask, close, give, isSuspect, type Outbox, type OutboxRow, open } from "../../../durable-objects/instance/outbox.ts";

const EMPTY: Outbox = { given: new Map(), open: new Map(), nextId: 1 };
const WIDE = { limit: 100, maxBytes: 1_000_000 };

const offering = (keys: string, from: Outbox = EMPTY): Outbox => [...keys].reduce((box, key) => open(box, key, 10), from);
const closing = (keys: string, from: Outbox): Outbox => [...keys].reduce(close, from);
const asking = (box: Outbox, offset: number, bent: Partial<typeof WIDE> = {}): Asked => ask(box, { ...WIDE, ...bent, offset });
const told = ({ parcels }: Pick<Asked, "parcels">): string => parcels.map(({ key, id }) => `${key}${id}`).join(" ");
const written = (rows: readonly OutboxRow[]): string => rows.map((row) => `${row.row} ${row.key}`).join(", ");

describe("what is given", () => {
  it("what is open, under ids that go on, in the order it came", () => {
    const first = asking(offering("abc"), 0);
    expect(told(first)).toBe("a1 b2 c3");
    expect(written(first.rows)).toBe("given a, given b, given c");
    expect(told(asking(offering("d", first.box), 4))).toBe("d4");
  });

  it("again under the same ids and without a row, as long as it is asked for", () => {
    const first = asking(offering("ab"), 1);
    const again = asking(first.box, 1);
    expect([told(again), again.rows]).toEqual(["a1 b2", []]);
  });

  it("at most as many as wanted; the rest with the next question", () => {
    const first = asking(offering("abc"), 0, { limit: 2 });
    expect(told(first)).toBe("a1 b2");
    expect(told(asking(first.box, 3, { limit: 2 }))).toBe("c3");
  });

  it("no more bytes than an answer may have, but always one", () => {
    expect(told(asking(offering("abc"), 0, { maxBytes: 25 }))).toBe("a1 b2");
    expect(told(asking(offering("abc"), 0, { maxBytes: 5 }))).toBe("a1");
  });

  it("nothing whose offer has ended", () => {
    expect(told(asking(closing("a", offering("ab")), 0))).toBe("b1");
  });
});

describe("an offset", () => {
  it("confirms what was given below it, and nothing else", () => {
    const first = asking(offering("abc"), 0);
    const next = asking(first.box, 3);
    expect([next.confirmed, told(next), written(next.rows)]).toEqual([["a", "b"], "c3", "confirmed a, confirmed b"]);
  });

  it("confirms nothing that was never given, however high it is: that comes under ids the poller will take", () => {
    const next = asking(offering("ab"), 500);
    expect([next.confirmed, told(next), next.jumpedFrom]).toEqual([[], "a500 b501", 1]);
  });

  it("that was overtaken on its way gets nothing under an id that a later one has passed: its poller would confirm what it never got", () => {
    const first = asking(offering("ab"), 0, { limit: 1 });
    const closed = asking(closing("a", first.box), 0);
    const passed = asking(closed.box, 3);
    expect([told(closed), passed.confirmed]).toEqual(["b2", ["b"]]);
    const overtaken = asking(offering("a", passed.box), 0);
    expect(told(overtaken)).toBe("a3");
    const next = asking(closing("a", overtaken.box), 3);
    expect(next.confirmed).toEqual([]);
    expect(told(asking(offering("a", next.box), 3))).toBe("a3");
  });

  it("of the future leaves what was given its id, which it confirms", () => {
    const next = asking(offering("b", asking(offering("a"), 0).box), 1000);
    expect([next.confirmed, told(next)]).toEqual([["a"], "b1000"]);
  });

  it("of the past gives again what is not confirmed, and confirms nothing", () => {
    const first = asking(offering("ab"), 0);
    const second = asking(offering("c", first.box), 2);
    expect(second.confirmed).toEqual(["a"]);
    const past = asking(second.box, 1);
    expect([past.confirmed, told(past)]).toEqual([[], "b2 c3"]);
  });

  it("confirms what its conversation does not offer at this moment: the next offer will hear of it", () => {
    const first = asking(offering("a"), 0);
    expect(asking(closing("a", first.box), 2).confirmed).toEqual(["a"]);
  });

  it("that does not move is no jump", () => {
    expect(asking(EMPTY, 1).jumpedFrom).toBeUndefined();
  });
});

describe("an answer that was lost", () => {
  /** a1 was given and its answer lost; its offer ended before the poller asked for it again; b came meanwhile. */
  const lost = asking(offering("b", closing("a", asking(offering("a"), 1).box)), 1);

  it("is not confirmed by a later offset that passes it by", () => {
    expect([told(lost), written(lost.rows)]).toEqual(["b2", "asked-again a, given b"]);
    expect(asking(lost.box, 3).confirmed).toEqual(["b"]);
  });

  it("comes again: under its own id while the poller still takes it, else under a new one", () => {
    const offered = offering("a", lost.box);
    expect(told(asking(offered, 1))).toBe("a1 b2");
    expect(told(asking(offered, 3))).toBe("a3");
  });
});

describe("what comes back again and again", () => {
  const times = (count: number, from: Outbox): Asked => {
    const asked = asking(from, 1);
    return count === 1 ? asked : times(count - 1, asked.box);
  };

  it("is suspect from the third time on, for the first of an answer alone", () => {
    const third = times(3, offering("ab")).box;
    expect([isSuspect(third.given.get("a")), isSuspect(third.given.get("b"))]).toEqual([false, false]);
    const fourth = times(4, offering("ab")).box;
    expect([isSuspect(fourth.given.get("a")), isSuspect(fourth.given.get("b"))]).toEqual([true, false]);
  });

  it("then comes alone, until it is confirmed", () => {
    const alone = times(5, offering("abc"));
    expect(told(alone)).toBe("a1");
    const next = asking(alone.box, 2);
    expect([next.confirmed, told(next)]).toEqual([["a"], "b2 c3"]);
  });
});

describe("a negative offset", () => {
  const box = offering("d", asking(offering("abc"), 0).box);

  it("keeps so many of the newest and forgets the others", () => {
    const asked = asking(box, -2);
    expect([asked.forgotten, asked.confirmed, told(asked)]).toEqual([["a", "b"], [], "c3 d4"]);
    expect(written(asked.rows)).toBe("confirmed a, confirmed b, given d");
  });

  it("forgets what was never given under an id of its own", () => {
    const asked = asking(offering("ab"), -1);
    expect(asked.rows).toEqual([
      { row: "confirmed", key: "a", id: 1 },
      { row: "given", key: "b", id: 2 },
    ]);
  });

  it("counts the newest whether they are offered at this moment or not", () => {
    const asked = asking(closing("bc", asking(offering("abc"), 0).box), -2);
    expect([asked.forgotten, told(asked)]).toEqual([["a"], ""]);
    expect(told(asking(offering("c", asked.box), 0))).toBe("c3");
  });

  it("larger than the queue forgets nothing", () => {
    expect(asking(box, -9).forgotten).toEqual([]);
  });
});

it("what is given to one who waits has the id that one takes", () => {
  const answered = give(offering("a"), { ...WIDE, offset: 40 });
  expect(told(answered)).toBe("a1");
  expect(told(give(offering("a", { ...EMPTY, nextId: 40 }), { ...WIDE, offset: 40 }))).toBe("a40");
});

/** A poller as clients are: it takes ids in order, asks for what is above the last one, and may lose an answer or its memory. */
const actions = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("offer" as const), key: fc.integer({ min: 0, max: 15 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("end" as const), key: fc.integer({ min: 0, max: 15 }) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("ask" as const), limit: fc.integer({ min: 1, max: 5 }), isLost: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("forget-offset" as const) }) },
  ),
  { maxLength: 80 },
);

/** The outbox as another incarnation reads it from its rows. */
function reborn(rows: readonly OutboxRow[]): Outbox {
  const given = new Map<string, { id: number; isHeld: boolean }>();
  let highest = 0;
  for (const row of rows) {
    if ("id" in row) highest = Math.max(highest, row.id);
    const before = given.get(row.key);
    if (row.row === "confirmed") given.delete(row.key);
    else if (row.row === "given") given.set(row.key, { id: row.id, isHeld: true });
    else if (before !== undefined) given.set(row.key, { ...before, isHeld: false });
  }
  return { given, open: new Map(), nextId: highest + 1 };
}

interface World {
  readonly box: Outbox;
  /** What the client asks from. */
  readonly offset: number;
  readonly rows: readonly OutboxRow[];
  readonly arrived: ReadonlySet<string>;
  readonly settled: ReadonlySet<string>;
}
type Action = typeof actions extends fc.Arbitrary<readonly (infer One)[]> ? One : never;

function act(world: World, action: Action): World {
  switch (action.do) {
    case "offer":
      return world.settled.has(`k${action.key}`) ? world : { ...world, box: open(world.box, `k${action.key}`, 10) };
    case "end":
      return { ...world, box: close(world.box, `k${action.key}`) };
    case "restart":
      return { ...world, box: reborn(world.rows) };
    case "forget-offset":
      return { ...world, offset: 1 };
    case "ask":
      return question(world, action);
  }
}

function question(world: World, { limit, isLost }: { readonly limit: number; readonly isLost: boolean }): World {
  const asked = ask(world.box, { offset: world.offset, limit, maxBytes: 1_000_000 });
  const ids = asked.parcels.map(({ id }) => id);
  const kept = asked.parcels.filter(({ key }) => (world.box.given.get(key)?.id ?? 0) >= world.offset);
  expect(asked.confirmed.filter((key) => !world.arrived.has(key))).toEqual([]);
  expect(asked.jumpedFrom).toBeUndefined();
  expect(ids).toEqual([...new Set(ids)].toSorted((left, right) => left - right));
  expect(ids.filter((id) => id < world.offset)).toEqual([]);
  expect(kept.map(({ id }) => id)).toEqual(kept.map(({ key }) => world.box.given.get(key)?.id));
  const after = { box: asked.box, rows: [...world.rows, ...asked.rows], settled: new Set([...world.settled, ...asked.confirmed]) };
  if (isLost) return { ...world, ...after };
  const arrived = new Set([...world.arrived, ...asked.parcels.map(({ key }) => key)]);
  return { ...after, arrived, offset: Math.max(world.offset, ...ids.map((id) => id + 1)) };
}

it("whatever is offered, lost and restarted: nothing is confirmed that did not arrive, ids rise, and one update has one id while it is wanted", () => {
  const start: World = { box: EMPTY, offset: 1, rows: [], arrived: new Set(), settled: new Set() };
  fc.assert(
    fc.property(actions, (steps) => void steps.reduce(act, start)),
    { numRuns: 3000 },
  );
});
