/** What every delivery becomes: whose conversation, which number, which statuses and moves; and what is refused or ignored by name. */
import { describe, expect, it } from "vitest";
import { parse } from "../../../src/channels/whatsapp/parse.ts";
import { ARRIVED_AT_MS, account, change, message, messageOf, OTHER_NUMBER, PHONE, read, SENT_AT_MS, specimen, USER } from "./support.ts";

const direct = (id: string) => ({ id, kind: "direct" });
const GROUP = { id: "Y2FwaV9ncm91cDoxNTU1NTU1MDE3ODoxMjAzNjM0MDQ2OTQyMzM4MjAZD", kind: "group" };
const NEW_USER = "US.24817305912873645029";
const EARLIER = "wamid.HBgLMTU1NTU1NTAxMDEVAgARGBJFQVJMSUVSX01FU1NBR0UA";
const NOTE = "whatsapp:sales/chat/US.13491208655302741918#7";

describe("a person", () => {
  it("is the user id, with the number as where they wrote before", () => {
    const { turn, ...rest } = messageOf("text");
    expect(rest).toEqual({
      id: expect.stringMatching(/^wamid\.[A-Za-z0-9+/=]+$/),
      kind: "text",
      chat: direct(USER),
      sender: { id: USER },
      text: "Does it come in another colour? Grüße, 你好 🙂",
      isAddressed: true,
      sentAtMs: SENT_AT_MS,
      formerly: direct(PHONE),
    });
    expect(turn).toEqual({ text: rest.text, media: [], messageId: rest.id, senderName: "Ada Example" });
  });

  it.each([
    ["who keeps the number back", "text-username", USER, undefined],
    ["who has no user id yet", "text-phone", PHONE, undefined],
    ["whose user id only the contact names", "text-contact-user-id", USER, PHONE],
  ])("%s", (_name, file, id, formerly) => {
    const found = messageOf(file);
    expect(found.chat).toEqual(direct(id));
    expect(found.sender).toEqual({ id });
    expect(found.formerly).toEqual(formerly === undefined ? undefined : direct(formerly));
    expect(found.turn?.senderName).toBe("Ada Example");
  });

  it.each([
    ["a plus before the number", { from: `+${PHONE}`, from_user_id: undefined }, PHONE],
    ["a user id that is none", { from_user_id: "usr.1" }, PHONE],
    ["a parent's user id", { from_user_id: "US.ENT.118157" }, PHONE],
    ["a number that is none", { from: "Ada" }, USER],
  ])("reads %s", (_name, members, id) => {
    expect(messageOf(change({ messages: [message(members)] })).chat.id).toBe(id);
  });

  it("who cannot be told is not guessed", () => {
    const nobody = message({ from: undefined, from_user_id: undefined });
    expect(read(change({ messages: [nobody] }))).toEqual({ messages: [], ignored: ["message:text"] });
  });

  it("never gets another one's name or user id, however few contacts there are", () => {
    const other = { wa_id: "15555550999", user_id: "US.999", profile: { name: "Other" } };
    const first = message({ from_user_id: undefined });
    const second = message({ id: "wamid.2", from: "15555550102", from_user_id: undefined });
    const ids = read(change({ contacts: [other], messages: [first, second] })).messages.map(({ chat, turn }) => [
      chat.id,
      turn?.senderName,
    ]);
    expect(ids).toEqual([
      [PHONE, undefined],
      ["15555550102", undefined],
    ]);
    const contradicted = messageOf(change({ contacts: [{ ...other, wa_id: PHONE }], messages: [message()] }));
    expect([contradicted.chat.id, contradicted.turn?.senderName]).toEqual([USER, undefined]);
  });

  it("whose WhatsApp id is not the number is known by the only contact there is", () => {
    const contact = { wa_id: "5215555550101", user_id: "MX.1", profile: { name: "Mex" } };
    const found = messageOf(change({ contacts: [contact], messages: [message({ from: "525555550101", from_user_id: undefined })] }));
    expect([found.chat.id, found.formerly?.id, found.turn?.senderName]).toEqual(["MX.1", "525555550101", "Mex"]);
  });
});

describe("a group", () => {
  it.each([
    ["a word to everybody", "group", false],
    ["a reply to our number", "group-reply", true],
    ["our number called", "group-mention", true],
  ])("%s", (_name, file, isAddressed) => {
    const found = messageOf(file);
    expect(found).toMatchObject({ chat: GROUP, sender: { id: USER }, isAddressed });
    expect(found).not.toHaveProperty("formerly");
  });

  it("is not called by a reply to somebody else, nor when it has no number to be called by", () => {
    const inGroup = (members: object, shown = "15550783881") =>
      messageOf(
        change({
          metadata: { phone_number_id: "106540352242922", display_phone_number: shown },
          messages: [message({ group_id: "g1", ...members })],
        }),
      );
    expect(inGroup({ context: { from: "15555550102", id: "x" } }).isAddressed).toBe(false);
    expect(inGroup({ context: { from: "", id: "x" } }, "").isAddressed).toBe(false);
    expect(inGroup({ text: { body: "@" } }, "").isAddressed).toBe(false);
    expect(inGroup({ context: { from: "15550783881" } }, "+1 555-078-3881").isAddressed).toBe(true);
  });

  it("whose id cannot be one is ignored", () => {
    expect(read(change({ messages: [message({ group_id: "a/../b c" })] })).ignored).toEqual(["message:text"]);
    expect(read(change({ messages: [message({ group_id: 7 })] })).ignored).toEqual(["unreadable:message"]);
  });
});

describe("a batch", () => {
  it("gives everything in it, in order, with the number it came to", () => {
    const { messages, statuses, ignored, moves } = read(specimen("batch"));
    expect(messages.map(({ text, chat, address }) => [text, chat.id, address])).toEqual([
      ["One", USER, undefined],
      ["Two", "BR.1502576394655843", undefined],
      ["Three", USER, undefined],
      ["To the other number", "BR.1502576394655843", OTHER_NUMBER],
    ]);
    expect(messages.map(({ turn }) => turn?.senderName)).toEqual(["Ada Example", "Bea Example", "Ada Example", "Bea Example"]);
    expect(statuses).toEqual([
      { messageId: EARLIER, status: "delivered", atMs: SENT_AT_MS + 10_000, note: NOTE },
      {
        messageId: EARLIER,
        status: "failed",
        atMs: SENT_AT_MS + 10_000,
        error: { code: 131_026, detail: "Message undeliverable" },
        address: OTHER_NUMBER,
      },
    ]);
    expect(ignored).toEqual(["field:message_template_status_update"]);
    expect(moves).toBeUndefined();
  });

  it.each(["empty-entry", "empty-changes", "empty-lists"])("may be empty at every level: %s", (name) => {
    expect(read(specimen(name))).toEqual({ messages: [], ignored: ["empty"] });
  });

  it("loses nothing by one thing in it that does not read", () => {
    const odd = [null, 7, "x", {}, { id: "wamid.\n", type: "text", from: PHONE }, message({ id: "a".repeat(201) }), message({ type: 5 })];
    const { messages, ignored } = read(change({ messages: [...odd, message()], statuses: [null] }));
    expect(messages).toHaveLength(1);
    expect(ignored).toEqual([...odd.map(() => "unreadable:message"), "unreadable:status"]);
  });

  it.each([
    ["an entry", { object: "whatsapp_business_account", entry: [null] }, "unreadable:entry"],
    ["a change", { object: "whatsapp_business_account", entry: [{ changes: [{ value: {} }] }] }, "unreadable:change"],
    ["a change without its number", change({ metadata: undefined, messages: [message()] }), "unreadable:messages"],
    ["a number that is none", change({ metadata: { phone_number_id: "x" }, messages: [message()] }), "unreadable:messages"],
    ["an update of user ids", change({ user_id_update: [{}] }, "user_id_update"), "unreadable:user_id_update"],
    ["updates of user ids", change({}, "user_id_update"), "unreadable:user_id_update"],
  ])("%s that does not read is ignored by name", (_name, payload, name) => {
    expect(read(payload)).toEqual({ messages: [], ignored: [name] });
  });

  it("names what it ignores in a small alphabet, and not without end", () => {
    expect(read(change({}, "Böse\nZeile")).ignored).toEqual(["field:__se__eile"]);
    expect(read(change({}, "x".repeat(500))).ignored[0]).toHaveLength(46);
    expect(read(change({ errors: Array.from({ length: 500 }, () => ({ code: 1 })) })).ignored).toHaveLength(20);
  });

  it.each([
    ["another object", { object: "page", entry: [] }],
    ["no entries", { object: "whatsapp_business_account" }],
    ["entries that are no list", { object: "whatsapp_business_account", entry: {} }],
    ["no object", []],
    ["nothing", null],
  ])("%s is refused", (_name, payload) => {
    expect(parse(payload, account(), ARRIVED_AT_MS)).toMatchObject({ ok: false, problem: { reason: "bad-shape" } });
  });
});

describe("a status", () => {
  const statusOf = (name: string) => read(specimen(name)).statuses;
  const told = { messageId: EARLIER, atMs: SENT_AT_MS + 10_000 };

  it.each([
    ["status-sent", { ...told, status: "sent", note: NOTE }],
    ["status-delivered", { ...told, status: "delivered" }],
    ["status-read", { ...told, status: "read" }],
    ["status-failed", { ...told, status: "failed", note: NOTE, error: { code: 131_047, detail: "Re-engagement message" } }],
    ["status-group", { ...told, status: "read", participant: USER }],
  ])("%s", (name, expected) => {
    expect(statusOf(name)).toEqual([expected]);
  });

  it("of another kind is ignored by name", () => {
    expect(read(specimen("status-played"))).toEqual({ messages: [], ignored: ["status:played"] });
  });

  it("names no person in its error", () => {
    expect(JSON.stringify(statusOf("status-failed"))).not.toContain(PHONE);
  });
});

describe("a person who lives on under another id", () => {
  it.each([
    ["a new number", "system-number", [{ from: direct(PHONE), to: direct("15555550199") }]],
    [
      "a new number and a new user id",
      "system-number-user-id",
      [
        { from: direct(USER), to: direct(NEW_USER) },
        { from: direct(PHONE), to: direct(NEW_USER) },
      ],
    ],
    ["a new user id, and a number that is kept back", "system-user-id", [{ from: direct(USER), to: direct(NEW_USER) }]],
    ["an update of user ids", "user_id_update", [{ from: direct(USER), to: direct(NEW_USER) }]],
  ])("%s moves the chat, and asks no agent", (_name, file, moves) => {
    expect(read(specimen(file))).toEqual({ messages: [], ignored: [], moves });
  });

  it("is known by the user id beside the change where the one before is not said in it", () => {
    const system = { type: "user_changed_number", wa_id: "15555550199", user_id: NEW_USER };
    expect(read(change({ messages: [message({ type: "system", system })] })).moves).toEqual([
      { from: direct(USER), to: direct(NEW_USER) },
      { from: direct(PHONE), to: direct(NEW_USER) },
    ]);
    const kept = { ...system, user_id: USER };
    expect(read(change({ messages: [message({ type: "system", system: kept })] })).moves).toEqual([
      { from: direct(PHONE), to: direct(USER) },
    ]);
  });

  it("is told for the number it came to", () => {
    const metadata = { phone_number_id: OTHER_NUMBER, display_phone_number: "" };
    const update = { user_id: { previous: USER, current: NEW_USER } };
    expect(read(change({ metadata, user_id_update: [update] }, "user_id_update")).moves).toEqual([
      { from: direct(USER), to: direct(NEW_USER), address: OTHER_NUMBER },
    ]);
    const system = message({ type: "system", system: { type: "user_changed_number", wa_id: "15555550199" } });
    expect(read(change({ metadata, messages: [system] })).moves?.[0]?.address).toBe(OTHER_NUMBER);
  });

  it.each([
    ["another system message", "system-identity", "system:customer_identity_changed"],
    ["a system message that does not read", change({ messages: [message({ type: "system" })] }), "unreadable:system"],
    [
      "a change to nobody",
      change({ messages: [message({ type: "system", system: { type: "user_changed_number" } })] }),
      "system:user_changed_number",
    ],
    [
      "a change to the same",
      change({ user_id_update: [{ user_id: { previous: USER, current: USER } }] }, "user_id_update"),
      "unreadable:user_id_update",
    ],
  ])("%s moves nothing", (_name, payload, name) => {
    expect(read(typeof payload === "string" ? specimen(payload) : payload)).toEqual({ messages: [], ignored: [name] });
  });
});

describe("what nobody routes", () => {
  it.each([
    ["account_update", "field:account_update"],
    ["errors", "error:130429"],
  ])("%s is ignored by name", (file, name) => {
    expect(read(specimen(file))).toEqual({ messages: [], ignored: [name] });
  });
});
