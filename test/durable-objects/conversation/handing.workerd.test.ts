/** What asking for a turn and a permit may cost a hand-over: objects that hang or answer late are played, the rest is as it is. */
import { env } from "cloudflare:test";
import { expect, it } from "vitest";
import type { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import { Handing } from "../../../durable-objects/conversation/handing.ts";
import type { Event } from "../../../durable-objects/conversation/machine.ts";
import type { Entry } from "../../../durable-objects/conversation/state.ts";
import type { Env } from "../../../durable-objects/env.ts";
import type { Outcome } from "../../../src/core/outcome.ts";
import type { Turn } from "../../../src/ports/instances.ts";
import { loadForTest } from "../../support/catalogue.ts";
import { commitOf } from "../../support/conversation.ts";
import { validDocument } from "../../support/routes-document.ts";

const { routes } = loadForTest({
  ...validDocument,
  pools: { ...validDocument.pools, support: { ...validDocument.pools.support, concurrency: 1 } },
});
const never = new Promise<never>(() => undefined);
const after = async <T>(ms: number, value: T): Promise<T> => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return value;
};

interface Played {
  readonly turn?: () => Promise<Turn>;
  readonly acquire?: () => Promise<string | undefined>;
  readonly deadlineMs?: number;
  readonly liveAttempt?: string;
  /** What comes later than the outcome is looked at after this. */
  readonly lingerMs?: number;
  readonly status?: number;
  /** The listener's secret is not set. */
  readonly isUnset?: boolean;
}

/** What became of it, how often the instance was reached, and which permits were given back. */
async function handOver({ turn, acquire, deadlineMs = 5000, liveAttempt = "1.2", lingerMs = 0, status = 200, isUnset }: Played) {
  const outcomes: Outcome[] = [];
  const released: string[] = [];
  const reported: unknown[] = [];
  const counted: string[] = [];
  let reached = 0;
  const namespace = (object: object) => ({ idFromName: () => ({}), get: () => object });
  const played = {
    ...env,
    INSTANCE: namespace({
      turn: turn ?? (async () => ({ verdict: "go" })),
      report: async (outcome: Outcome, account: string) => reported.push([outcome.kind, outcome.status, account]),
      suspect: async () => undefined,
    }),
    SHARD: namespace({ acquire: acquire ?? (async () => "one"), release: async (_: string, permit: string) => released.push(permit) }),
    JURISDICTIONS: undefined,
    ...(isUnset === true ? {} : { EU1_TG_SECRET: "listener-secret" }),
  };
  const { ref: _ref, ...commit } = commitOf();
  const attempt = { id: "1.2", instance: "eu-1", epoch: 1, deadlineAtMs: Date.now() + deadlineMs };
  const entry = { ...commit, seq: 1, tries: 2, attempt } as unknown as Entry;
  const real = globalThis.fetch;
  globalThis.fetch = async () => {
    reached += 1;
    return Response.json({ ok: status < 300 }, { status });
  };
  const object = {
    ref: { key: "telegram:support/chat/1" },
    state: { liveAttempt, pins: {} },
    storage: { meta: () => undefined, body: () => ({ body: commit.body, contentType: commit.contentType }) },
    reporter: { count: (_: string, kind: string) => counted.push(kind), countRepeat: () => undefined },
    snapshot: async () => ({ routes }),
    moment: () => ({ nowMs: 0, dice: 0, rules: {} }),
    apply: (event: Event) => event.type === "outcome" && outcomes.push(event.outcome),
  } as unknown as Conversation;
  const handing = new Handing(object, played as unknown as Env, { aside: (work) => void work(), index: async () => undefined });
  await handing.handOver(entry, attempt.id);
  globalThis.fetch = real;
  await after(lingerMs, undefined);
  return {
    kinds: outcomes.map(({ kind, isHeldBack, detail }) => (isHeldBack === true ? `${kind}: ${detail}` : "sent")),
    reached,
    released,
    reported,
    counted,
  };
}

const LATE = "busy: its turn came too late";

it.each<[string, Played, Pick<Awaited<ReturnType<typeof handOver>>, "kinds" | "reached" | "released">]>([
  ["in time it goes", {}, { kinds: ["sent"], reached: 1, released: ["one"] }],
  [
    "an instance's object that hangs is not waited for longer than half the time",
    { turn: () => never, deadlineMs: 3000 },
    { kinds: ["sent"], reached: 1, released: ["one"] },
  ],
  ["a permit that comes when no time is left is given back", { deadlineMs: -100 }, { kinds: [LATE], reached: 0, released: ["one"] }],
  ["somebody took the attempt for lost meanwhile", { liveAttempt: "1.3" }, { kinds: [LATE], reached: 0, released: ["one"] }],
  [
    "without a permit it waits",
    { acquire: async () => undefined },
    { kinds: ["busy: the pool's concurrency cap"], reached: 0, released: [] },
  ],
  [
    "a permit that never comes is waited for half the time, and nothing was sent",
    { acquire: () => never, deadlineMs: 1000 },
    { kinds: ["busy: the pool's concurrency cap"], reached: 0, released: [] },
  ],
  [
    "one that comes after that is given back",
    { acquire: () => after(600, "late"), deadlineMs: 1000, lingerMs: 300 },
    { kinds: ["busy: the pool's concurrency cap"], reached: 0, released: ["late"] },
  ],
])("%s", async (_, played, expected) => expect(await handOver(played)).toMatchObject(expected));

it("an instance that refuses it hears whose message that was", async () =>
  expect((await handOver({ status: 401 })).reported).toEqual([["refused", 401, "telegram:support"]]));

it("one whose account's secret was never set here hears nothing of it: others' messages go on, and it is counted all the same", async () =>
  expect(await handOver({ isUnset: true })).toMatchObject({ reached: 0, reported: [], counted: ["unreachable"] }));
