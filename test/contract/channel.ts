/**
 * What every channel promises, whatever its platform. A channel's own test calls this with an account, deliveries that are
 * genuine and deliveries that are not; an echo of ten lines, and every promise below is kept or broken by name.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Channel, Handshake, OpenSecret } from "../../src/channels/channel.ts";
import type { Egress } from "../../src/channels/egress.ts";
import type { MediaSource } from "../../src/channels/media-source.ts";
import type { Outgoing } from "../../src/channels/outgoing.ts";
import type { Registration } from "../../src/channels/registration.ts";
import type { Account } from "../../src/core/account.ts";
import { utf8 } from "../../src/core/bytes.ts";
import { conversationRef } from "../../src/core/conversation-ref.ts";
import type { Delivery } from "../../src/core/delivery.ts";
import type { Message } from "../../src/core/message.ts";
import { Secret } from "../../src/core/secret.ts";

export interface ChannelPromises {
  readonly channel: Channel;
  readonly account: Account;
  /** Purpose to value: what the account's Worker variables would hold. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly arrivedAtMs: number;
  /** Deliveries the platform would send, by name; at least one carries a message. */
  readonly genuine: Readonly<Record<string, Delivery>>;
  /** The same made wrong, by what is wrong with it. */
  readonly forged: Readonly<Record<string, Delivery>>;
}

export function keepsTheChannelPromises(promises: ChannelPromises): void {
  describe(`the channel ${promises.channel.name}`, () => {
    keepsVerifying(promises);
    keepsParsing(promises);
    keepsRendering(promises);
    keepsCalling(promises);
    const { egress, handshake, media, outgoing, registration } = promises.channel;
    if (handshake !== undefined) keepsHandshake(promises, handshake);
    if (outgoing !== undefined) keepsSending(promises, outgoing);
    if (media !== undefined) keepsMedia(promises, media);
    if (egress !== undefined) keepsEgress(promises, egress);
    if (registration !== undefined) keepsRegistration(promises, registration);
  });
}

const opener =
  (secrets: Readonly<Record<string, string>>): OpenSecret =>
  (purpose) =>
    secrets[purpose] === undefined ? undefined : new Secret(secrets[purpose]);

const payloadOf = (delivery: Delivery): unknown => JSON.parse(new TextDecoder().decode(delivery.body));

function messagesOf({ channel, account, arrivedAtMs, genuine }: ChannelPromises): readonly Message[] {
  return Object.values(genuine).flatMap((delivery) => {
    const parsed = channel.parse(payloadOf(delivery), account, arrivedAtMs);
    return parsed.ok ? parsed.value.messages : [];
  });
}

function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}

function keepsVerifying({ channel, secrets, genuine, forged }: ChannelPromises): void {
  it.each(Object.entries(genuine))("lets in what is genuine: %s", async (_name, delivery) => {
    const before = Array.from(delivery.body);
    expect(await channel.verify(delivery, opener(secrets))).toMatchObject({ ok: true });
    expect(Array.from(delivery.body)).toEqual(before);
  });

  it.each(Object.entries(forged))("keeps out what is forged: %s", async (_name, delivery) => {
    expect(await channel.verify(delivery, opener(secrets))).toMatchObject({ ok: false });
  });

  it.each(Object.entries({ ...genuine, ...forged }))("lets nothing in while the account has no secret: %s", async (_name, delivery) => {
    expect(await channel.verify(delivery, opener({}))).toEqual({ ok: false, problem: "no-secret" });
  });

  it("lets nothing in while the secret is empty", async () => {
    const empty = Object.fromEntries(Object.keys(secrets).map((purpose) => [purpose, ""]));
    for (const delivery of Object.values(genuine)) expect((await channel.verify(delivery, opener(empty))).ok).toBe(false);
  });
}

function keepsParsing(promises: ChannelPromises): void {
  const { channel, account, arrivedAtMs, genuine } = promises;

  it.each(Object.entries(genuine))("reads the same twice, and leaves the payload alone: %s", (_name, delivery) => {
    const payload = frozen(payloadOf(delivery));
    const parsed = channel.parse(payload, account, arrivedAtMs);
    expect(parsed).toMatchObject({ ok: true });
    expect(channel.parse(payload, account, arrivedAtMs)).toEqual(parsed);
  });

  it("finds messages, each with an id of its own that can be a key", () => {
    const ids = messagesOf(promises).map((message) => message.id);
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]{1,200}$/);
  });

  it("takes a message in a direct chat as addressed", () => {
    for (const message of messagesOf(promises)) if (message.chat.kind === "direct") expect(message.isAddressed).toBe(true);
  });

  it("hands over nothing that is worthless on arrival", () => {
    for (const message of messagesOf(promises)) expect(message.expiresAtMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(arrivedAtMs);
  });

  it("never throws, whatever JSON arrives", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (payload) => {
        expect(channel.parse(payload, account, arrivedAtMs)).toHaveProperty("ok");
      }),
    );
  });

  it("never throws on a genuine payload with one value bent, and stays out of prototypes", () => {
    const payloads = Object.values(genuine).map(payloadOf);
    fc.assert(
      fc.property(fc.constantFrom(...payloads), fc.nat(), fc.jsonValue({ maxDepth: 2 }), (payload, at, value) => {
        expect(channel.parse(bent(payload, at, value), account, arrivedAtMs)).toHaveProperty("ok");
      }),
    );
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it.each(Object.entries(genuine))("takes over no key it does not know, and no prototype: %s", (_name, delivery) => {
    const plain = channel.parse(payloadOf(delivery), account, arrivedAtMs);
    const dirty = channel.parse(JSON.parse(dirtied(payloadOf(delivery))), account, arrivedAtMs);
    if (!plain.ok || plain.value.messages.length === 0) return;
    expect(dirty).toEqual(plain);
    expect(JSON.stringify(dirty)).not.toContain("polluted");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
}

/** The payload's text with members that would reach a prototype in every object, and in no string that only looks like one. */
function dirtied(node: unknown): string {
  if (typeof node !== "object" || node === null) return JSON.stringify(node);
  if (Array.isArray(node)) return `[${node.map(dirtied).join(",")}]`;
  const members = Object.entries(node).map(([key, inner]) => `${JSON.stringify(key)}:${dirtied(inner)}`);
  return `{${['"__proto__":{"polluted":true}', '"constructor":{"prototype":{"polluted":true}}', ...members].join(",")}}`;
}

/** The payload with its `at`-th value (counted over the whole tree) replaced. */
function bent(payload: unknown, at: number, value: unknown): unknown {
  const paths: (readonly string[])[] = [];
  const walk = (node: unknown, path: readonly string[]): void => {
    paths.push(path);
    if (typeof node === "object" && node !== null) for (const [key, inner] of Object.entries(node)) walk(inner, [...path, key]);
  };
  walk(payload, []);
  const replace = (node: unknown, path: readonly string[]): unknown => {
    const [key, ...rest] = path;
    if (key === undefined) return value;
    const inner = node as Record<string, unknown>;
    if (Array.isArray(node)) return node.map((item, index) => (String(index) === key ? replace(item, rest) : item));
    return { ...inner, [key]: replace(inner[key], rest) };
  };
  return replace(payload, paths[at % paths.length] ?? []);
}

function keepsRendering(promises: ChannelPromises): void {
  const { channel, account } = promises;

  it("names limits that are whole, positive and finite", () => {
    for (const limit of Object.values(channel.limits)) expect(Number.isSafeInteger(limit) && limit > 0).toBe(true);
  });

  it("accepts its account's fields and refuses one it does not know", () => {
    const fields = { secrets: account.secrets, ...account.options };
    expect(channel.accountFields.safeParse(fields).success).toBe(true);
    expect(channel.accountFields.safeParse({ ...fields, surprise: 1 }).success).toBe(false);
  });

  it("says a notice of any length as one call that is JSON", () => {
    for (const { chat } of messagesOf(promises)) {
      const call = channel.renderNotice(chat, "🙂".repeat(10_000));
      expect(call.method).not.toBe("");
      expect(JSON.parse(JSON.stringify(call))).toEqual(call);
    }
  });
}

function keepsCalling({ channel, account, arrivedAtMs, genuine, ...rest }: ChannelPromises): void {
  const base = "https://api.test";
  const { platform, registration, outgoing, media } = channel;

  it("calls its platform's API and nothing else, and shows the token in no body", () => {
    const messages = messagesOf({ channel, account, arrivedAtMs, genuine, ...rest });
    const calls = messages.flatMap(({ id, chat, turn }) => [
      channel.renderNotice(chat, "Please wait."),
      ...(outgoing === undefined ? [] : [outgoing.send(chat, "Hello", "note"), outgoing.present(chat, id)]),
      ...(media === undefined ? [] : (turn?.media ?? []).map((file) => media.find(file.id))),
    ]);
    for (const call of [...calls, ...(registration === undefined ? [] : [registration.show])]) {
      const { url, method, body } = platform.request(call, { base: `${base}/`, token: "7:t0ken", account });
      expect(new URL(url).origin).toBe(base);
      expect(body ?? "").not.toContain("t0ken");
      if (method === "GET") expect(body).toBeUndefined();
    }
  });

  it("reads facts from no answer that is not the platform's", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(Object.keys(platform.readAnswer(500, body)).every((key) => key === "movedTo" || key === "retryAfterMs")).toBe(true);
      }),
    );
  });
}

function keepsHandshake({ secrets }: ChannelPromises, handshake: Handshake): void {
  it("answers nobody who does not know the secret, whatever they ask", async () => {
    const values = Object.values(secrets);
    const pairs = fc.array(fc.tuple(fc.constantFrom("hub.mode", "hub.verify_token", "hub.challenge", "token"), fc.string()));
    await fc.assert(
      fc.asyncProperty(pairs, async (query) => {
        fc.pre(!query.some(([, value]) => values.includes(value)));
        expect((await handshake(new URLSearchParams(query), opener(secrets))).ok).toBe(false);
      }),
    );
  });
}

function keepsSending(promises: ChannelPromises, outgoing: Outgoing): void {
  it("sends a part as one call that is JSON and bears its note", () => {
    for (const { chat } of messagesOf(promises)) {
      const call = outgoing.send(chat, "Hello", "n0te");
      expect(JSON.parse(JSON.stringify(call))).toEqual(call);
      expect(JSON.stringify(call.body)).toContain("n0te");
    }
  });

  it("finds no id in an answer that is not the platform's, and judges any refusal with a reason", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(20), (body, refusals) => {
        expect(outgoing.sentId(body)).toBeUndefined();
        const verdict = outgoing.judge({ status: 400, body, refusals });
        expect(verdict.detail).not.toBe("");
        if (verdict.kind === "wait") expect(verdict.retryAfterMs).toBeGreaterThan(0);
      }),
    );
  });
}

function keepsMedia({ channel }: ChannelPromises, media: MediaSource): void {
  const { fallback } = channel.platform.apiBase;

  it("trusts the root of the API, and no address that only looks like it", () => {
    const { host } = new URL(fallback);
    expect(media.isTrusted(new URL(`${fallback}/file`), fallback)).toBe(true);
    for (const url of [`https://${host}.evil.test/`, `https://evil.test/${host}`, `https://${host}@evil.test/`, `http://${host}/`]) {
      expect(media.isTrusted(new URL(url), fallback)).toBe(false);
    }
  });

  it("reads no place from an answer that is not the platform's", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (result) => {
        expect(media.read(result)).toBeUndefined();
      }),
    );
  });
}

function keepsEgress(promises: ChannelPromises, egress: Egress): void {
  const { channel, account } = promises;
  const keyOf = (chat: Message["chat"], scope: "chat" | "sender", sender?: string) =>
    conversationRef({ account: account.id, scope, identities: new Map() }, chat, sender).key;

  it.each(["chat", "sender"] as const)("sends a notice into the conversation the message came from, with scope %s", (scope) => {
    for (const { chat, sender } of messagesOf(promises)) {
      const notice = channel.renderNotice(chat, "Please wait.");
      const head = utf8(JSON.stringify(notice.body));
      const call = egress.readCall({
        method: notice.method,
        query: new URLSearchParams(),
        contentType: "application/json",
        head,
        isComplete: true,
      });
      expect(call).toMatchObject({ ok: true, value: { class: "send" } });
      if (call.ok && call.value.chat !== undefined) expect(keyOf(call.value.chat, scope)).toBe(keyOf(chat, scope, sender?.id));
    }
  });

  it("refuses in JSON, under the status it was given", () => {
    for (const status of [400, 403, 409, 429]) {
      const answer = egress.refuse(status, "no", 1500);
      expect(answer.status).toBe(status);
      expect(JSON.parse(JSON.stringify(answer.body))).toEqual(answer.body);
    }
  });

  it("never leaves the base for a hostile path, and always ends it with the path's own words", () => {
    const hostile = fc.array(fc.constantFrom("..", ".", "%2e%2e", "//", "/", "\\", "@evil.test", "?", "#", "a", "%2f", "%00", "\n"));
    fc.assert(
      fc.property(hostile, fc.constantFrom("method", "file"), (parts, kind) => {
        const url = new URL(egress.url("https://api.test/root", "1:secret", { kind, path: parts.join("/") }));
        expect(url.origin).toBe("https://api.test");
        expect(decodeURIComponent(url.pathname)).toMatch(/^\/root\/.*1:secret\//);
        expect(url.search + url.hash).toBe("");
      }),
    );
  });

  it("reads facts from no answer that is not the platform's", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(Object.keys(egress.readAnswer(500, body)).every((key) => key === "movedTo" || key === "retryAfterMs")).toBe(true);
      }),
    );
  });
}

function keepsRegistration({ account }: ChannelPromises, registration: Registration): void {
  const publicUrl = "https://edge.test";

  it("finds no difference between what is expected and itself, and one in every field of nothing", () => {
    const expected = registration.expected(account, publicUrl);
    expect(registration.differences(expected, expected)).toEqual([]);
    expect(registration.differences(expected, registration.read(null)).map((it) => it.field)).toEqual(Object.keys(expected.fields));
  });

  it("shows the secret to the platform and to nobody else", () => {
    expect(JSON.stringify(registration.set(account, publicUrl, "s3cret"))).toContain("s3cret");
    expect(JSON.stringify(registration.expected(account, publicUrl))).not.toContain("s3cret");
  });
}
