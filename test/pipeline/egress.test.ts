import { describe, expect, it } from "vitest";
import { buildRoutes } from "../../src/config/routes.ts";
import { decideEgress } from "../../src/pipeline/egress.ts";
import { loadForTest } from "../support/catalogue.ts";
import { ACCOUNT, callOf, egressDocument, egressPorts, REAL_TOKEN, tokenFor } from "../support/egress.ts";

const owner = { verdict: "owner", epoch: 3 } as const;
const CHAT = "telegram:support/chat/7";

it.each([
  // class, asks the bot for, asks the conversation, ends as
  ["bot-change", "eu-1/1 bot-change ", [], 200],
  ["poll", "eu-1/1 poll ", [], 409],
  ["typing", "eu-1/1 typing bot", [], "forward"],
  ["query", "eu-1/1 query bot", [], "forward"],
  ["edit", "eu-1/1 edit bot+chat", [CHAT], "forward"],
  ["send", "eu-1/1 send bot+chat", [CHAT], "forward"],
])("%s: one turn, ownership only where a person reads it", async (method, permit, spoken, end) => {
  const { ports, asked } = egressPorts();
  const decision = await decideEgress(await callOf(method), ports);
  expect(decision.kind === "answered" ? decision.answer.status : decision.kind).toBe(end);
  expect(asked.permits).toEqual([permit]);
  expect(asked.spoken).toEqual(spoken);
});

it("the owner's call leaves with the bot's own token, and knows its conversation and epoch", async () => {
  const decision = await decideEgress(await callOf("send"), egressPorts().ports);
  if (decision.kind !== "forward") throw new Error("not forwarded");
  expect(decision.caller.token.open()).toBe(REAL_TOKEN);
  expect(decision.spoken).toEqual({ ref: { key: CHAT }, epoch: 3 });
  expect(JSON.stringify(decision)).not.toContain(REAL_TOKEN);
});

it("who speaks first is let through when the conversation says so", async () => {
  const { ports } = egressPorts({ speak: { "*": { verdict: "proactive", epoch: 1 } } });
  expect(await decideEgress(await callOf("send"), ports)).toMatchObject({ kind: "forward", spoken: { epoch: 1 } });
});

it("a call of an instance that is not the owner succeeds in its eyes, is logged, and goes nowhere", async () => {
  const { ports, asked } = egressPorts({ speak: { "*": { verdict: "suppressed", owner: "us-1" } } });
  const decision = await decideEgress(await callOf("send"), ports);
  expect(decision).toEqual({ kind: "answered", answer: { status: 200, body: { pretended: "send", nowMs: 1000, serial: 1 } } });
  const facts = { account: ACCOUNT, conversation: CHAT, instance: "eu-1", owner: "us-1", method: "send" };
  expect(asked.log).toEqual([{ level: "warn", event: "egress.suppressed", ...facts }]);
  expect(asked.suppressed).toEqual(["eu-1"]);
});

it("a suppressed call that cannot be counted is answered all the same: a refusal is what a silenced gateway must not see", async () => {
  const { ports, asked } = egressPorts({ speak: { "*": { verdict: "suppressed" } }, isUncountable: true });
  expect(await decideEgress(await callOf("send"), ports)).toMatchObject({ answer: { status: 200, body: { pretended: "send" } } });
  expect(asked.log).toMatchObject([{ event: "egress.suppressed" }, { event: "egress.uncounted", account: ACCOUNT, instance: "eu-1" }]);
});

describe("a chat named by its @name, which no incoming message carries", () => {
  const documentWith = (proactive: string, instances: readonly string[]) =>
    loadForTest({
      ...egressDocument,
      accounts: { [ACCOUNT]: { ...egressDocument.accounts[ACCOUNT], proactive } },
      pools: { ...egressDocument.pools, support: { instances } },
    });

  it.each([
    ["owner", ["eu-1"], "forward"],
    ["owner", ["eu-1", "us-1"], "answered"],
    ["owner", ["us-1"], "answered"],
    ["pool", ["eu-1", "us-1"], "forward"],
    ["pool", ["us-1"], "answered"],
    ["deny", ["eu-1"], "answered"],
  ])("proactive %s, a pool of %j: %s, and no conversation is asked", async (proactive, instances, end) => {
    const { ports, asked } = egressPorts({ document: documentWith(proactive, instances) });
    const decision = await decideEgress(await callOf("send", { query: "chat=@news" }), ports);
    expect(decision.kind).toBe(end);
    expect(asked.spoken).toEqual([]);
    expect(asked.suppressed).toEqual(end === "forward" ? [] : ["eu-1"]);
  });

  it.each([
    ["eu-1", "forward"],
    ["us-1", "answered"],
  ])("proactive owner, while the pool of %s alone tries us-1 or eu-1 out: its one listed instance speaks", async (listed, end) => {
    const { document } = documentWith("owner", [listed]).routes;
    const canary = { id: "one", pool: "support", percentage: 5, startedAtMs: 0, untilMs: 1, phase: "running" } as const;
    const routes = buildRoutes(1, document, { canaries: [{ ...canary, instance: listed === "eu-1" ? "us-1" : "eu-1" }] });
    const { ports } = egressPorts({ document: { ...documentWith("owner", [listed]), routes } });
    expect(await decideEgress(await callOf("send", { query: "chat=@news" }), ports)).toMatchObject({ kind: end });
  });
});

it("a call that would change the bot is held and logged", async () => {
  const { ports, asked } = egressPorts();
  expect(await decideEgress(await callOf("bot-change"), ports)).toMatchObject({ answer: { body: { pretended: "bot-change" } } });
  expect(asked.log).toEqual([{ level: "info", event: "egress.held", account: ACCOUNT, instance: "eu-1", method: "bot-change" }]);
});

it("asking for updates is refused in the platform's words", async () => {
  expect(await decideEgress(await callOf("poll"), egressPorts().ports)).toMatchObject({
    answer: { status: 409, body: { refused: "Conflict: a webhook is set" } },
  });
});

it.each<[string, { readonly target?: string; readonly account?: string; readonly instance?: string }, string]>([
  ["another instance's token", { target: "us-1" }, "bad-token"],
  ["an instance that is not there, with another's token", { instance: "nobody", target: "us-1" }, "unknown-instance"],
])("%s gets the same 401 as everybody, and only the log knows why", async (_name, bent, reason) => {
  const { ports, asked } = egressPorts();
  const account = bent.account ?? ACCOUNT;
  const instance = bent.instance ?? "eu-1";
  const token = await tokenFor(bent.target ?? instance, 1, account);
  const request = await callOf("send", { account, instance, target: { kind: "method", token, path: "send" } });
  expect(await decideEgress(request, ports)).toEqual({
    kind: "answered",
    answer: { status: 401, body: { refused: "Unauthorized", retryAfterMs: undefined } },
  });
  expect(asked.log).toMatchObject([{ event: "egress.rejected", reason }]);
  expect([...asked.permits, ...asked.spoken]).toEqual([]);
});

it.each(["nobody", "no-link"])("a genuine token of %s, which the document does not link here, is told to come again", async (instance) => {
  const { ports, asked } = egressPorts();
  const request = await callOf("send", { instance, target: { kind: "method", token: await tokenFor(instance), path: "send" } });
  expect(await decideEgress(request, ports)).toMatchObject({ kind: "answered", answer: { status: 503 }, retryAfterMs: 5000 });
  expect(asked.log).toMatchObject([{ event: "egress.rejected", reason: "unlinked" }]);
  expect([...asked.permits, ...asked.spoken]).toEqual([]);
});

it.each([
  ["an account that is not there, or not yet", "telegram:nobody", "unknown-account"],
  ["an account whose token is not set, or not yet", ACCOUNT, "no-secret"],
])("for %s, a token of our shape is told to come again, and any other is a wrong one", async (_name, account, reason) => {
  const { ports: all, asked } = egressPorts();
  const ports = { ...all, secrets: { get: () => undefined } };
  const tell = async (token: string) =>
    decideEgress(await callOf("poll", { account, target: { kind: "method", token, path: "poll" } }), ports);
  expect(await tell(await tokenFor("eu-1", 1, account))).toMatchObject({ answer: { status: 503 }, retryAfterMs: 5000 });
  expect(await tell("123456789:x")).toMatchObject({ answer: { status: 401 } });
  expect(asked.log).toMatchObject([{ reason }, { reason }]);
});

it("the body of a caller who is nobody is never read", async () => {
  const unread = () => Promise.reject(new Error("the body was read"));
  const target = { kind: "method", token: "123456789:x", path: "send" } as const;
  expect(await decideEgress(await callOf("send", { target, readHead: unread }), egressPorts().ports)).toMatchObject({
    answer: { status: 401 },
  });
});

it("a revoked token is a wrong one, before any conversation is asked", async () => {
  const { ports, asked } = egressPorts({ permit: { verdict: "revoked" } });
  expect(await decideEgress(await callOf("send"), ports)).toMatchObject({ answer: { status: 401 } });
  expect(asked.spoken).toEqual([]);
  expect(asked.log).toMatchObject([{ reason: "revoked" }]);
});

it("without configuration the caller is told to come again", async () => {
  const { ports } = egressPorts({ document: undefined });
  expect(await decideEgress(await callOf("send"), ports)).toMatchObject({ answer: { status: 503 }, retryAfterMs: 5000 });
});

it("a turn is waited for before ownership is asked, so that it holds when the words leave", async () => {
  const { ports, asked } = egressPorts({ permit: { verdict: "go", waitMs: 1500, serial: 1 } });
  const order: string[] = [];
  const slow = { ...ports, clock: { ...ports.clock, sleep: async (ms: number) => void order.push(`sleep ${ms}`) } };
  const speak = async () => {
    order.push("speak");
    return owner;
  };
  const conversations = { ...ports.conversations, speak };
  expect(await decideEgress(await callOf("send"), { ...slow, conversations })).toMatchObject({ kind: "forward", waitMs: 1500 });
  expect(order).toEqual(["sleep 1500", "speak"]);
  expect(asked.permits).toHaveLength(1);
});

it("a turn too far away is a 429 with whole seconds, rounded up", async () => {
  const { ports, asked } = egressPorts({ permit: { verdict: "later", retryAfterMs: 26_001 } });
  expect(await decideEgress(await callOf("send"), ports)).toEqual({
    kind: "answered",
    retryAfterMs: 26_001,
    answer: { status: 429, body: { refused: "Too Many Requests: retry after 27", retryAfterMs: 26_001 } },
  });
  expect(asked.spoken).toEqual([]);
});

it("a conversation that moved is asked where it lives now", async () => {
  const moved = { verdict: "moved", to: { key: "new" } } as const;
  const { ports, asked } = egressPorts({ speak: { [CHAT]: moved, new: owner } });
  expect(await decideEgress(await callOf("send"), ports)).toMatchObject({ kind: "forward", spoken: { ref: { key: "new" } } });
  expect(asked.spoken).toEqual([CHAT, "new"]);
});

it("a conversation that moves in a circle is given up, not followed for ever", async () => {
  const { ports, asked } = egressPorts({ speak: { "*": { verdict: "moved", to: { key: "circle" } } } });
  expect(await decideEgress(await callOf("send"), ports)).toMatchObject({ answer: { status: 502 } });
  expect(asked.spoken).toHaveLength(4);
});

it("an edit is asked about where the instance spoke lately, the chat itself last", async () => {
  const permit = { verdict: "go", waitMs: 0, serial: 1, threads: ["6", "5"] } as const;
  const silent = { verdict: "suppressed", owner: "us-1" } as const;
  const { ports, asked } = egressPorts({ permit, speak: { [`${CHAT}/topic/5`]: owner, "*": silent } });
  expect(await decideEgress(await callOf("edit"), ports)).toMatchObject({ spoken: { ref: { key: `${CHAT}/topic/5` } } });
  expect(asked.spoken).toEqual([`${CHAT}/topic/6`, `${CHAT}/topic/5`]);

  const stranger = egressPorts({ permit, speak: { "*": silent } });
  expect(await decideEgress(await callOf("edit"), stranger.ports)).toMatchObject({ kind: "answered", answer: { status: 200 } });
  expect(stranger.asked.spoken).toHaveLength(3);
});

it("a body that cannot be read is refused before a turn is taken", async () => {
  const { ports, asked } = egressPorts();
  const decision = await decideEgress(await callOf("send", { query: "bad=1" }), ports);
  expect(decision).toMatchObject({ answer: { status: 400, body: { refused: "Bad Request: chat is missing" } } });
  expect(asked.permits).toEqual([]);
});

it("a send that names no chat is refused: nobody could say who owns it", async () => {
  expect(await decideEgress(await callOf("send", { query: "" }), egressPorts().ports)).toMatchObject({ answer: { status: 400 } });
});

it("an edit of something outside every chat is forwarded unasked", async () => {
  const { ports, asked } = egressPorts();
  expect(await decideEgress(await callOf("edit", { query: "" }), ports)).toMatchObject({ kind: "forward" });
  expect(asked.spoken).toEqual([]);
});

it("a file is fetched without a pace, and without reading a body", async () => {
  const { ports, asked } = egressPorts();
  const target = { kind: "file", token: await tokenFor(), path: "documents/a.pdf" } as const;
  const readHead = () => Promise.reject(new Error("the body was read"));
  expect(await decideEgress(await callOf("x", { target, readHead }), ports)).toMatchObject({
    kind: "forward",
    target: { path: "documents/a.pdf" },
  });
  expect(asked.permits).toEqual(["eu-1/1 query "]);
});

describe("an instance that polls", () => {
  const polls = async (method: string, bent: { readonly query?: string } = {}) => {
    const { ports, asked } = egressPorts();
    const target = { kind: "method", token: await tokenFor("polls-1", 7), path: method } as const;
    return { asked, decision: await decideEgress(await callOf(method, { instance: "polls-1", target, ...bent }), ports) };
  };

  it("has its questions answered by its outbox, under the token's generation, and no other object is asked", async () => {
    const { asked, decision } = await polls("poll");
    expect(decision).toMatchObject({
      kind: "poll",
      caller: { instance: "polls-1", generation: 7, link: "poll" },
      asks: { kind: "updates", question: { offset: 5, limit: 10, waitMs: 30_000 } },
    });
    expect([...asked.permits, ...asked.spoken, ...asked.log]).toEqual([]);
  });

  it("is told how much waits for it in the same way", async () => {
    const { asked, decision } = await polls("query", { query: "count=1" });
    expect([decision.kind, asked.permits]).toEqual(["poll", []]);
  });

  it("is refused what cannot be read, in the platform's way", async () => {
    const { decision } = await polls("poll", { query: "garbage=1" });
    expect(decision).toMatchObject({ answer: { status: 400, body: { refused: "Bad Request: no number" } } });
  });

  it.each([
    ["send", "forward"],
    ["typing", "forward"],
    ["query", "forward"],
    ["bot-change", "answered"],
  ])("makes every other call as all instances do: %s", async (method, kind) => {
    const { asked, decision } = await polls(method, { query: "chat=7" });
    expect([decision.kind, asked.permits.length]).toEqual([kind, 1]);
  });
});
