import { expect, it } from "vitest";
import { commandIn, commandName } from "../../src/classify/command.ts";
import { matchesLanguage } from "../../src/classify/language.ts";

it.each([
  ["pt", "pt-br", true],
  ["pt", "pt_BR", true],
  ["PT", "pt", true],
  ["pt-br", "pt", false],
  ["pt", "ptx", false],
  ["zh-hant", "zh-hant-tw", true],
  ["zh-hant", "zh-hans", false],
  ["", "pt", false],
])("the range %s matches the tag %s: %s", (range, tag, expected) => expect(matchesLanguage(range, tag)).toBe(expected));

it.each([
  ["/Start@my_bot now", "start"],
  ["/help", "help"],
  ["please /help", undefined],
  ["/", undefined],
  ["/a-b", undefined],
])("%s begins with the command %s", (text, command) => expect(commandIn(text)).toBe(command));

it("a command is named with or without its slash", () => expect([commandName("/Start"), commandName("start")]).toEqual(["start", "start"]));
