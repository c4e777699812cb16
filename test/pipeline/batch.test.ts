/** A delivery that holds many things: all are tried, in order within their chat, and what could not be kept makes the platform come again. */
import { expect, it } from "vitest";
import type { Channel } from "../../src/channels/channel.ts";
import { telegram } from "../../src/channels/telegram/index.ts";
import type { Parsed } from "../../src/core/message.ts";
import { ok } from "../../src/core/result.ts";
import { createAdmission } from "../../src/pipeline/admission.ts";
import { accept, type JourneyPorts } from "../../src/pipeline/journey.ts";
import { keepPorts, keepSetting } from "../support/keep.ts";
import { directMessage } from "../support/routes-document.ts";

const setting = keepSetting();
const told = (id: string, chat: string) => ({
  ...directMessage,
  id,
  text: "hi",
  chat: { id: chat, kind: "direct" } as const,
  sender: { id: chat },
});
const refused = { ok: false, problem: { kind: "unstored" } };

/** The journey of one delivery that holds this; commits into the chat `full` are refused. */
async function walk(parsed: Parsed, bent: Partial<Channel> = {}) {
  const { ports, kept } = keepPorts();
  const channel: Channel = { ...telegram, verify: async () => ok(undefined), parse: () => ok(parsed), ...bent };
  const all: JourneyPorts = {
    ...ports,
    conversations: {
      ...ports.conversations,
      commit: async (commit, region) =>
        commit.ref.key.endsWith("/full") ? { state: "full", retryAfterMs: 5000 } : ports.conversations.commit(commit, region),
    },
    channels: new Map([["telegram", channel]]),
    secrets: { get: () => undefined },
    shield: { isQuiet: () => true, refuses: () => undefined, charge: () => undefined },
    dice: { next: () => 0.5, hex: () => "00" },
    admission: createAdmission(),
    turns: { take: async () => ({ end: () => undefined }) },
  };
  const result = await accept(setting.delivery, { channel: "telegram", account: "support" }, setting.snapshot, all);
  return { result, asked: kept.asked, commits: kept.commits.map(({ messageId, ref }) => `${messageId}@${ref.key.split("/").at(-1)}`) };
}

it("keeps a chat's messages in their order, and chats beside each other", async () => {
  const messages = [told("1", "a"), told("2", "b"), told("3", "a"), told("4", "a")];
  const { result, commits } = await walk({ messages, ignored: [] });
  expect(result).toEqual({ ok: true, value: undefined });
  expect(commits.filter((one) => one.endsWith("@a"))).toEqual(["1@a", "3@a", "4@a"]);
  expect(commits).toHaveLength(4);
});

it("one person's trouble costs the others nothing, and the whole delivery comes again", async () => {
  const statuses = [{ messageId: "wamid.1", status: "sent" }] as const;
  const { result, commits, asked } = await walk({ messages: [told("1", "full"), told("2", "b")], ignored: [], statuses });
  expect(result).toMatchObject(refused);
  expect(commits).toEqual(["2@b"]);
  expect(asked).toContain("statuses telegram:support wamid.1");
});

it("nothing of a chat goes past a message of it that could not be kept", async () => {
  const { result, commits } = await walk({ messages: [told("1", "full"), told("2", "full"), told("3", "b")], ignored: [] });
  expect(result).toMatchObject(refused);
  expect(commits).toEqual(["3@b"]);
});

it("moves come before messages, so that these find what was moved", async () => {
  const moves = [{ from: { id: "old", kind: "direct" }, to: { id: "a", kind: "direct" } }] as const;
  const { asked } = await walk({ messages: [told("1", "a")], ignored: ["user_id_update"], moves });
  expect(asked.findIndex((one) => one.startsWith("move "))).toBeLessThan(asked.findIndex((one) => one.startsWith("commit ")));
});

it("what belongs to an address that is nobody's here is acknowledged by name and kept for nobody", async () => {
  const { result, commits, asked } = await walk({ messages: [{ ...told("1", "a"), address: "999" }], ignored: [] });
  expect(result).toMatchObject({ ok: true });
  expect([commits, asked.filter((one) => one.startsWith("count"))]).toEqual([
    [],
    ['count clawedge_messages_total{account="telegram:support",state="ignored"}'],
  ]);
});

it("where the edge asks for its account, what a group says among itself is not asked", async () => {
  const overheard = { ...told("1", "g"), chat: { id: "g", kind: "group" } as const, isAddressed: false };
  expect((await walk({ messages: [overheard], ignored: [] }, { hearsGroups: () => false })).commits).toEqual([]);
  expect((await walk({ messages: [overheard], ignored: [] }, { hearsGroups: () => true })).commits).toEqual(["1@g"]);
  expect((await walk({ messages: [overheard], ignored: [] })).commits).toEqual(["1@g"]);
});
