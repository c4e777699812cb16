/**
 * The bot's outbox against a model of what it may do, in real workerd: answers kept, statuses, a platform that refuses, hangs and says
 * nothing, deaths between all of it. The model is a ledger of answers, of what a person read, and of what conversations were told.
 */
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env as workerEnv } from "cloudflare:workers";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Bot } from "../../../durable-objects/bot/durable-object.ts";
import { botsOf } from "../../../durable-objects/bot/stub.ts";
import { configOf } from "../../../durable-objects/config/stub.ts";
import { Conversation } from "../../../durable-objects/conversation/durable-object.ts";
import type { Env } from "../../../durable-objects/env.ts";
import { objectOf } from "../../../durable-objects/objects.ts";
import { systemClock } from "../../../durable-objects/runtime.ts";
import type { DeliveryStatus } from "../../../src/core/delivery-status.ts";
import type { Reply, ReplyEnd } from "../../../src/ports/bots.ts";
import { type Command, command, crash, moment, persistently, type Travel, tell, travel } from "../../support/commands.ts";
import { fakePlatform, ok } from "../../support/fake-platform.ts";
import { validDocument } from "../../support/routes-document.ts";
import { letTelegramTalk } from "../../support/talking-channel.ts";

const env = workerEnv as unknown as Env;
const bots = botsOf(env);
const MODES = ["takes", "takes in silence", "hangs", "503", "429", "403"] as const;
type Mode = (typeof MODES)[number];
const CHATS = ["777", "778"] as const;

interface Kept {
  readonly reply: Reply;
  readonly parts: readonly string[];
}

interface Model {
  readonly kept: Kept[];
  /** Deaths, and calls that the platform took and did not say so: each may repeat one part of every chat. */
  excuses: number;
}

interface Said {
  readonly chat: string;
  readonly text: string;
  readonly id: string;
}

interface Real {
  readonly said: Said[];
  readonly told: Map<number, (ReplyEnd & { readonly seq: number })[]>;
}

let mode: Mode = "takes";
let real: Real = { said: [], told: new Map() };
let model: Model = { kept: [], excuses: 0 };
let isDeaf = false;
let serial = 0;
let time: Travel;

const ACCOUNT = "telegram:support";
const stub = () => objectOf<Bot>(env, env.BOT, ACCOUNT, { region: "weur" });

/** A person has read what it takes, whether it says so or not. */
async function answer(body: { readonly chat_id?: string; readonly text?: string }): Promise<Response> {
  if (body.text === undefined) return ok(true);
  if (mode === "503" || mode === "429" || mode === "403") {
    return Response.json({ ok: false, error_code: Number(mode), description: "no" }, { status: Number(mode) });
  }
  serial += 1;
  const id = String(serial);
  real.said.push({ chat: String(body.chat_id), text: body.text, id });
  if (mode === "takes") return ok({ message_id: id });
  model.excuses += 1;
  if (mode === "hangs") return new Promise(() => undefined);
  throw new Error("connection lost");
}

beforeAll(async () => {
  letTelegramTalk();
  expect((await configOf(env).push(JSON.stringify(validDocument))).status).toBe("accepted");
  vi.spyOn(Conversation.prototype, "replied").mockImplementation((seq, end) => {
    if (isDeaf) throw new Error("not now");
    real.told.set(seq, [...(real.told.get(seq) ?? []), { seq, ...end }]);
  });
  fakePlatform(({ text }) => answer(JSON.parse(text)));
  time = travel();
  const sleep = systemClock.sleep;
  // A turn that is waited for comes as soon as the clock has been put forward; deadlines, which somebody can call off, are real.
  vi.spyOn(systemClock, "sleep").mockImplementation(async (ms, wake) => {
    if (wake !== undefined) return sleep(ms, wake);
    time.aheadMs += ms;
    return moment();
  });
});

afterAll(async () => {
  vi.restoreAllMocks();
  await abortAllDurableObjects();
});

const rows = () =>
  persistently(() =>
    runInDurableObject(stub(), (_bot: Bot, state) => state.storage.sql.exec<{ key: string }>("SELECT key FROM replies").toArray()),
  );

const readIn = (chat: string): readonly string[] => real.said.filter((one) => one.chat === chat).map(({ text }) => text);
const fresh = (texts: readonly string[]): readonly string[] => texts.filter((text, index) => texts.indexOf(text) === index);

/** What holds at every moment. */
async function holds({ kept, excuses }: Model): Promise<void> {
  for (const chat of CHATS) {
    const due = kept.filter(({ reply }) => reply.chat.id === chat).flatMap(({ parts }) => parts);
    const read = readIn(chat);
    // In the order of the answers and of their parts; what was given up leaves a gap and no more.
    expect(fresh(read)).toEqual(due.filter((part) => read.includes(part)));
    expect(read.length - fresh(read).length).toBeLessThanOrEqual(excuses);
  }
  const open = new Set((await rows()).map(({ key }) => key));
  for (const { reply, parts } of kept) {
    const ends = real.told.get(reply.seq) ?? [];
    // Never forgotten before its conversation knows, and told one end, however often: another one only over a death, and the first counts.
    if (ends.length === 0) expect(open).toContain(`${reply.key}#${reply.seq}`);
    expect(new Set(ends.map(({ state, outcome }) => `${state} ${outcome}`)).size).toBeLessThanOrEqual(1 + excuses);
    if (ends[0]?.state === "answered") expect(readIn(reply.chat.id)).toEqual(expect.arrayContaining([...parts]));
  }
}

async function later(ms: number): Promise<void> {
  time.aheadMs += ms;
  await persistently(() => runDurableObjectAlarm(stub()));
  await moment();
}

const of = (name: string, run: () => Promise<unknown>, check?: (model: Readonly<Model>) => boolean) =>
  command<Model, Real>(
    name,
    async () => {
      await run();
      await moment();
      await holds(model);
    },
    check,
  );

const keep = (reply: Reply) => persistently(() => bots.reply(ACCOUNT, reply));

const KEEP = fc.tuple(fc.constantFrom(...CHATS), fc.integer({ min: 1, max: 3 })).map(([id, count]) =>
  of(`keep ${count} parts for ${id}`, async () => {
    serial += 1;
    const seq = serial;
    const parts = Array.from({ length: count }, (_, index) => `${seq}.${index + 1}`);
    const ref = { key: `${ACCOUNT}/chat/${id}` };
    const reply: Reply = {
      key: `${ACCOUNT}/u${seq}`,
      ref,
      seq,
      chat: { id, kind: "direct" },
      text: parts.join("\n"),
      askedAtMs: Date.now(),
    };
    expect(["kept", "ended"]).toContain((await keep(reply)).verdict);
    model.kept.push({ reply, parts });
  }),
);

const COMMANDS: readonly fc.Arbitrary<Command<Model, Real>>[] = [
  KEEP,
  KEEP,
  fc.nat(20).map((which) =>
    of(
      `keep again ${which}`,
      async () => {
        const known = model.kept[which % model.kept.length];
        if (known === undefined || real.told.has(known.reply.seq)) return;
        expect(["kept", "ended"]).toContain((await keep(known.reply)).verdict);
      },
      ({ kept }) => kept.length > 0,
    ),
  ),
  fc.constantFrom(...MODES).map((next) =>
    of(`the platform ${next}`, async () => {
      mode = next;
    }),
  ),
  fc.constantFrom(1_000, 4_000, 30_000, 70_000).map((ms) => of(`${ms} ms`, () => later(ms))),
  fc.tuple(fc.nat(30), fc.constantFrom<DeliveryStatus["status"]>("sent", "delivered", "read")).map(([which, status]) =>
    of(`${status} ${which}`, async () => {
      const said = real.said.at(-1 - (which % Math.max(1, real.said.length)));
      if (said !== undefined) await persistently(() => bots.statuses(ACCOUNT, [{ messageId: said.id, status }]));
    }),
  ),
  fc.boolean().map((deaf) =>
    of(deaf ? "conversations cannot be told" : "conversations can be told", async () => {
      isDeaf = deaf;
    }),
  ),
  ...[1, 2].map(() =>
    fc.constant(
      crash<Model, Real>(async () => {
        model.excuses += 1;
        await holds(model);
      }),
    ),
  ),
];

it("whatever happens in whatever order: kept until it ended, read in order, told one end", async () => {
  await tell<Model, Real>({
    seed: 20_261_121,
    commands: COMMANDS,
    begin: async () => {
      await persistently(() => runInDurableObject(stub(), (_bot: Bot, state) => void state.storage.sql.exec("DELETE FROM replies")));
      await abortAllDurableObjects();
      [mode, isDeaf] = ["takes", false];
      real = { said: [], told: new Map() };
      model = { kept: [], excuses: 0 };
      return { model, real };
    },
    end: async () => {
      // A call that hangs has its deadline in real time: nobody waits for it here.
      await abortAllDurableObjects();
      model.excuses += 1;
      [mode, isDeaf] = ["takes", false];
      for (let turn = 0; turn < 80 && (turn === 0 || (await rows()).length > 0); turn += 1) await later(61_000);
      await holds(model);
      expect(await rows()).toEqual([]);
      expect(model.kept.map(({ reply }) => reply.seq).filter((seq) => !real.told.has(seq))).toEqual([]);
      for (const [end] of real.told.values()) if (end?.state === "dead") expect(end.outcome).toMatch(/^(undelivered|unconfirmed)/);
    },
  });
}, 240_000);
