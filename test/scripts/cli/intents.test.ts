import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openArtefact } from "../../../src/classify/intents/artefact.ts";
import { validDocument, withIntents } from "../../support/routes-document.ts";
import { clawedge, fakeAdmin } from "./fake-admin.ts";

type Files = Readonly<Record<string, string | object>>;

function folderOf(files: Files): (name: string) => string {
  const directory = mkdtempSync(join(tmpdir(), "clawedge-intents-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return (name) => join(directory, name);
}

const lines = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join("\n");

const REFUND = [
  "i want my money back",
  "refund my order please",
  "give me a refund",
  "can i get my money back",
  "how do i return this",
  "refund",
];
const HOURS = [
  "when do you open",
  "what are your opening hours",
  "are you open on sunday",
  "when do you close today",
  "opening times",
  "hours",
];
const OTHER = ["how tall is the tower", "write me a poem", "what is two plus two"];

const byIntent = { name: "refunds", when: { intent: "refund" }, pool: "sales" };
const inline = withIntents({ refund: { examples: REFUND }, hours: { examples: HOURS } }, byIntent);
const labelled = lines([
  ...REFUND.map((text) => ({ text, intent: "refund" })),
  ...HOURS.map((text) => ({ text, intent: "hours" })),
  ...OTHER.map((text) => ({ text, intent: null })),
]);

describe("routes validate", () => {
  it("trains, cross-validates, and says how good the intents are", async () => {
    const at = folderOf({ "routes.jsonc": inline });
    const ran = await clawedge(["routes", "validate", at("routes.jsonc")]);
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(/^intents +2, 12 examples, 6 each; 0 examples out of scope$/m);
    expect(ran.out).toMatch(/^cross-validated +12 examples, each judged by a model of all the others$/m);
    expect(ran.out).toMatch(/^model .+ threshold 0\.\d{2,4}$/m);
    expect(ran.out).toMatch(/^at a threshold +of each part's own, /m);
    expect(ran.out).toMatch(/^expected +at best .+ all messages fall back, if 10\.0 % of them are out of scope and all of these do$/m);
    expect(ran.out).toContain("warning: intents: too few examples for these figures to mean much");
    expect(ran.out).toContain(`valid. Next: clawedge routes push ${at("routes.jsonc")}`);
  });

  it("--json has every figure", async () => {
    const at = folderOf({ "routes.jsonc": { ...inline, outOfScope: { examples: OTHER, share: 0.2 } } });
    const ran = await clawedge(["routes", "validate", at("routes.jsonc"), "--json"]);
    const { valid, intents } = JSON.parse(ran.out);
    expect(valid).toBe(true);
    expect(intents).toMatchObject({
      intents: 2,
      examples: { refund: 6, hours: 6 },
      outOfScopeExamples: 3,
      outOfScopeShare: 0.2,
      folds: 15,
      judged: 15,
    });
    const shares = [
      intents.accuracy,
      intents.reached,
      intents.misrouted,
      intents.fallsBack.inScope,
      intents.fallsBack.expected,
      intents.threshold,
    ];
    expect(shares.filter((share: unknown) => !(typeof share === "number" && share >= 0 && share <= 1))).toEqual([]);
    expect(intents.artefactBytesGzip).toBeGreaterThan(100);
  });

  it("with examples out of scope given, it does not guess what becomes of them", async () => {
    const at = folderOf({ "routes.jsonc": { ...inline, outOfScope: { examples: OTHER } } });
    const ran = await clawedge(["routes", "validate", at("routes.jsonc")]);
    expect(ran.out).toMatch(/^expected +\d+\.\d % of all messages fall back, if 10\.0 % of them are out of scope$/m);
  });

  it("names what contradicts once, with its sentence", async () => {
    const doubled = withIntents({ refund: { examples: REFUND }, hours: { examples: [...HOURS, "Refund"] } }, byIntent);
    const ran = await clawedge(["routes", "validate", folderOf({ "routes.jsonc": doubled })("routes.jsonc"), "--json"]);
    const { issues, intents } = JSON.parse(ran.out);
    expect(issues.filter(({ path }: { readonly path: string }) => path !== "intents")).toEqual([
      { level: "warning", path: "intents.refund", message: expect.stringContaining('"refund" is also one of hours') },
    ]);
    expect(intents.contradictions).toEqual([{ text: "refund", intents: ["refund", "hours"] }]);
  });

  it("says of a confusion whether it ends in another pool", async () => {
    const same = { examples: ["red house", "red car", "red door", "red boat"] };
    const twins = { one: same, two: { examples: ["red house!", "red car!", "red door!", "red boat!"] }, three: { examples: HOURS } };
    const rules = [
      { name: "one", when: { intent: "one", minConfidence: 0.1 }, pool: "sales" },
      { name: "two", when: { intent: ["two", "three"], minConfidence: 0.1 }, pool: "support" },
    ];
    const ran = await clawedge([
      "routes",
      "validate",
      folderOf({ "routes.jsonc": withIntents(twins, ...rules) })("routes.jsonc"),
      "--json",
    ]);
    const { confusions } = JSON.parse(ran.out).intents;
    expect(confusions.map(({ pools }: { readonly pools: unknown }) => pools)).toEqual(
      confusions.map(({ intent }: { readonly intent: string }) => (intent === "one" ? ["sales", "support"] : ["support", "sales"])),
    );
  });

  it("a document whose files of examples are not as they should be is not valid", async () => {
    const named = (examplesFile: string) => withIntents({ refund: { examplesFile }, hours: { examples: HOURS } }, byIntent);
    const at = folderOf({
      "empty.jsonc": named("empty.txt"),
      "empty.txt": "\n\n",
      "wrong.jsonc": named("wrong.jsonl"),
      "wrong.jsonl": '{"text":"refund"}\nrefund',
      "missing.jsonc": named("missing.txt"),
    });
    const empty = await clawedge(["routes", "validate", at("empty.jsonc")]);
    expect(empty).toMatchObject({ code: 1, out: expect.stringContaining("error: intents.refund.examplesFile: empty.txt has no example") });
    const wrong = await clawedge(["routes", "validate", at("wrong.jsonc")]);
    expect(wrong).toMatchObject({ code: 1, out: expect.stringContaining("line 2: is not JSON") });
    expect(await clawedge(["routes", "validate", at("missing.jsonc")])).toMatchObject({
      code: 1,
      out: expect.stringContaining(`error: intents.refund.examplesFile: cannot read ${at("missing.txt")} (ENOENT`),
    });
    expect(await clawedge(["routes", "push", at("missing.jsonc"), "--edge", "http://127.0.0.1:1"])).toMatchObject({
      code: 1,
      err: expect.stringContaining("intents.refund.examplesFile: cannot read"),
    });
  });

  it("a file whose lines name other intents alone is told from an empty one", async () => {
    const document = withIntents({ refund: { examplesFile: "other.jsonl" }, hours: { examples: HOURS } }, byIntent);
    const other = lines(["a", "b", "c", "d"].map((intent) => ({ text: intent, intent })));
    const ran = await clawedge([
      "routes",
      "validate",
      folderOf({ "routes.jsonc": document, "other.jsonl": other })("routes.jsonc"),
      "--json",
    ]);
    expect(JSON.parse(ran.out).issues).toEqual([
      {
        level: "error",
        path: "intents.refund.examplesFile",
        message: "other.jsonl has no example of it: its lines name a, b, c and 1 more",
      },
    ]);
  });

  it("shows up to three sentences of the pairs that are confused most", async () => {
    const like = ["red house", "red car", "red door", "red boat", "red ship"];
    const twins = { one: { examples: like }, two: { examples: like.map((text) => `${text}s`) }, three: { examples: HOURS } };
    const rule = { name: "one", when: { intent: "one", minConfidence: 0.1 }, pool: "sales" };
    const ran = await clawedge(["routes", "validate", folderOf({ "routes.jsonc": withIntents(twins, rule) })("routes.jsonc")]);
    expect(ran.out).toMatch(/^one +two +[3-5] \(.+\) +sales → default +"red \w+"\n {8,}"red \w+"\n {8,}"red \w+"\n\w/m);
  });

  it("a file of examples that many intents name, and nobody can read, is named once", async () => {
    const document = withIntents({ refund: { examplesFile: "no.jsonl" }, hours: { examplesFile: "no.jsonl" } }, byIntent);
    const ran = await clawedge(["routes", "validate", folderOf({ "routes.jsonc": document })("routes.jsonc"), "--json"]);
    expect(JSON.parse(ran.out).issues).toMatchObject([{ path: "intents.refund.examplesFile" }]);
  });
});

describe("routes push", () => {
  const pushed = async (files: Files) => {
    const { url, asked } = await fakeAdmin({ "POST /admin/routes": { json: { status: "accepted", number: 3, warnings: [] } } });
    const ran = await clawedge(["routes", "push", folderOf(files)("routes.jsonc"), "--edge", url]);
    return { ran, asked: asked[0] };
  };

  it("sends document and model as one, learned from files beside the document", async () => {
    const document = withIntents({ refund: { examplesFile: "refund.txt" }, hours: { examplesFile: "all.jsonl" } }, byIntent);
    const text = `// mine\n${JSON.stringify({ ...document, outOfScope: { examplesFile: "all.jsonl" } })}`;
    const { ran, asked } = await pushed({ "routes.jsonc": text, "refund.txt": REFUND.join("\n"), "all.jsonl": labelled });
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining("in force as number 3") });
    const type = String(asked?.headers["content-type"]);
    const form = await new Response(Buffer.from(asked?.bytes ?? ""), { headers: { "content-type": type } }).formData();
    expect([...form.keys()]).toEqual(["routes", "model"]);
    expect(await (form.get("routes") as File).text()).toBe(text);
    const model = openArtefact(new Uint8Array(await (form.get("model") as File).arrayBuffer()));
    expect(model.ok && [model.value.names, model.value.classify("can i have my money back").best]).toEqual([["refund", "hours"], "refund"]);
  });

  it("a document without intents goes as it stands", async () => {
    const text = JSON.stringify(validDocument);
    const { asked } = await pushed({ "routes.jsonc": text });
    expect([asked?.body, asked?.headers["content-type"]]).toEqual([text, "text/plain; charset=utf-8"]);
  });

  it("what cannot be learned from is not sent", async () => {
    const document = withIntents({ refund: { examplesFile: "refund.txt" }, hours: { examples: HOURS } }, byIntent);
    const { ran, asked } = await pushed({ "routes.jsonc": document, "refund.txt": "" });
    expect([ran.code, asked]).toEqual([1, undefined]);
  });
});

it("routes explain of a file says what the model makes of a text", async () => {
  const at = folderOf({ "routes.jsonc": inline });
  const ran = await clawedge([
    "routes",
    "explain",
    "--routes",
    at("routes.jsonc"),
    "--account",
    "telegram:support",
    "--text",
    "money back",
  ]);
  expect(ran.code).toBe(0);
  expect(ran.out).toContain("intent: refund");
});

describe("routes diff", () => {
  const SECRETS = { webhook: "TG_SECRET", token: "TG_TOKEN" };
  const MESSAGES = lines([
    { text: "i want my money back" },
    { text: "refund my order please", account: "telegram:support", chat: "direct", language: "en", id: 7 },
    { text: "when do you open", channel: "telegram" },
    { text: "" },
  ]);

  const diff = async (files: Files, ...more: readonly string[]) => {
    const at = folderOf({ "old.jsonc": validDocument, "new.jsonc": inline, "messages.jsonl": MESSAGES, ...files });
    return clawedge(["routes", "diff", at("old.jsonc"), at("new.jsonc"), "--messages", at("messages.jsonl"), ...more]);
  };

  it("says from where to where, how many, and which for instance; and ends with 1", async () => {
    const elsewhere = { ...validDocument, rules: [{ name: "money", when: { keywords: ["money", "open"] }, pool: "sales" }] };
    const ran = await diff({ "new.jsonc": elsewhere });
    expect([ran.code, ran.out]).toEqual([
      1,
      [
        "3 of 4 messages would go elsewhere (those without an account: as if to telegram:support)",
        "",
        "FROM     TO       MESSAGES",
        "support  sales    2",
        "sales    support  1",
        "",
        "support → sales, for instance:",
        '  line 1: "i want my money back" (default → money)',
        '  line 3: "when do you open" (default → money)',
        "",
        "sales → support, for instance:",
        '  line 2: "refund my order please" (refunds → default)',
        "",
      ].join("\n"),
    ]);
  });

  it("asks the models of both", async () => {
    const swapped = { ...inline, rules: [{ ...byIntent, when: { intent: "hours", minConfidence: 0.01 } }] };
    const asked = { ...inline, rules: [{ ...byIntent, when: { intent: "refund", minConfidence: 0.01 } }] };
    const ran = await diff({ "old.jsonc": asked, "new.jsonc": swapped }, "--json");
    const { messages, changed, moves } = JSON.parse(ran.out);
    expect([messages, changed]).toEqual([4, 3]);
    expect(moves.map(({ from, to, count }: Record<string, unknown>) => [from, to, count])).toEqual([
      ["sales", "support", 2],
      ["support", "sales", 1],
    ]);
  });

  it("the same document sends everything where it went", async () => {
    expect(await diff({ "new.jsonc": validDocument })).toMatchObject({ code: 0, out: "4 messages: all go where they went\n" });
  });

  it("a tie-break is told from an override, and an account that is gone is a difference", async () => {
    const tie = { ...validDocument, rules: [{ ...validDocument.rules[0], mode: "tie-break" }] };
    expect((await diff({ "new.jsonc": tie })).out).toContain("sales  its own pool, else sales  1");
    const native = {
      ...validDocument.instances["us-1"].native,
      "telegram:gone": validDocument.instances["us-1"].native["telegram:support"],
    };
    const gone = {
      ...validDocument,
      accounts: { ...validDocument.accounts, "telegram:gone": { pool: "sales", secrets: SECRETS } },
      instances: { ...validDocument.instances, "us-1": { ...validDocument.instances["us-1"], native } },
    };
    const messages = lines([{ text: "hi", account: "telegram:gone" }]);
    expect((await diff({ "old.jsonc": gone, "messages.jsonl": messages })).out).toContain("sales  (no such account)  1");
  });

  it.each([
    ['{"text":"a"}\n{"words":"b"}', 'line 2: has no "text"'],
    ['{"text":"a","chat":"pub"}', 'line 1: "chat" is not understood'],
    ['{"text":"a","account":"telegram:no"}', "line 1: neither document has an account that is called telegram:no"],
    ['{"text":"a"}\n\n{"text":"a","channel":"slack"}', "line 3: neither document has an account of the channel slack"],
  ])("%j names the line", async (messages, problem) => {
    expect(await diff({ "messages.jsonl": messages })).toMatchObject({ code: 1, err: expect.stringContaining(problem) });
  });

  it("a file of messages that cannot be read is named by its option", async () => {
    const at = folderOf({ "old.jsonc": validDocument });
    expect(await clawedge(["routes", "diff", at("old.jsonc"), at("old.jsonc"), "--messages", at("no.jsonl")])).toMatchObject({
      code: 2,
      err: expect.stringContaining(`--messages: cannot read ${at("no.jsonl")} (ENOENT`),
    });
  });

  it("without any message there is nothing to compare", async () => {
    const ran = await diff({ "new.jsonc": validDocument, "messages.jsonl": "\n" });
    expect(ran).toMatchObject({ code: 1, out: "", err: expect.stringContaining("--messages has no message: there is nothing to compare") });
  });

  it("one message goes where it went", async () => {
    const messages = lines([{ text: "hi" }]);
    expect((await diff({ "new.jsonc": validDocument, "messages.jsonl": messages })).out).toBe("1 message: goes where it went\n");
  });

  it("without messages it is wrong usage", async () => {
    expect((await clawedge(["routes", "diff", "old", "new"])).code).toBe(2);
  });
});

describe("intents eval", () => {
  const TEST = lines([
    { text: "my money back please", intent: "refund" },
    { text: "when are you open", intent: "hours" },
    { text: "🜚🜚🜚", intent: null },
    { text: "", intent: null },
  ]);
  const KEYS = [
    "inScopeAccuracy",
    "outOfScopeRecall",
    "jointAccuracy",
    "auroc",
    "calibrationError",
    "microsPerMessage",
    "artefactBytesGzip",
    "trainSeconds",
  ];

  it.each([[], ["--operating-point", "paper"], ["--validation", "train.jsonl", "--out-of-scope-share", "0.3"]])(
    "trains here, classifies in workerd, and gives exactly these figures: %j",
    async (...options) => {
      const at = folderOf({ "train.jsonl": labelled, "test.jsonl": TEST });
      const more = options.map((option) => (option.endsWith(".jsonl") ? at(option) : option));
      const ran = await clawedge(["intents", "eval", "--train", at("train.jsonl"), "--test", at("test.jsonl"), "--json", ...more]);
      expect(ran).toMatchObject({ code: 0, err: "" });
      const figures = JSON.parse(ran.out);
      expect(Object.keys(figures)).toEqual(KEYS);
      expect(Object.values(figures).filter((figure) => typeof figure !== "number" || figure < 0)).toEqual([]);
      expect([figures.outOfScopeRecall, figures.auroc]).toEqual([1, 1]);
    },
  );

  it("says so when a sentence is of an intent that was never learned", async () => {
    const at = folderOf({ "train.jsonl": labelled, "test.jsonl": lines([{ text: "pay my bill", intent: "pay_bill" }]) });
    const ran = await clawedge(["intents", "eval", "--train", at("train.jsonl"), "--test", at("test.jsonl"), "--json"]);
    expect([ran.code, JSON.parse(ran.out).inScopeAccuracy]).toEqual([0, 0]);
    expect(ran.err).toContain("1 sentence of --test is of an intent that --train does not have: it counts as wrong");
  });

  const evaluated = async (files: Files, ...more: readonly string[]) => {
    const at = folderOf({ "train.jsonl": labelled, "test.jsonl": TEST, ...files });
    const options = more.map((option) => (/\.jsonl?$/.test(option) ? at(option) : option));
    return clawedge(["intents", "eval", "--train", at("train.jsonl"), "--test", at("test.jsonl"), ...options]);
  };

  it("says so of a name that means out of scope elsewhere, once", async () => {
    const named = lines([
      { text: "how tall are you", intent: "oos" },
      { text: "my money back please", intent: "refund" },
    ]);
    const said = '"oos" counts as an intent like any other; where it means out of scope, write "intent": null\n';
    const ran = await evaluated({ "train.jsonl": `${labelled}\n${named}`, "test.jsonl": named }, "--json");
    expect([ran.code, ran.err.split(said).length - 1]).toEqual([0, 1]);
  });

  it("warns of its training set, five times at most", async () => {
    const few = lines(Array.from({ length: 8 }, (_, index) => ({ text: `word${index}`, intent: `intent-${index}` })));
    const ran = await evaluated({ "train.jsonl": few }, "--json");
    expect(ran.err.match(/^--train: warning: intents\.intent-\d: few examples/gm)).toHaveLength(5);
    expect(ran.err).toContain("--train: 3 more warnings\n");
  });

  it("in text, says which time it means, and leaves open what there is nothing to count of", async () => {
    const ran = await evaluated({ "test.jsonl": lines([{ text: "how tall are you", intent: null }]) });
    expect(ran.out).toMatch(/^in-scope accuracy +– \(none in --test\)$/m);
    expect(ran.out).toMatch(/^out-of-scope recall +\d+\.\d+ %$/m);
    expect(ran.out).toMatch(/^AUROC +– \(none in --test\)$/m);
    expect(ran.out).toMatch(/^calibration error +– \(none in --test\)$/m);
    expect(ran.out).toMatch(/^a message +\d+\.\d µs of (?:processor|wall) time in workerd$/m);
    expect(ran.out).toMatch(/^training +\d+\.\d s \(\d+\.\d s of processor time\)$/m);
    expect(ran.out).not.toContain("wrong pool");
  });

  it.each([
    { refund: "sales", hours: "support" },
    { sales: ["refund"], support: ["hours"] },
  ])("--pools says what would go to a wrong one: %j", async (pools) => {
    const test = lines([
      { text: "my money back please", intent: "refund" },
      { text: "when are you open", intent: "refund" },
    ]);
    const ran = await evaluated({ "test.jsonl": test, "pools.json": pools }, "--pools", "pools.json");
    expect(ran.out).toMatch(/^out-of-scope recall +– \(none in --test\)$/m);
    expect(ran.out).toMatch(/^wrong pool +50\.00 % when 100\.00 % of what is in scope is routed$/m);
  });

  it("--no-out-of-scope learns from what is in scope alone", async () => {
    const inScope = labelled.split("\n").slice(0, REFUND.length + HOURS.length);
    const size = async (train: string, ...more: readonly string[]) =>
      JSON.parse((await evaluated({ "train.jsonl": train }, "--json", ...more)).out).artefactBytesGzip;
    const bare = await size(inScope.join("\n"));
    expect([await size(labelled, "--no-out-of-scope"), (await size(labelled)) === bare]).toEqual([bare, false]);
  });

  it.each([
    ["", "--validation has no sentence of an intent of --train"],
    [
      lines([
        { text: "hi", intent: "greeting" },
        { text: "so", intent: null },
      ]),
      "--validation has no sentence of an intent of --train",
    ],
    [lines([{ text: "money back", intent: "refund" }]), "--validation has no sentence that is out of scope"],
  ])("warns of a validation file that is of little use: %j", async (validation, warning) => {
    const ran = await evaluated({ "validation.jsonl": validation }, "--validation", "validation.jsonl", "--json");
    expect(ran).toMatchObject({ code: 0, err: expect.stringContaining(warning) });
    expect(Object.values(JSON.parse(ran.out)).filter((figure) => typeof figure !== "number")).toEqual([]);
  });

  it.each([
    [["--test", "t"], 2, "--train is missing"],
    [["--train", "train.jsonl", "--test", "test.jsonl", "--operating-point", "best"], 2, "neither balanced nor paper"],
    [["--train", "train.jsonl", "--test", "test.jsonl", "--out-of-scope-share", "2"], 2, "not a number from 0 to 0.95"],
    [["--train", "train.jsonl", "--test", "test.jsonl", "--out-of-scope-share", "0.96"], 2, "not a number from 0 to 0.95"],
    [
      ["--train", "train.jsonl", "--test", "test.jsonl", "--out-of-scope-share", "0.3", "--operating-point", "paper"],
      2,
      "--out-of-scope-share says nothing to --operating-point paper",
    ],
    [["--train", "train.jsonl", "--test", "empty.jsonl"], 1, "--test has no sentence"],
    [["--train", "no.jsonl", "--test", "test.jsonl"], 2, "no.jsonl (ENOENT: no such file or directory)\n"],
    [["--train", "train.jsonl", "--test", "test.jsonl", "--validation", "no.jsonl"], 2, "--validation: cannot read"],
    [["--train", "utf16.jsonl", "--test", "test.jsonl"], 2, "is not UTF-8 text; save it as UTF-8"],
    [["--train", "empty.jsonl", "--test", "test.jsonl"], 1, "--train has no sentence: there is nothing to learn from"],
    [["--train", "nulls.jsonl", "--test", "test.jsonl"], 1, "every sentence of --train is out of scope"],
    [["--train", "train.jsonl", "--test", "test.jsonl", "--pools", "train.jsonl"], 1, "is not JSON"],
    [["--train", "train.jsonl", "--test", "test.jsonl", "--pools", "few.jsonl"], 1, "names no pool of the intent hours"],
    [["--train", "wrong.jsonl", "--test", "test.jsonl"], 1, "line 2: is not JSON"],
    [["--train", "one.jsonl", "--test", "test.jsonl"], 1, "at least two intents"],
  ])("%j is refused", async (args, code, hint) => {
    const at = folderOf({
      "train.jsonl": labelled,
      "test.jsonl": TEST,
      "wrong.jsonl": `${TEST.split("\n")[0]}\n{`,
      "one.jsonl": lines([{ text: "a", intent: "a" }]),
      "empty.jsonl": "\n",
      "nulls.jsonl": lines([{ text: "a", intent: null }]),
      "utf16.jsonl": [...labelled].map((letter) => `${letter}\0`).join(""),
      "few.jsonl": { refund: "sales" },
    });
    const ran = await clawedge(["intents", "eval", ...args.map((arg) => (arg.endsWith(".jsonl") ? at(arg) : arg))]);
    expect(ran).toMatchObject({ code, out: "", err: expect.stringContaining(hint) });
  });
});
