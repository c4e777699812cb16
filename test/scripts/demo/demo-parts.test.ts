/** The small parts of the demo: command lines, its routes, its news, its notes. */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSay, readStart } from "../../../scripts/demo/command-line.ts";
import { readLogLine } from "../../../scripts/demo/edge-log.ts";
import { newsOf, withoutRepeats } from "../../../scripts/demo/news.ts";
import { paintFor, widthOf } from "../../../scripts/demo/paint.ts";
import { fillIn, PHONE_NUMBER_ID, readTemplate, rolesIn, secretVariable } from "../../../scripts/demo/routes-file.ts";
import { filesIn, findDemo, followLog, prepareStateDir, writeNote } from "../../../scripts/demo/state-dir.ts";
import { placeOf } from "../../../scripts/demo/words.ts";
import { loadRoutes } from "../../../src/config/load.ts";
import { testCatalogue } from "../../support/catalogue.ts";

describe("npm start", () => {
  it("has defaults", () => {
    expect(readStart([])).toEqual({ isOnce: false, port: undefined, faults: new Map(), stateDir: ".clawedge/demo" });
  });

  it("takes what it is told", () => {
    const settings = readStart(["--once", "--port", "0", "--fault", "sales-us=refuse", "--fault", "support-eu=hang", "--state", "x"]);
    expect(settings).toMatchObject({ isOnce: true, port: 0, stateDir: "x" });
    expect([...(settings?.faults ?? [])]).toEqual([
      ["sales-us", "refuse"],
      ["support-eu", "hang"],
    ]);
  });

  it("explains itself", () => expect(readStart(["--help", "--once"])).toBeUndefined());

  it.each([
    [["--port", "70000"]],
    [["--port", "x"]],
    [["--fault", "sales-us"]],
    [["--fault", "sales-us=sleepy"]],
    [["--nope"]],
    [["--state", ""]],
  ])("refuses %j", (args) => expect(() => readStart(args)).toThrow(expect.objectContaining({ exitCode: 2 })));
});

describe("npm run say", () => {
  const words = (args: readonly string[]) => readSay(args)?.words;

  it("takes an account and words", () => {
    expect(readSay(["telegram:support", "where is my refund?"])).toMatchObject({
      account: "telegram:support",
      words: { text: "where is my refund?", chat: 42 },
    });
    expect(readSay(["--account", "telegram:support", "hi"])).toMatchObject({ account: "telegram:support", words: { text: "hi" } });
  });

  it("takes words alone, quoted or not", () => {
    expect(readSay(["where", "is", "it"])).toMatchObject({ account: "telegram:support", words: { text: "where is it" } });
    expect(words(["telegram:support"])).toMatchObject({ text: "telegram:support" });
    expect(words(["--account", "telegram:support", "slack:staff", "is down"])).toMatchObject({ text: "slack:staff is down" });
  });

  it("numbers groups and topics as Telegram does", () => {
    expect(words(["hi", "--group"])).toMatchObject({ chat: -42 });
    expect(words(["hi", "--chat=-7"])).toMatchObject({ chat: -7 });
    expect(words(["hi", "--chat", "4200", "--topic", "5"])).toMatchObject({ chat: -1_000_000_004_200, topic: 5 });
  });

  it("numbers people on WhatsApp", () => {
    expect(readSay(["whatsapp:sales", "hi", "--image"])).toMatchObject({
      account: "whatsapp:sales",
      words: { person: 42, text: "hi", hasImage: true },
    });
    expect(words(["hi", "--account", "whatsapp:sales", "--chat", "7"])).toEqual({ person: 7, text: "hi", hasImage: false });
  });

  it.each([
    [[]],
    [["hi", "--chat", "x"]],
    [["hi", "--chat", "0"]],
    [["hi", "--sender", "-1"]],
    [["hi", "--nope"]],
    [["hi", "--image"]],
    [["whatsapp:sales", "hi", "--chat", "0"]],
    [["whatsapp:sales", "hi", "--chat", "10000000"]],
    [["whatsapp:sales", "hi", "--group"]],
    [["whatsapp:sales", "hi", "--topic", "5"]],
    [["whatsapp:sales", "hi", "--sender", "7"]],
    [["--account", "whatsapp:sales"]],
  ])("refuses %j", (args) => expect(() => readSay(args)).toThrow(expect.objectContaining({ exitCode: 2 })));

  it("tells places as it takes them", () => {
    expect(placeOf({ chat: 42, text: "" })).toBe("chat 42");
    expect(placeOf({ chat: -42, text: "" })).toBe("group 42");
    expect(placeOf({ chat: -1_000_000_004_200, topic: 5, text: "" })).toBe("group 4200, topic 5");
    expect(placeOf({ person: 42, text: "" })).toBe("WhatsApp, person 42");
    expect(placeOf({ person: 43, text: "", hidesPhone: true, hasImage: true })).toBe("WhatsApp, person 43 without a number, with an image");
  });
});

describe("the demo's routes", () => {
  const roles = rolesIn(readTemplate());
  const filled = fillIn(
    readTemplate(),
    roles.map(({ name }, index) => ({ name, port: 4_000 + index, listenerPort: 5_000 + index })),
  );

  it("are a valid document, without an address that was not filled in", () => {
    const loaded = loadRoutes(filled, testCatalogue);
    expect(loaded).toMatchObject({ ok: true, value: { warnings: [] } });
    expect(filled).not.toContain(".example");
    expect(filled).toContain(`"phoneNumberId": "${PHONE_NUMBER_ID}"`);
  });

  it("name the variable of each listener's secret", () => {
    for (const { name } of roles.filter(({ polls }) => !polls)) expect(filled).toContain(`"secret": "${secretVariable(name)}"`);
  });

  it("say of each instance what it has to be", () => {
    expect(roles.map(({ name, polls }) => [name, polls])).toEqual([
      ["support-eu", false],
      ["support-us", false],
      ["eu-3", true],
      ["sales-us", false],
    ]);
    const asked = { mode: "trusted-proxy", userHeader: "x-clawedge-user", agents: ["main", "sales-public"] };
    expect(roles.map(({ chat }) => chat)).toEqual([undefined, undefined, undefined, asked]);
  });
});

describe("news", () => {
  it("tells what matters and is silent about the rest", () => {
    const moved = readLogLine('{"event":"conversation.moved","conversation":"c","from":"a","instance":"b","pool":"p"}');
    expect(moved && newsOf(moved)).toBe("c moved from a to b (pool p)");
    expect(newsOf({ event: "egress.sent" })).toBeUndefined();
    expect(newsOf({ event: "constructor" })).toBeUndefined();
  });

  it("does not repeat itself", () => {
    const told: string[] = [];
    const tell = withoutRepeats((news) => told.push(news));
    const held = { event: "message.held", conversation: "c", detail: "connection refused" };
    for (const line of [held, held, { event: "egress.sent" }, held, { ...held, detail: "no instance is healthy" }]) tell(line);
    expect(told).toEqual(["c is held: connection refused", "c is held: no instance is healthy"]);
  });
});

describe("colours", () => {
  it.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: false }, {}, false],
    [{ isTTY: true }, { NO_COLOR: "1" }, false],
    [{ isTTY: true }, { NO_COLOR: "" }, true],
    [{ isTTY: true }, { TERM: "dumb" }, false],
  ])("on %j with %j: %s", (stream, env, isColoured) => expect(paintFor(stream, env).good("x") !== "x").toBe(isColoured));

  it("lines fit a terminal, and are never silly", () => {
    expect([{}, { columns: 0 }, { columns: 80 }, { columns: 300 }, { columns: 9 }].map(widthOf)).toEqual([120, 120, 80, 120, 50]);
  });
});

describe("the state directory", () => {
  let dir: string;
  const note = {
    pid: process.pid,
    url: "http://127.0.0.1:1",
    adminToken: "t",
    telegramUrl: "http://127.0.0.1:2",
    whatsappUrl: "http://127.0.0.1:3",
    accounts: ["telegram:support", "whatsapp:sales"],
  };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "clawedge-demo-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("is how say finds a demo that runs", () => {
    writeNote(dir, note);
    expect(findDemo(dir)).toEqual(note);
  });

  it("finds none that has ended, or that never was", () => {
    expect(() => findDemo(dir)).toThrow("npm start");
    // Larger than any pid.
    writeNote(dir, { ...note, pid: 2 ** 30 });
    expect(() => findDemo(dir)).toThrow("no demo runs");
  });

  it("is never taken from a demo that runs", () => {
    writeNote(dir, note);
    writeFileSync(filesIn(dir).log, "kept");
    expect(() => prepareStateDir(dir)).toThrow(`pid ${process.pid}`);
    expect(readFileSync(filesIn(dir).log, "utf8")).toBe("kept");
  });

  it("loses the last run's files and nothing else", () => {
    mkdirSync(filesIn(dir).edge);
    writeFileSync(filesIn(dir).log, "old");
    writeFileSync(join(dir, "mine.txt"), "mine");
    prepareStateDir(dir);
    expect([existsSync(filesIn(dir).edge), existsSync(filesIn(dir).log), existsSync(join(dir, "mine.txt"))]).toEqual([false, false, true]);
  });

  it("holds a log that is read as it grows, from now on, half lines and half letters included", () => {
    const { log } = filesIn(dir);
    writeFileSync(log, '{"event":"old"}\n');
    const read = followLog(dir);
    expect(read()).toEqual([]);
    const bytes = Buffer.from('{"event":"new","detail":"é"}\nno json\n{"event":"next"}\n');
    const cut = bytes.indexOf("é") + 1;
    appendFileSync(log, bytes.subarray(0, cut));
    expect(read()).toEqual([]);
    appendFileSync(log, bytes.subarray(cut));
    expect(read()).toMatchObject([{ event: "new", detail: "é" }, { event: "next" }]);
    expect(read()).toHaveLength(2);
  });
});
