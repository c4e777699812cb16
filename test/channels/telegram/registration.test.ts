/** The webhook at Telegram: what it should be, and every field in which it differs. */
import { describe, expect, it } from "vitest";
import { registration } from "../../../src/channels/telegram/registration.ts";
import { accountFields } from "../../../src/channels/telegram/schema.ts";
import { account, SECRET } from "./support.ts";

const PUBLIC_URL = "https://edge.example.com/";
const expected = registration.expected(account(), PUBLIC_URL);

/** What Telegram answers after the edge's own `setWebhook`. */
const info = (changes: Readonly<Record<string, unknown>> = {}) => ({
  url: "https://edge.example.com/webhooks/telegram/support",
  has_custom_certificate: false,
  pending_update_count: 3,
  max_connections: 40,
  ip_address: "203.0.113.7",
  allowed_updates: [...(expected.fields["allowed_updates"] as readonly string[])].reverse(),
  ...changes,
});
const differing = (changes: Readonly<Record<string, unknown>>) =>
  registration.differences(expected, registration.read(info(changes))).map((difference) => difference.field);

describe("the webhook", () => {
  it("is set with the secret, every type that is routed, and without dropping what waits", () => {
    const { method, body } = registration.set(account({ maxConnections: 10 }), PUBLIC_URL, SECRET);
    expect(method).toBe("setWebhook");
    expect(body).toMatchObject({
      url: "https://edge.example.com/webhooks/telegram/support",
      secret_token: SECRET,
      max_connections: 10,
      drop_pending_updates: false,
    });
    expect(body["allowed_updates"]).toEqual(expect.arrayContaining(["message", "message_reaction", "chat_member"]));
    expect(body["allowed_updates"]).not.toContain("poll");
    expect(body).not.toHaveProperty("ip_address");
  });

  it("that Telegram shows after that differs in nothing, whatever its address and the order of types", () => {
    expect(differing({})).toEqual([]);
  });

  it.each([
    ["another URL", { url: "https://stolen.example.com/telegram-webhook" }, ["url"]],
    ["no webhook at all", { url: "" }, ["url"]],
    ["fewer connections", { max_connections: 5 }, ["max_connections"]],
    ["a certificate of its own", { has_custom_certificate: true }, ["has_custom_certificate"]],
    ["fewer types", { allowed_updates: ["message"] }, ["allowed_updates"]],
    ["the default types, which are shown as none", { allowed_updates: undefined }, ["allowed_updates"]],
    ["several things", { url: "x", max_connections: 1 }, ["url", "max_connections"]],
  ])("differs by %s", (_name, changes, fields) => {
    expect(differing(changes)).toEqual(fields);
  });

  it("reads Telegram's default types when it shows none", () => {
    const types = registration.read(info({ allowed_updates: undefined })).fields["allowed_updates"];
    expect(types).toEqual(expect.arrayContaining(["message", "poll"]));
    expect(types).not.toEqual(expect.arrayContaining(["chat_member"]));
  });

  it("reads what waits and the last error, in milliseconds", () => {
    const state = registration.read(info({ last_error_date: 1_793_000_000, last_error_message: "Connection refused" }));
    expect(state).toMatchObject({ pendingCount: 3, lastError: { message: "Connection refused", atMs: 1_793_000_000_000 } });
    expect(registration.read(info())).not.toHaveProperty("lastError");
    expect(state.fields["ip_address"]).toBe("203.0.113.7");
  });

  it.each([[undefined], ["gone"], [{ url: 7 }], [{ allowed_updates: "all" }]])("that does not read differs in everything: %j", (answer) => {
    const fields = registration.differences(expected, registration.read(answer)).map((difference) => difference.field);
    expect(fields).toEqual(Object.keys(expected.fields));
  });
});

describe("an account's own fields", () => {
  const secrets = { webhook: "TG_SECRET", token: "TG_TOKEN" };
  it.each([
    ["its secrets alone", { secrets }, true],
    ["its user name", { secrets, username: "acme_support_bot" }, true],
    ["connections", { secrets, maxConnections: 100 }, true],
    ["no token", { secrets: { webhook: "TG_SECRET" } }, false],
    ["a value where a name belongs", { secrets: { ...secrets, token: "7000000001:AAbb" } }, false],
    ["a secret it does not use", { secrets: { ...secrets, app: "APP" } }, false],
    ["a user name with @", { secrets, username: "@acme_support_bot" }, false],
    ["too many connections", { secrets, maxConnections: 101 }, false],
    ["a field of another channel", { secrets, phoneNumberId: "1" }, false],
  ])("%s", (_name, fields, isAccepted) => {
    expect(accountFields.safeParse(fields).success).toBe(isAccepted);
  });
});
