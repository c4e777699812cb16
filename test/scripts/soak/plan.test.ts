/** What a soak is planned from, and the words it recognises: seeds, flags, texts, and the routes it runs with. */
import { describe, expect, it } from "vitest";
import { ASKED, LINKS, MIXED, NATIVE, routesFor } from "../../../scripts/soak/cast.ts";
import { chanceOf } from "../../../scripts/soak/chance.ts";
import { isEnough, leastOf } from "../../../scripts/soak/check-amounts.ts";
import { readCommandLine } from "../../../scripts/soak/command-line.ts";
import { answerTo, question, readPart, readQuestion } from "../../../scripts/soak/texts.ts";
import { loadRoutes } from "../../../src/config/load.ts";
import { testCatalogue } from "../../support/catalogue.ts";

describe("chance", () => {
  const draw = (seed: number): readonly number[] => {
    const chance = chanceOf(seed);
    return Array.from({ length: 5 }, () => chance.next());
  };

  it("is the same for the same seed, and another for another", () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7).every((value) => value >= 0 && value < 1)).toBe(true);
  });

  it("a deck draws each once before it draws one again", () => {
    const draw3 = chanceOf(7).deck(["a", "b", "c"]);
    const drawn = Array.from({ length: 6 }, draw3);
    expect([drawn.slice(0, 3).toSorted(), drawn.slice(3).toSorted()]).toEqual([
      ["a", "b", "c"],
      ["a", "b", "c"],
    ]);
  });

  it("a fork draws by itself", () => {
    const [one, other] = [chanceOf(7), chanceOf(7)];
    const [fork, same] = [one.fork(), other.fork()];
    fork.next();
    expect(one.next()).toBe(other.next());
    expect(fork.next()).not.toBe(same.next());
  });
});

describe("flags", () => {
  it("ten minutes and a new seed unless told otherwise", () => {
    expect(readCommandLine([], 5)).toEqual({ minutes: 10, seed: 5, jsonFile: undefined, isKept: false });
    expect(readCommandLine(["--minutes", "0.5", "--seed", "3", "--json", "f", "--keep"], 5)).toEqual({
      ...{ minutes: 0.5, seed: 3, jsonFile: "f", isKept: true },
    });
    expect(readCommandLine(["--help"], 5)).toBeUndefined();
  });

  it.each([["--minutes", "0"], ["--minutes", "x"], ["--minutes", "9999"], ["--seed", "-1"], ["--seed", "1.5"], ["--else"]])(
    "refuses %s %s",
    (...args) => {
      expect(() => readCommandLine(args, 5)).toThrow();
    },
  );
});

describe("amounts", () => {
  it.each([
    [10, { acknowledged: 20_000, kills: 20 }],
    [1, { acknowledged: 2_000, kills: 2 }],
    [0.3, { acknowledged: 600, kills: 1 }],
    [0.01, { acknowledged: 20, kills: 1 }],
  ])("%d minutes", (minutes, least) => {
    expect(leastOf(minutes)).toEqual(least);
    expect(isEnough(least, least)).toBe(true);
    expect(isEnough(least, { ...least, acknowledged: least.acknowledged - 1 })).toBe(false);
    expect(isEnough(least, { ...least, kills: least.kills - 1 })).toBe(false);
  });
});

describe("texts", () => {
  it("a question carries its name, wherever it stands", () => {
    expect(readQuestion(`{"text":"${question("telegram:native#u12", 3)}"}`)).toEqual({ name: "telegram:native#u12", lines: 3 });
    expect(readQuestion("hello")).toBeUndefined();
  });

  it("every line of an answer says which it is", () => {
    const answer = answerTo(question("whatsapp:asked#wamid.s1", 90));
    expect(readPart(answer)).toEqual({ name: "whatsapp:asked#wamid.s1", from: 1, to: 90, total: 90, isWhole: true });
    const lines = answer.split("\n");
    expect(readPart(lines.slice(40).join("\n"))).toMatchObject({ from: 41, to: 90, isWhole: true });
    expect(readPart(lines.filter((_, index) => index !== 7).join("\n"))).toMatchObject({ isWhole: false });
    expect(readPart("I could not confirm that")).toBeUndefined();
  });
});

it("the routes are the edge's own kind, and each account's link names its pool's instances", () => {
  const urls = new Map(["n-1", "n-2", "n-3", "a-1", "a-2"].map((name, index) => [name, `http://127.0.0.1:${9000 + index}`]));
  const text = JSON.stringify(routesFor(urls));
  const document = JSON.parse(text);
  expect(loadRoutes(text, testCatalogue)).toMatchObject({ ok: true });
  for (const account of [NATIVE, MIXED, ASKED]) {
    const { pool } = document.accounts[account];
    expect(LINKS.find((link) => link.account === account)?.instances).toEqual(document.pools[pool].instances);
  }
});
