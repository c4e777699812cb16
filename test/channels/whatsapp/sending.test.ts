/** Calls that leave: to whom, with what, where to; what a refusal means; and from where files may be fetched. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KNOWN_CODES } from "../../../src/channels/whatsapp/errors.ts";
import { whatsapp } from "../../../src/channels/whatsapp/index.ts";
import { NUMBER_PACE, PAIR_PACE } from "../../../src/channels/whatsapp/limits.ts";
import { accountFields } from "../../../src/channels/whatsapp/schema.ts";
import type { Chat } from "../../../src/core/message.ts";
import { account, NUMBER, PHONE, TOKEN, USER } from "./support.ts";

const { outgoing, platform, media } = whatsapp;
const direct = (id: string): Chat => ({ id, kind: "direct" });
const GROUP: Chat = { id: "Y2FwaV9ncm91cDox", kind: "group" };

describe("a part of an answer", () => {
  it.each([
    ["a user id", direct(USER), { recipient_type: "individual", recipient: USER }],
    ["a number", direct(PHONE), { recipient_type: "individual", to: PHONE }],
    ["a group", GROUP, { recipient_type: "group", to: GROUP.id }],
  ])("goes to %s", (_name, chat, recipient) => {
    expect(outgoing.send(chat, "*Hello*", "note")).toEqual({
      method: "messages",
      body: {
        messaging_product: "whatsapp",
        ...recipient,
        type: "text",
        text: { body: "*Hello*", preview_url: false },
        biz_opaque_callback_data: "note",
      },
    });
  });

  it("goes without a note that Meta would refuse", () => {
    expect(outgoing.send(direct(USER), "x", "n".repeat(512)).body).toHaveProperty("biz_opaque_callback_data");
    expect(outgoing.send(direct(USER), "x", "n".repeat(513)).body).not.toHaveProperty("biz_opaque_callback_data");
    expect(outgoing.send(direct(USER), "x", "").body).not.toHaveProperty("biz_opaque_callback_data");
  });

  it("is made of the agent's Markdown", () => {
    expect(outgoing.render("**Hello**")).toEqual(["*Hello*"]);
    expect(outgoing.render("")).toEqual([]);
  });

  it.each([
    ["the documented answer", { messaging_product: "whatsapp", contacts: [{ input: PHONE }], messages: [{ id: "wamid.A=" }] }, "wamid.A="],
    ["no message", { messages: [] }, undefined],
    ["an id that is none", { messages: [{ id: 7 }] }, undefined],
    ["an id with a space", { messages: [{ id: "wamid. A" }] }, undefined],
    ["an error", { error: { code: 1 } }, undefined],
    ["nothing", undefined, undefined],
  ])("has the id of %s", (_name, result, id) => {
    expect(outgoing.sentId(result)).toBe(id);
  });
});

describe("beside the answer", () => {
  it("marks as read and shows typing in one call", () => {
    expect(outgoing.present(direct(USER), "wamid.A=")).toEqual({
      method: "messages",
      body: { messaging_product: "whatsapp", status: "read", message_id: "wamid.A=", typing_indicator: { type: "text" } },
    });
    expect([outgoing.presenceMs, outgoing.windowMs]).toEqual([25_000, 86_400_000]);
  });

  it("sends the account's template outside the window, and nothing when it has none", () => {
    expect(outgoing.template(account(), direct(USER), "note")).toBeUndefined();
    const own = account({ template: { name: "come_back", language: "pt_BR", parameter: "none" } });
    expect(outgoing.template(own, direct(PHONE), "note")?.body).toEqual({
      messaging_product: "whatsapp",
      recipient_type: "individual",
      to: PHONE,
      type: "template",
      template: { name: "come_back", language: { code: "pt_BR" } },
      biz_opaque_callback_data: "note",
    });
  });

  it("paces a person and the number", () => {
    expect(platform.pace(undefined)).toEqual({ bot: NUMBER_PACE });
    expect(platform.pace(direct(USER))).toEqual({ chat: PAIR_PACE, bot: NUMBER_PACE });
    expect(60 / PAIR_PACE.perMinute).toBe(6);
  });
});

const HOUR_MS = 3_600_000;
const wait = (scope: string, retryAfterMs: number) => ({ kind: "wait", scope, retryAfterMs });

describe("a refusal", () => {
  const answer = (code: number, more: object = {}) => ({ error: { message: `about ${PHONE}`, type: "OAuthException", code, ...more } });
  const judged = (code: number, status = 400, refusals = 0) => outgoing.judge({ status, body: answer(code), refusals });

  it.each([
    [130_429, 400, wait("account", 1000)],
    [131_056, 400, wait("chat", 1000)],
    [131_057, 400, wait("account", 60_000)],
    [4, 400, wait("account", 60_000)],
    [17, 400, wait("account", 60_000)],
    [32, 400, wait("account", 60_000)],
    [341, 400, wait("account", 60_000)],
    [80_007, 400, wait("account", 60_000)],
    [131_048, 400, wait("account", HOUR_MS)],
    [131_000, 500, { kind: "retry" }],
    [131_016, 500, { kind: "retry" }],
    [2, 503, { kind: "retry" }],
    [190, 401, { kind: "stop" }],
    [102, 401, { kind: "stop" }],
    [133_006, 400, { kind: "stop" }],
    [133_015, 400, { kind: "stop" }],
    [133_004, 503, { kind: "retry" }],
    [10, 403, { kind: "stop" }],
    [200, 403, { kind: "stop" }],
    [299, 403, { kind: "stop" }],
    [368, 403, { kind: "stop" }],
    [131_031, 403, { kind: "stop" }],
    [131_047, 400, { kind: "template" }],
    [131_026, 400, { kind: "give-up" }],
    [131_051, 400, { kind: "give-up" }],
    [131_062, 400, { kind: "give-up" }],
    [100, 400, { kind: "give-up" }],
    [132_001, 404, { kind: "give-up" }],
    [132_999, 400, { kind: "give-up" }],
    [999_999, 400, { kind: "give-up" }],
    [999_999, 500, { kind: "doubt" }],
    [999_999, 503, { kind: "retry" }],
    [999_999, 401, { kind: "stop" }],
    [999_999, 429, wait("account", 60_000)],
  ])("with code %i and status %i", (code, status, expected) => {
    expect(judged(code, status)).toMatchObject(expected);
    expect(judged(code, status).detail).toContain(String(code));
    expect(judged(code, status).detail).toContain(`http ${status}`);
  });

  it.each([
    ["no JSON, from something in between", { status: 502, body: "<html>" }, { kind: "doubt", detail: "http 502" }],
    ["no JSON, that waited in vain", { status: 504 }, { kind: "doubt", detail: "http 504" }],
    ["no JSON, that waited too long", { status: 524, body: null }, { kind: "doubt", detail: "http 524" }],
    ["no JSON, not now", { status: 503 }, { kind: "retry", detail: "http 503" }],
    ["no JSON, that reached nobody", { status: 523 }, { kind: "retry", detail: "http 523" }],
    ["no JSON, too many", { status: 429 }, { ...wait("account", 60_000), detail: "http 429" }],
    ["no JSON, not allowed", { status: 403 }, { kind: "stop", detail: "http 403" }],
    ["no JSON, not found", { status: 404, body: null }, { kind: "give-up", detail: "http 404" }],
    ["no JSON, a timeout of its own", { status: 408 }, { kind: "retry", detail: "http 408" }],
    ["a redirect", { status: 302 }, { kind: "retry", detail: "http 302" }],
    ["a code that is no number", { status: 400, body: { error: { code: "190" } } }, { kind: "give-up", detail: "http 400" }],
    ["nothing at all", {}, { kind: "retry", detail: "no answer" }],
    ["a late status that is known", { code: 131_026 }, { kind: "give-up" }],
    ["a late status outside the window", { code: 131_047 }, { kind: "template" }],
    ["a late status that is not known", { code: 999_999 }, { kind: "give-up", detail: "999999: unknown code" }],
    ["a number that does not exist", { status: 400, body: answer(100, { error_subcode: 33 }) }, { kind: "stop" }],
  ])("with %s", (_name, failure, expected) => {
    expect(outgoing.judge({ refusals: 0, ...failure })).toMatchObject(expected);
  });

  it("waits longer each time, and not for ever", () => {
    const waits = (code: number) =>
      [0, 1, 2, 3, 50].map((refusals) => {
        const verdict = judged(code, 400, refusals);
        return verdict.kind === "wait" ? verdict.retryAfterMs / 1000 : undefined;
      });
    expect(waits(131_056)).toEqual([1, 4, 16, 64, 4096]);
    expect(waits(130_429)).toEqual([1, 2, 4, 8, 60]);
    expect(waits(80_007)).toEqual([60, 120, 240, 480, 3600]);
    expect(waits(131_048)).toEqual([3600, 7200, 14_400, 28_800, 86_400]);
  });

  it("says of every known code what it means, and of no person anything", () => {
    for (const code of KNOWN_CODES) {
      expect(judged(code).detail).toMatch(/^\d+: [a-z].{8,}, http 400$/);
      expect(judged(code).detail).not.toContain(PHONE);
    }
  });

  it("never throws, whatever JSON came with it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 100, max: 599 }), fc.nat(), (body, status, refusals) => {
        expect(outgoing.judge({ status, body, refusals }).detail).toContain(`http ${status}`);
      }),
    );
  });

  it("tells of a pause and of nothing else", () => {
    expect(platform.readAnswer(400, answer(131_056))).toEqual({ retryAfterMs: 1000 });
    expect(platform.readAnswer(429, undefined)).toEqual({ retryAfterMs: 60_000 });
    expect(platform.readAnswer(400, answer(131_026))).toEqual({});
    expect(platform.readAnswer(200, answer(131_056))).toEqual({});
  });
});

describe("a call", () => {
  const access = { base: "https://graph.test/", token: TOKEN, account: account({ graphVersion: "v24.0" }) };
  const authorization = `Bearer ${TOKEN}`;

  it.each([
    ["of the number", "messages", `https://graph.test/v24.0/${NUMBER}/messages`],
    ["to the number itself", "", `https://graph.test/v24.0/${NUMBER}`],
    ["below the version", "/1003383421387256", "https://graph.test/v24.0/1003383421387256"],
    ["that would climb", "/../../me", "https://graph.test/v24.0/me"],
    ["with a query in it", "/1?x#y", "https://graph.test/v24.0/1%3Fx%23y"],
  ])("%s", (_name, method, url) => {
    expect(platform.request({ method, body: { a: 1 } }, access)).toEqual({
      url,
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: '{"a":1}',
    });
  });

  it("that only asks has a query and no body", () => {
    expect(platform.request({ method: "", verb: "GET", body: { fields: "a,b" } }, access)).toEqual({
      url: `https://graph.test/v24.0/${NUMBER}?fields=a%2Cb`,
      method: "GET",
      headers: { authorization },
    });
    expect(platform.request({ method: "/7", verb: "GET", body: {} }, access).url).toBe("https://graph.test/v24.0/7");
  });

  it("goes to Meta and to a version we know unless it is told otherwise", () => {
    const { variable, fallback } = platform.apiBase;
    expect(variable).toBe("WHATSAPP_API_BASE");
    expect(platform.request({ method: "messages", body: {} }, { ...access, base: fallback, account: account() }).url).toBe(
      `https://graph.facebook.com/v23.0/${NUMBER}/messages`,
    );
  });
});

describe("a file", () => {
  it("is asked for by its id", () => {
    expect(media.find("1003")).toEqual({ method: "/1003", verb: "GET", body: {} });
  });

  it.each([
    [
      "the documented answer",
      { url: "https://lookaside.fbsbx.com/a", mime_type: "image/jpeg", sha256: "x", file_size: 303_833, id: "1" },
      { url: "https://lookaside.fbsbx.com/a", mimeType: "image/jpeg", bytes: 303_833 },
    ],
    [
      "a size as text",
      { url: "https://x.test/", mime_type: "a/b", file_size: "12" },
      { url: "https://x.test/", mimeType: "a/b", bytes: 12 },
    ],
    ["no size", { url: "https://x.test/" }, { url: "https://x.test/", mimeType: "application/octet-stream" }],
    ["no address", { mime_type: "image/jpeg" }, undefined],
    ["an address that is none", { url: "nowhere" }, undefined],
    ["nothing", null, undefined],
  ])("is where %s says", (_name, result, place) => {
    expect(media.read(result)).toEqual(place);
  });

  const META = "https://graph.facebook.com";
  it.each([
    ["https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", META, true],
    ["http://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", META, false],
    ["https://lookaside.fbsbx.com:8443/", META, false],
    ["https://lookaside.fbsbx.com@evil.test/", META, false],
    ["https://user:pass@lookaside.fbsbx.com/", META, false],
    ["https://lookaside.fbsbx.com.evil.test/", META, false],
    ["https://evil-lookaside.fbsbx.com/", META, false],
    ["https://apps-1.apps.fbsbx.com/", META, false],
    ["https://scontent.xx.fbcdn.net/", META, false],
    ["https://evil.test/lookaside.fbsbx.com", META, false],
    ["https://graph.facebook.com/v23.0/1", META, true],
    ["http://graph.facebook.com/v23.0/1", META, false],
    ["http://127.0.0.1:9000/files/1", "http://127.0.0.1:9000", true],
    ["http://127.0.0.1:9001/files/1", "http://127.0.0.1:9000", false],
    ["file:///etc/passwd", "file:///", false],
    ["data:text/plain,x", "data:,", false],
    ["https://x.test/", "", false],
  ])("at %s, with the API at %s", (url, base, isTrusted) => {
    expect(media.isTrusted(new URL(url), base)).toBe(isTrusted);
  });
});

describe("an account's own fields", () => {
  const secrets = { app: "WA_APP", verify: "WA_VERIFY", token: "WA_TOKEN" };
  const own = { secrets, phoneNumberId: NUMBER };
  it.each([
    ["its number and secrets", own, true],
    ["a version", { ...own, graphVersion: "v24.0" }, true],
    ["a template", { ...own, template: { name: "come_back", language: "en" } }, true],
    ["a template that says it has no parameters", { ...own, template: { name: "a", language: "en_US", parameter: "none" } }, true],
    ["no number", { secrets }, false],
    ["the number itself in place of its id", { ...own, phoneNumberId: "+15550783881" }, false],
    ["a number that is no text", { ...own, phoneNumberId: 106 }, false],
    ["no verify token", { ...own, secrets: { app: "A", token: "T" } }, false],
    ["no app secret", { ...own, secrets: { verify: "V", token: "T" } }, false],
    ["no access token", { ...own, secrets: { verify: "V", app: "A" } }, false],
    ["a value where a name belongs", { ...own, secrets: { ...secrets, token: "EAAexample" } }, false],
    ["a version that would climb", { ...own, graphVersion: "v23.0/.." }, false],
    ["a template without a language", { ...own, template: { name: "a" } }, false],
    ["a template with parameters", { ...own, template: { name: "a", language: "en", parameter: "name" } }, false],
    ["a field of another channel", { ...own, username: "bot" }, false],
  ])("%s", (_name, fields, isAccepted) => {
    expect(accountFields.safeParse(fields).success).toBe(isAccepted);
  });

  it("name the number under which other accounts of the app are found", () => {
    expect(whatsapp.siblings.addressOf(account())).toBe(NUMBER);
    expect(whatsapp.siblings.addressOf(account({ phoneNumberId: undefined }))).toBeUndefined();
  });
});
