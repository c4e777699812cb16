/**
 * WhatsApp from Meta's POST to the answer in the person's hand: the real bundle in workerd, Meta and the gateway played by stand-ins at the
 * outermost edge. Broken and hostile things end where they should, and cost no conversation.
 */
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GraphApi, startGraphApi } from "../../scripts/fakes/graph-api.ts";
import { type Instance, startInstance } from "../../scripts/fakes/instance.ts";
import { ADMIN_TOKEN, type LiveEdge, liveEdge, until } from "../support/live-edge.ts";

const APP_SECRET = "app-secret-of-the-tests";
const [SALES, HELP, STRANGE] = ["106540352242922", "106540352242923", "999999999999999"] as const;
const CALLBACK = "/webhooks/whatsapp/sales";

let edge: LiveEdge;
let graph: GraphApi;
let instance: Instance;

const account = (phoneNumberId: string, app = "WA_APP") => ({
  pool: "sales",
  phoneNumberId,
  secrets: { app, verify: "WA_VERIFY", token: "WA_TOKEN" },
});

beforeAll(async () => {
  const numbers = [SALES, HELP, STRANGE].map((id) => ({ id, token: "wa-token" }));
  graph = await startGraphApi({ appSecret: APP_SECRET, numbers, secondMs: 50, statuses: true });
  instance = await startInstance({
    name: "us-1",
    secret: "unused",
    token: "1:unused",
    apiRoot: "http://127.0.0.1:9",
    chat: { mode: "trusted-proxy", userHeader: "x-clawedge-user", agents: ["sales-public"] },
  });
  edge = await liveEdge(
    {
      accounts: { "whatsapp:sales": account(SALES), "whatsapp:help": account(HELP), "whatsapp:other": account(STRANGE, "OTHER_APP") },
      instances: { "us-1": { url: instance.url } },
      pools: { sales: { instances: ["us-1"], agent: "sales-public", notices: { unanswered: "Sorry, no answer this time." } } },
    },
    { WA_APP: APP_SECRET, OTHER_APP: "another-app", WA_VERIFY: "verify-me", WA_TOKEN: "wa-token", WHATSAPP_API_BASE: graph.url },
  );
  graph.setCallback(`${edge.url}${CALLBACK}`);
});

afterAll(async () => {
  await edge.close();
  await instance.stop();
  await graph.stop();
});

const textsTo = (to: string): readonly string[] =>
  graph
    .sent()
    .filter((sent) => sent.to === to)
    .map(({ text }) => text ?? "");
const settled = () => edge.log().filter(({ event }) => event === "message.settled");
const settledOf = (message: string) => settled().filter((line) => line["message"] === message);
const sign = (body: string, secret = APP_SECRET): string => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

/** A delivery as Meta shapes it, signed over whatever bytes it is sent as. */
function post(body: string, headers: readonly (readonly [string, string])[] = [["x-hub-signature-256", sign(body)]]) {
  return edge.call("POST", CALLBACK, body, [["content-type", "application/json"], ...headers]);
}

const textFrom = (from: string, id: string, text: string, number: string = SALES): object => ({
  field: "messages",
  value: {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "15550001111", phone_number_id: number },
    contacts: [{ profile: { name: "Test" }, wa_id: from }],
    messages: [{ from, id, timestamp: String(Math.floor(Date.now() / 1000)), type: "text", text: { body: text } }],
  },
});
const envelope = (...changes: readonly object[]): string =>
  JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "1", changes }] });

describe("the handshake", () => {
  const ask = (query: string) => edge.call("GET", `${CALLBACK}?${query}`);

  it("gives the challenge back, as text", async () => {
    const answer = await ask("hub.mode=subscribe&hub.verify_token=verify-me&hub.challenge=1158201444");
    expect([answer.status, answer.body, answer.headers["content-type"]]).toEqual([200, "1158201444", "text/plain; charset=utf-8"]);
  });

  it.each([
    ["a wrong token", "hub.mode=subscribe&hub.verify_token=guess&hub.challenge=1"],
    ["no token", "hub.mode=subscribe&hub.challenge=1"],
    ["no mode", "hub.verify_token=verify-me&hub.challenge=1"],
    ["a challenge that is a page", "hub.mode=subscribe&hub.verify_token=verify-me&hub.challenge=%3Cscript%3E"],
  ])("refuses %s", async (_what, query) => {
    const answer = await ask(query);
    expect([answer.status, answer.body]).toEqual([403, ""]);
  });
});

describe("a conversation", () => {
  it("is answered in its order, read, shown as being answered, and settled by the platform's word", async () => {
    const said = await graph.deliverBatch([
      { kind: "said", from: "15550000001", userId: "US.1A", text: "one", id: "wamid.order1" },
      { kind: "said", from: "15550000001", userId: "US.1A", text: "two", id: "wamid.order2" },
      { kind: "said", userId: "US.2B", text: "hello from somebody without a phone", id: "wamid.nophone" },
    ]);
    expect(said?.outcome).toBe("delivered");
    await until(
      () => settled().length,
      (count) => count >= 3,
    );
    expect(textsTo("US.1A").map((text) => /turn (\d)/.exec(text)?.[1])).toEqual(["1", "2"]);
    expect(textsTo("US.2B")).toHaveLength(1);
    expect(settledOf("wamid.order1")[0]).toMatchObject({ state: "answered", outcome: "delivered", instance: "us-1" });
    expect(graph.reads().find(({ messageId }) => messageId === "wamid.order1")).toMatchObject({ number: SALES, isTyping: true });
    expect(instance.chat.calls().find(({ text }) => text === "one")).toMatchObject({
      agent: "sales-public",
      scopes: ["operator.write"],
      text: "one",
    });
  });

  it("a batch that comes again, half of it new, is answered for its new half", async () => {
    const old = { kind: "said", from: "15550000003", text: "old", id: "wamid.old" } as const;
    await graph.deliverBatch([old]);
    await until(
      () => settledOf("wamid.old"),
      (lines) => lines.length === 1,
    );
    await graph.deliverBatch([old, { kind: "said", from: "15550000003", text: "new", id: "wamid.new" }]);
    await until(
      () => settledOf("wamid.new"),
      (lines) => lines.length === 1,
    );
    expect(settledOf("wamid.old")).toHaveLength(1);
    expect(textsTo("15550000003")).toHaveLength(2);
  });

  it("of a person whose phone becomes a user id goes on where it was", async () => {
    await graph.say({ from: "15550000004", text: "by phone", id: "wamid.phone" });
    await until(
      () => settledOf("wamid.phone"),
      (lines) => lines.length === 1,
    );
    await graph.say({ from: "15550000004", userId: "US.4D", text: "by id", id: "wamid.id" });
    await until(
      () => settledOf("wamid.id"),
      (lines) => lines.length === 1,
    );
    await graph.say({ from: "15550000004", text: "by phone again", id: "wamid.again" });
    await until(
      () => settledOf("wamid.again"),
      (lines) => lines.length === 1,
    );
    const sessions = instance.chat.calls().filter(({ text }) => text.startsWith("by "));
    expect(sessions.map(({ turn }) => turn)).toEqual([1, 2, 3]);
    expect(new Set(sessions.map(({ session }) => session)).size).toBe(1);
  });

  it("a number of the same app is its own account's; of another app nobody's", async () => {
    await graph.deliverBatch(
      [
        { kind: "said", number: HELP, from: "15550000005", text: "help", id: "wamid.help" },
        { kind: "said", number: STRANGE, from: "15550000005", text: "strange", id: "wamid.strange" },
      ],
      { url: `${edge.url}${CALLBACK}` },
    );
    await until(
      () => settledOf("wamid.help"),
      (lines) => lines.length === 1,
    );
    expect(settledOf("wamid.help")[0]).toMatchObject({ account: "whatsapp:help" });
    expect(settledOf("wamid.strange")).toEqual([]);
    expect(instance.chat.calls().some(({ text }) => text.includes("strange"))).toBe(false);
  });

  it("an image reaches the agent; one that lies elsewhere is described, and no token leaves for it", async () => {
    const [good, stray] = [
      graph.addMedia({ bytes: 30_000, mimeType: "image/jpeg" }),
      graph.addMedia({ bytes: 10, mimeType: "image/png", fault: "wrong-host" }),
    ];
    await graph.say({ from: "15550000006", type: "image", media: good, text: "look", id: "wamid.image" });
    await graph.say({ from: "15550000006", type: "image", media: stray, text: "and this", id: "wamid.stray" });
    await until(
      () => settledOf("wamid.stray"),
      (lines) => lines.length === 1,
    );
    const calls = instance.chat.calls().filter(({ text }) => text.includes("look") || text.includes("and this"));
    expect(calls.map(({ images }) => images.map(({ bytes, mimeType }) => [bytes, mimeType]))).toEqual([[[30_000, "image/jpeg"]], []]);
    expect(calls[1]?.text).toContain("could not be fetched");
    expect(graph.strays()).toEqual([]);
  });
});

describe("what goes wrong", () => {
  it("a model that fails is told to the person once, and is not asked again", async () => {
    instance.chat.setFault({ kind: "late", times: 1 });
    await graph.say({ from: "15550000007", text: "fail", id: "wamid.fail" });
    await until(
      () => textsTo("15550000007"),
      (texts) => texts.length === 1,
    );
    expect(textsTo("15550000007")).toEqual(["Sorry, no answer this time."]);
    await until(
      () => settledOf("wamid.fail"),
      (lines) => lines.length === 1,
    );
    expect(settledOf("wamid.fail")[0]).toMatchObject({ state: "dead", attempts: 1 });
    expect(settledOf("wamid.fail")[0]?.["outcome"]).toMatch(/^model-failed/);
  });

  it("a number that cannot be reached ends the message as dead, with Meta's reason", async () => {
    graph.fail({ code: 131026, status: 400, to: "15550000008" });
    await graph.say({ from: "15550000008", text: "hello", id: "wamid.unreachable" });
    await until(
      () => settledOf("wamid.unreachable"),
      (lines) => lines.length === 1,
    );
    expect(settledOf("wamid.unreachable")[0]).toMatchObject({ state: "dead" });
    expect(settledOf("wamid.unreachable")[0]?.["outcome"]).toMatch(/131026/);
  });

  it("a failure that comes later as a status closes the message too", async () => {
    graph.fail({ code: 131026, to: "15550000009", asStatus: true });
    await graph.say({ from: "15550000009", text: "hello", id: "wamid.late" });
    await until(
      () => settledOf("wamid.late"),
      (lines) => lines.length === 1,
    );
    expect(settledOf("wamid.late")[0]).toMatchObject({ state: "dead" });
  });
});

describe("what is broken or forged", () => {
  it.each<readonly [string, (body: string) => readonly (readonly [string, string])[]]>([
    ["no signature", () => []],
    ["a signature under another secret", (body) => [["x-hub-signature-256", sign(body, "guess")]]],
    ["a signature over the body written anew", (body) => [["x-hub-signature-256", sign(JSON.stringify(JSON.parse(body), null, 1))]]],
    [
      "the signature twice",
      (body) => [
        ["x-hub-signature-256", sign(body)],
        ["x-hub-signature-256", sign(body)],
      ],
    ],
    ["a signature in capitals with another prefix", (body) => [["x-hub-signature-256", sign(body).toUpperCase()]]],
    ["the older header alone", (body) => [["x-hub-signature", `sha1=${createHmac("sha1", APP_SECRET).update(body).digest("hex")}`]]],
  ])("%s is 401 and nothing else", async (_what, headers) => {
    const body = envelope(textFrom("15550000010", "wamid.forged", "forged"));
    const answer = await post(body, headers(body));
    expect([answer.status, answer.body]).toEqual([401, ""]);
    expect(settledOf("wamid.forged")).toEqual([]);
  });

  it.each<readonly [string, string]>([
    ["no entry", JSON.stringify({ object: "whatsapp_business_account", entry: [] })],
    ["an entry without changes", JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "1", changes: [] }] })],
    [
      "no messages",
      envelope({ field: "messages", value: { metadata: { phone_number_id: SALES }, messages: [], statuses: [], contacts: [] } }),
    ],
    ["a field nobody knows", envelope({ field: "flows_of_tomorrow", value: { anything: [1, 2] } })],
    ["another object", JSON.stringify({ object: "page", entry: [] })],
    ["not JSON", "{"],
    ["a list", "[]"],
    ["deep nesting", `${"[".repeat(5000)}${"]".repeat(5000)}`],
  ])("signed, but %s: acknowledged with an empty body", async (_what, body) => {
    const answer = await post(body);
    expect([answer.status, answer.body]).toEqual([200, ""]);
  });

  it("a body of more than 3 MB is refused by its length, before it is read", async () => {
    const answer = await post("{}", [["content-length", String(3 * 1024 * 1024 + 1)]]);
    expect([answer.status, answer.body]).toEqual([413, ""]);
  });

  it("nothing of a secret is in the log", () => {
    const log = JSON.stringify(edge.log());
    for (const secret of [APP_SECRET, "verify-me", "wa-token", ADMIN_TOKEN]) expect(log).not.toContain(secret);
  });
});
