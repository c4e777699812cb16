import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { validDocument } from "../../support/routes-document.ts";
import { clawedge, fakeAdmin, type Replies } from "./fake-admin.ts";

const AT = Date.UTC(2026, 10, 21, 9, 30);

async function against(replies: Replies, ...args: readonly string[]) {
  const { url, asked } = await fakeAdmin(replies);
  return { ...(await clawedge([...args, "--edge", url])), asked };
}

function file(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "clawedge-cli-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "routes.jsonc"), text);
  return join(directory, "routes.jsonc");
}

const good = () => file(JSON.stringify(validDocument));
const bad = () => file(JSON.stringify({ ...validDocument, pools: { support: { instances: ["eu-9"] } }, rules: [] }));

it("routes validate works without an edge, and names every wrong place", async () => {
  expect(await clawedge(["routes", "validate", good()])).toMatchObject({ code: 0, out: expect.stringContaining("valid. Next:"), err: "" });
  const refused = await clawedge(["routes", "validate", bad()]);
  expect(refused.code).toBe(1);
  expect(refused.out).toContain("error: pools.support.instances[0]: ");
  const asJson = await clawedge(["routes", "validate", bad(), "--json"]);
  expect([asJson.code, JSON.parse(asJson.out).valid]).toEqual([1, false]);
});

it("a file that is not there is wrong usage", async () => {
  expect(await clawedge(["routes", "validate", "/nonexistent.jsonc"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("/nonexistent.jsonc"),
  });
});

it("routes explain of a file needs no edge, and says what the edge would say", async () => {
  const ran = await clawedge(["routes", "explain", "--routes", good(), "--account", "telegram:support", "--text", "my refund"]);
  expect(ran).toEqual({ code: 0, err: "", out: "1. refunds: matched (keywords refund)\n=> pool sales (refunds: keywords refund)\n" });
  const unknown = await clawedge(["routes", "explain", "--routes", good(), "--account", "telegram:no"]);
  expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining("no account is called telegram:no") });
  expect((await clawedge(["routes", "explain", "--routes", bad(), "--account", "telegram:support"])).code).toBe(1);
});

it.each([
  [["--text", "x"], "--account is missing"],
  [["--account", "telegram:support", "--chat", "pub"], "--chat: "],
])("routes explain %j is wrong usage", async (args, hint) => {
  expect(await clawedge(["routes", "explain", ...args])).toMatchObject({ code: 2, err: expect.stringContaining(hint) });
});

it("routes explain asks the edge with everything that was given", async () => {
  const args = "--account telegram:support --text hi --chat group --addressed --sender 7 --language pt --command start".split(" ");
  const ran = await against({ "POST /admin/explain": { json: { number: 4, lines: ["=> pool support"] } } }, "routes", "explain", ...args);
  expect([ran.code, ran.out]).toEqual([0, "=> pool support\n"]);
  const expected = {
    account: "telegram:support",
    text: "hi",
    chat: "group",
    sender: "7",
    language: "pt",
    command: "start",
    isAddressed: true,
  };
  expect(JSON.parse(ran.asked[0]?.body ?? "")).toEqual(expected);
});

it("routes push sends the text as it stands, and names variables that are missing", async () => {
  const text = `// mine\n${JSON.stringify(validDocument)}`;
  const json = { status: "accepted", number: 7, warnings: [], unset: [{ path: "accounts.a.secrets.token", variable: "TG_TOKEN" }] };
  const ran = await against({ "POST /admin/routes": { json } }, "routes", "push", file(text));
  expect([ran.code, ran.asked[0]?.body]).toEqual([0, text]);
  expect(ran.out).toBe(
    [
      "in force as number 7. Every place of the edge follows within about a minute.",
      "",
      "1 variable is not set on the edge:",
      "VARIABLE  NAMED BY",
      "TG_TOKEN  accounts.a.secrets.token",
      "Next: wrangler secret put NAME",
      "",
    ].join("\n"),
  );
});

it("a refused push prints every issue and ends with 1", async () => {
  const json = { error: { code: "invalid-routes", message: "Not valid." }, issues: [{ level: "error", path: "pools", message: "wrong" }] };
  const ran = await against({ "POST /admin/routes": { status: 422, json } }, "routes", "push", good());
  expect(ran).toMatchObject({ code: 1, out: "error: pools: wrong\n", err: "clawedge: Not valid.\n" });
});

const status = {
  number: 7,
  document: { number: 6, source: "push", by: "anna", atMs: AT, hash: "abc" },
  warnings: [],
  draining: ["eu-1"],
  copies: { accepted: { isWritten: true }, raw: { isWritten: true } },
  unset: [],
};

it("routes status says what is in force", async () => {
  const ran = await against({ "GET /admin/routes": { json: status } }, "routes", "status");
  expect(ran).toMatchObject({ code: 0, err: "" });
  expect(ran.out).toBe(
    ["in force    7", "document    6 (push by anna, 2026-11-21 09:30:00Z)", "draining    eu-1", "copy in KV  written", ""].join("\n"),
  );
});

it("routes status ends with 1 while the newest document is a refused one, and names path and reason", async () => {
  const lastRejected = { source: "raw", issues: [{ level: "error", path: "pools.x", message: "no such" }], atMs: AT };
  const ran = await against({ "GET /admin/routes": { json: { ...status, lastRejected } } }, "routes", "status");
  expect(ran.code).toBe(1);
  expect(ran.out).toContain("refused: a raw document, 2026-11-21 09:30:00Z\nerror: pools.x: no such");
});

it("routes status says that a document is being learned, and since when", async () => {
  const training = { sinceMs: AT, hash: "x", source: "raw", attempts: 2, lastError: "it was interrupted" };
  const ran = await against({ "GET /admin/routes": { json: { ...status, training } } }, "routes", "status");
  expect([ran.code, ran.out.includes("training: a raw document, since 2026-11-21 09:30:00Z (it was interrupted)\n")]).toEqual([0, true]);
});

it("routes push of what the edge itself has to learn says where to look", async () => {
  const ran = await against({ "POST /admin/routes": { status: 202, json: { status: "training" } } }, "routes", "push", good());
  expect(ran).toMatchObject({ code: 0, out: expect.stringContaining("Next: clawedge routes status") });
});

it("routes status without any document ends with 1", async () => {
  const json = { missing: "push one", warnings: [], draining: [], copies: status.copies, unset: [] };
  expect(await against({ "GET /admin/routes": { json } }, "routes", "status")).toMatchObject({ code: 1, out: "push one\n" });
});

it("routes history is a table, newest first", async () => {
  const history = [
    { number: 3, source: "rollback", restoredFrom: 1, by: "anna", atMs: AT, hash: "0123456789abcdef" },
    { number: 1, source: "raw", atMs: AT, hash: "0123456789abcdef" },
  ];
  const ran = await against({ "GET /admin/routes/history": { json: { history } } }, "routes", "history");
  expect(ran.out).toBe(
    [
      "NUMBER  WHEN                  FROM           BY    HASH",
      "3       2026-11-21 09:30:00Z  rollback of 1  anna  0123456789ab",
      "1       2026-11-21 09:30:00Z  raw            -     0123456789ab",
      "2 documents kept",
      "",
    ].join("\n"),
  );
});

it("routes rollback takes a number and nothing else", async () => {
  const ran = await against(
    { "POST /admin/routes/rollback": { json: { status: "accepted", number: 8, warnings: [] } } },
    "routes",
    "rollback",
    "3",
  );
  expect([ran.code, ran.asked[0]?.body]).toEqual([0, '{"number":3}']);
  expect(await clawedge(["routes", "rollback", "three"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("N three is not a number"),
  });
});

const report = {
  expected: { fields: { url: "https://edge/x", max_connections: 40 } },
  actual: { fields: { url: "https://other/x", max_connections: 40 } },
  differences: [{ field: "url", expected: "https://edge/x", actual: "https://other/x" }],
  pendingCount: 3,
  lastError: { message: "Wrong response: 502", atMs: AT },
  previous: { fields: { url: "https://before/x" }, atMs: AT },
};
const settled = { ...report, actual: report.expected, differences: [], pendingCount: 0 };
const WEBHOOK = "/admin/accounts/telegram%3Asupport/webhook";

it("webhook show names every field that differs, what waits, what went wrong and what was there before", async () => {
  const ran = await against({ [`GET ${WEBHOOK}`]: { json: report } }, "webhook", "show", "telegram:support");
  expect(ran.code).toBe(1);
  expect(ran.out).toBe(
    [
      "account     telegram:support",
      "url         https://other/x",
      "pending     3",
      "last error  Wrong response: 502 (2026-11-21 09:30:00Z)",
      "before this edge (2026-11-21 09:30:00Z): https://before/x",
      "",
      "FIELD  AT THE PLATFORM  SHOULD BE",
      "url    https://other/x  https://edge/x",
      "1 field differs. Next: clawedge webhook set telegram:support",
      "",
    ].join("\n"),
  );
  expect((await against({ [`GET ${WEBHOOK}`]: { json: settled } }, "webhook", "show", "telegram:support")).code).toBe(0);
});

it("webhook set prints before and after", async () => {
  const ran = await against({ [`POST ${WEBHOOK}`]: { json: { before: report, after: settled } } }, "webhook", "set", "telegram:support");
  expect(ran.code).toBe(0);
  expect(ran.out).toBe(
    [
      "FIELD            BEFORE           AFTER",
      "url              https://other/x  https://edge/x",
      "max_connections  40               40",
      "set. 0 updates waiting at the platform",
      "",
    ].join("\n"),
  );
  const still = await against({ [`POST ${WEBHOOK}`]: { json: { before: report, after: report } } }, "webhook", "set", "telegram:support");
  expect(still.code).toBe(1);
});

const WHATSAPP = "/admin/accounts/whatsapp%3Asales/webhook";
const byHand = {
  account: "whatsapp:sales",
  callbackUrl: "https://edge/webhooks/whatsapp/sales",
  verifyToken: "typed-by-hand",
  verifyVariable: "WA_VERIFY",
  enterAt: "the console, Configuration",
};
const byHandText = [
  "To enter by hand:",
  "  callback URL  https://edge/webhooks/whatsapp/sales",
  "  verify token  typed-by-hand",
  "Where: the console, Configuration.",
];
const ours = { fields: { callback_url: byHand.callbackUrl, phone_number: byHand.callbackUrl } };
const theirs = { fields: { callback_url: "https://other/x", application: "https://other/x" } };
const typed = { ...byHand, expected: { fields: { callback_url: byHand.callbackUrl } }, actual: ours, differences: [] };

it("webhook show prints what an operator must type, also when nothing differs", async () => {
  const ran = await against({ [`GET ${WHATSAPP}`]: { json: typed } }, "webhook", "show", "whatsapp:sales");
  expect([ran.code, ran.out]).toEqual([
    0,
    [
      "account     whatsapp:sales",
      "url         https://edge/webhooks/whatsapp/sales",
      "last error  -",
      "",
      "as it should be",
      "",
      ...byHandText,
      "",
    ].join("\n"),
  ]);
});

it.each([
  ["show", "GET", "The platform could not be asked, so nothing is compared."],
  ["set", "POST", "Not set."],
])("webhook %s prints it when the platform could not be asked, and ends with 1", async (verb, method, said) => {
  const error = { code: "platform-forbidden", message: "The account's token may not do this." };
  const reply = { [`${method} ${WHATSAPP}`]: { status: 502, json: { error, ...byHand } } };
  const ran = await against(reply, "webhook", verb, "whatsapp:sales");
  expect([ran.code, ran.out, ran.err]).toEqual([1, [said, "", ...byHandText, ""].join("\n"), `clawedge: ${error.message}\n`]);
  const asJson = await against(reply, "webhook", verb, "whatsapp:sales", "--json");
  expect([asJson.code, JSON.parse(asJson.out)]).toEqual([1, { error, ...byHand }]);
});

it("webhook show says which variable is missing in place of a verify token", async () => {
  const json = { error: { code: "unconfigured", message: "Not set." }, ...byHand, verifyToken: null };
  const ran = await against({ [`GET ${WHATSAPP}`]: { status: 409, json } }, "webhook", "show", "whatsapp:sales");
  expect([ran.code, ran.out]).toEqual([
    1,
    expect.stringContaining("verify token  the variable WA_VERIFY is not set. Next: wrangler secret put"),
  ]);
});

it("webhook show has nothing to enter by hand where nothing is typed", async () => {
  const { verifyToken: _none, ...telegram } = byHand;
  const json = { error: { code: "platform-unreached", message: "Try again." }, ...telegram };
  const ran = await against({ [`GET ${WEBHOOK}`]: { status: 502, json } }, "webhook", "show", "telegram:support");
  expect(ran).toMatchObject({ code: 1, out: "", err: "clawedge: Try again.\n" });
});

it("webhook set says nothing of waiting updates where the platform does not", async () => {
  const before = {
    ...typed,
    actual: theirs,
    differences: [{ field: "callback_url", expected: byHand.callbackUrl, actual: "https://other/x" }],
  };
  const ran = await against({ [`POST ${WHATSAPP}`]: { json: { ...byHand, before, after: typed } } }, "webhook", "set", "whatsapp:sales");
  expect([ran.code, ran.out]).toEqual([
    0,
    [
      "FIELD         BEFORE           AFTER",
      "callback_url  https://other/x  https://edge/webhooks/whatsapp/sales",
      "application   https://other/x  -",
      "phone_number  -                https://edge/webhooks/whatsapp/sales",
      "set",
      "",
    ].join("\n"),
  ]);
});

it("instance list tells states apart, and ends with 1 when one is out that nobody took out", async () => {
  const well = { name: "eu-1", region: "weur", pools: ["support"], isHealthy: true, isDraining: false, isDrainListed: false, active: 4 };
  const drained = { ...well, name: "eu-2", isHealthy: false, isDraining: true, isDrainListed: true, active: 0 };
  const fine = await against({ "GET /admin/instances": { json: { instances: [well, drained] } } }, "instance", "list");
  expect(fine.code).toBe(0);
  expect(fine.out).toContain("eu-1  healthy                weur    support  4");
  expect(fine.out).toContain("eu-2  draining, not healthy  weur    support  0");
  const out = { ...well, isHealthy: false, reason: "deliveries: http 502" };
  const worse = await against({ "GET /admin/instances": { json: { instances: [out] } } }, "instance", "list");
  expect([worse.code, worse.out.includes("deliveries: http 502")]).toEqual([1, true]);
});

const polling = {
  name: "eu-3",
  url: null,
  region: "weur",
  pools: ["support"],
  links: [{ account: "telegram:support", link: "poll", apiRoot: "https://edge/egress/telegram/support/eu-3" }],
  isHealthy: false,
  isDrainListed: false,
  healthSinceMs: AT,
  reason: "it does not poll",
  pollers: [
    { account: "telegram:support", calledAtMs: AT, isWaiting: true, isSilent: false, open: 3 },
    { account: "telegram:sales", calledAtMs: 0, isWaiting: false, isSilent: true, open: 0 },
  ],
};

it("instance list names the link to each account", async () => {
  const links = [...polling.links, { account: "whatsapp:sales", link: "chat", apiRoot: null }];
  const json = { instances: [{ ...polling, links, isHealthy: true, reason: "", active: 2 }] };
  const ran = await against({ "GET /admin/instances": { json } }, "instance", "list");
  expect(ran.out).toBe(
    [
      "NAME  STATE    REGION  POOLS    ACTIVE  LINKS                                       VERSION  WHY",
      "eu-3  healthy  weur    support  2       poll telegram:support, chat whatsapp:sales  -        -",
      "",
    ].join("\n"),
  );
});

it("instance show says why it is out, and where its own calls go", async () => {
  const ran = await against({ "GET /admin/instances/eu-3": { json: polling } }, "instance", "show", "eu-3");
  expect([ran.code, ran.out]).toEqual([
    1,
    [
      "instance  eu-3",
      "state     not healthy",
      "since     2026-11-21 09:30:00Z",
      "why       it does not poll",
      "url       -",
      "region    weur",
      "pools     support",
      "",
      "ACCOUNT           LINK  API ROOT",
      "telegram:support  poll  https://edge/egress/telegram/support/eu-3",
      "",
      "POLLS FOR         LAST CALL             WAITS NOW  UNCONFIRMED",
      "telegram:support  2026-11-21 09:30:00Z  yes        3",
      "telegram:sales    never                 no         0",
      "",
    ].join("\n"),
  ]);
  const drained = { ...polling, links: [], pollers: [], isDrainListed: true };
  const other = await against({ "GET /admin/instances/eu-3": { json: drained } }, "instance", "show", "eu-3");
  expect([other.code, other.out.includes("the document links no account to it")]).toEqual([0, true]);
});

it("instance check prints what to do under what is wrong", async () => {
  const checks = [
    { check: "health", status: "ok", detail: "live" },
    { check: "dmScope", status: "fail", detail: "main", fix: "Set it." },
  ];
  const json = { instance: "eu-1", ok: false, checks };
  const ran = await against({ "GET /admin/instances/eu-1/check?probeUpdate=1": { json } }, "instance", "check", "eu-1", "--probe-update");
  expect([ran.code, ran.out]).toEqual([
    1,
    [
      "STATUS  CHECK    DETAIL",
      "ok      health   live",
      "fail    dmScope  main",
      "",
      "What to do:",
      "  dmScope: Set it.",
      "",
      "1 failure, 0 warnings, 0 unknown",
      "",
    ].join("\n"),
  ]);
});

it("instance check tells of each pool, and one that is refused is exit code 1", async () => {
  const checks = [{ check: "pool sales: tools", status: "unknown", detail: "no turn was taken", fix: "Take one." }];
  const pools = [{ name: "sales", verdict: "refused", reason: "not proven: tools: no turn was taken" }];
  const reply = { "GET /admin/instances/us-1/check?noTurn=1": { json: { instance: "us-1", ok: false, checks, pools } } };
  const ran = await against(reply, "instance", "check", "us-1", "--no-turn");
  expect([ran.code, ran.out.split("\n").slice(-3)]).toEqual([
    1,
    ["pool sales: refused: not proven: tools: no turn was taken", "0 failures, 0 warnings, 1 unknown", ""],
  ]);
  const both = { "GET /admin/instances/us-1/check?probeUpdate=1&noTurn=1": { json: { instance: "us-1", ok: true, checks: [] } } };
  expect((await against(both, "instance", "check", "us-1", "--no-turn", "--probe-update")).code).toBe(0);
});

it("instance token of one that polls has no webhook's address, and says so", async () => {
  const json = { account: "telegram:support", instance: "eu-3", link: "poll", token: "1:abc", apiRoot: "https://e/egress", generation: 0 };
  const ran = await against({ "POST /admin/tokens": { json } }, "instance", "token", "eu-3", "telegram:support");
  expect([ran.code, ran.out]).toEqual([
    0,
    [
      "Set in the gateway eu-3 (generation 0):",
      "channels.telegram.botToken  1:abc",
      "channels.telegram.apiRoot   https://e/egress",
      "It asks for its updates itself: leave webhookUrl and webhookSecret unset, and give this token to no second gateway.",
      "Next: clawedge instance show eu-3",
      "",
    ].join("\n"),
  ]);
});

it("instance token prints what to set, and needs an account", async () => {
  const json = {
    account: "telegram:support",
    instance: "eu-1",
    token: "1:abc",
    apiRoot: "https://e/egress",
    webhookUrl: "https://e/w",
    generation: 2,
  };
  const args = ["instance", "token", "eu-1", "--account", "telegram:support", "--revoke"];
  const ran = await against({ "POST /admin/tokens": { json } }, ...args);
  expect(JSON.parse(ran.asked[0]?.body ?? "")).toEqual({ account: "telegram:support", instance: "eu-1", revoke: true });
  expect(ran.out).toContain("channels.telegram.botToken    1:abc\nchannels.telegram.apiRoot     https://e/egress");
  const named = await against({ "POST /admin/tokens": { json } }, "instance", "token", "eu-1", "telegram:support");
  expect(JSON.parse(named.asked[0]?.body ?? "")).toMatchObject({ account: "telegram:support", instance: "eu-1" });
  expect((await clawedge(["instance", "token", "eu-1"])).code).toBe(2);
});

const drain = { instance: "eu-1", changed: true, number: 2, drainingSinceMs: AT, quietAtMs: AT + 5000 };
const shown = (nowMs: number) => ({ name: "eu-1", isDrainListed: true, drainingSinceMs: AT, quietAtMs: AT + 5000, nowMs });

it("instance drain says from when on nothing new is in flight", async () => {
  const ran = await against({ "POST /admin/instances/eu-1/drain": { json: drain } }, "instance", "drain", "eu-1");
  expect([ran.code, ran.out]).toEqual([
    0,
    "eu-1 is draining since 2026-11-21 09:30:00Z\nnothing new is in flight to it from 2026-11-21 09:30:05Z on; --wait waits for it\n",
  ]);
});

it("instance drain --wait goes by the edge's clock, and tells how it gets on beside the answer", async () => {
  const replies: Replies = {
    "POST /admin/instances/eu-1/drain": { json: drain },
    "GET /admin/instances/eu-1": (times) => ({ json: shown(AT + times * 2500) }),
  };
  const ran = await against(replies, "instance", "drain", "eu-1", "--wait", "--json");
  expect([ran.code, JSON.parse(ran.out).isQuiet, ran.asked.length]).toEqual([0, true, 1 + 3]);
  expect(ran.err).toContain("waiting: quiet in 5 s at the latest");
});

it("instance drain --wait gives up at its timeout, and when somebody undrains", async () => {
  const stuck: Replies = { "POST /admin/instances/eu-1/drain": { json: drain }, "GET /admin/instances/eu-1": { json: shown(AT) } };
  expect(await against(stuck, "instance", "drain", "eu-1", "--wait", "--timeout", "3")).toMatchObject({
    code: 1,
    err: expect.stringContaining("is not quiet yet"),
  });
  const back: Replies = { ...stuck, "GET /admin/instances/eu-1": { json: { ...shown(AT), drainingSinceMs: undefined, quietAtMs: null } } };
  expect(await against(back, "instance", "drain", "eu-1", "--wait")).toMatchObject({ code: 1, err: expect.stringContaining("undrained") });
  expect((await clawedge(["instance", "drain", "eu-1", "--timeout", "soon"])).code).toBe(2);
});

/** One that knows nothing of suspensions. */
const olderEdge = { status: 404, json: { error: { code: "unknown-path", message: "The admin API has no such path." } } };

it("instance undrain says whether anything changed", async () => {
  const json = { instance: "eu-1", changed: false, number: 2 };
  const replies = { "POST /admin/instances/eu-1/resume": olderEdge, "POST /admin/instances/eu-1/undrain": { json } };
  const ran = await against(replies, "instance", "undrain", "eu-1");
  expect([ran.code, ran.out]).toEqual([0, "eu-1 was not draining\n"]);
});

const letter = {
  id: "abc",
  account: "telegram:support",
  conversation: "telegram:support/chat/7",
  messageId: "1",
  pool: "p",
  reason: "poison",
  atMs: AT,
};

it("dead list is a table, or says that there is nothing", async () => {
  const ran = await against(
    { "GET /admin/dead?account=telegram%3Asupport&limit=5": { json: { dead: [letter] } } },
    ..."dead list --account telegram:support --limit 5".split(" "),
  );
  expect(ran.code).toBe(0);
  expect(ran.out).toContain("2026-11-21 09:30:00Z  telegram:support  p     poison  telegram:support/chat/7  abc");
  expect((await against({ "GET /admin/dead?": { json: { dead: [] } } }, "dead", "list")).out).toBe("no dead letters\n");
});

it("dead show keeps the body to itself unless it is asked for", async () => {
  const json = {
    ...letter,
    message: "1",
    kind: "message",
    rule: "default",
    state: "dead",
    outcome: "poison",
    attempts: 3,
    lastDetail: "http 500",
    arrivedAtMs: AT,
    endedAtMs: AT,
    trace: "default: no rule matched",
  };
  const plain = await against({ "GET /admin/dead/abc": { json } }, "dead", "show", "abc");
  expect([plain.code, plain.out.includes("private")]).toEqual([0, false]);
  const open = await against({ "GET /admin/dead/abc?body=1": { json: { ...json, body: "hello" } } }, "dead", "show", "abc", "--body");
  expect(open.out).toContain("private:\nhello\n");
});

it("dead replay sends one, or all in rounds until none is left", async () => {
  const one = await against({ "POST /admin/dead/abc/replay": { status: 202, json: { conversation: "c" } } }, "dead", "replay", "abc");
  expect([one.code, one.out]).toEqual([0, "sent again. Next: clawedge conversation show 'c'\n"]);
  const rounds = [
    { replayed: 20, gone: 0, remaining: 2, beforeMs: 99 },
    { replayed: 1, gone: 1, remaining: 0, beforeMs: 99 },
  ];
  const all = await against(
    { "POST /admin/dead/replay": (times) => ({ json: rounds[times] }) },
    ..."dead replay --all --account telegram:support --per-second 5".split(" "),
  );
  expect([all.code, all.out]).toEqual([0, "21 letters sent again, 1 no longer kept. Next: clawedge dead list\n"]);
  expect(all.err).toBe("20 sent again, 2 to go\n");
  expect(all.asked.map(({ body }) => JSON.parse(body))).toEqual([
    { account: "telegram:support", limit: 20, perSecond: 5 },
    { account: "telegram:support", limit: 20, perSecond: 5, beforeMs: 99 },
  ]);
});

it.each(["dead replay", "dead replay abc --all", "dead replay abc --per-second 5", "dead replay --all --per-second 0"])(
  "%s is wrong usage",
  async (line) => {
    const { url } = await fakeAdmin({});
    expect((await clawedge([...line.split(" "), "--edge", url])).code).toBe(2);
  },
);

it("conversation show encodes the key, and prints pins and messages", async () => {
  const message = {
    message: "5",
    kind: "message",
    pool: "support",
    rule: "default",
    state: "delivered",
    outcome: "accepted",
    instance: "eu-1",
    epoch: 1,
    attempts: 1,
    arrivedAtMs: AT,
    endedAtMs: AT + 42,
    lastDetail: null,
  };
  const pins = [{ pool: "support", instance: "eu-1", epoch: 1, atMs: AT }];
  const json = { key: "telegram:support/chat/7", residency: null, pins, waiting: 0, movedTo: null, messages: [message] };
  const path = "GET /admin/conversations/telegram%3Asupport%2Fchat%2F7?limit=3&residency=none";
  const ran = await against({ [path]: { json } }, ..."conversation show telegram:support/chat/7 --limit 3 --residency none".split(" "));
  expect(ran.code).toBe(0);
  expect(ran.out).toBe(
    [
      "conversation  telegram:support/chat/7",
      "waiting       0 messages",
      "",
      "POOL     INSTANCE  EPOCH  SINCE",
      "support  eu-1      1      2026-11-21 09:30:00Z",
      "",
      "ARRIVED               MESSAGE  KIND     RULE     POOL     STATE      OUTCOME   INSTANCE  EPOCH  TRIES  TOOK",
      "2026-11-21 09:30:00Z  5        message  default  support  delivered  accepted  eu-1      1      1      42 ms",
      "",
    ].join("\n"),
  );
});
