import { expect, it } from "vitest";
import { telegramEntry } from "../../../src/channels/telegram/egress-entry.ts";

const TOKEN = "123456789:AAF-real_token_of_the_bot_0123456789";

it.each([
  [`bot${TOKEN}/sendMessage`, { kind: "method", token: TOKEN, path: "sendMessage" }],
  [`bot${TOKEN}/SENDMESSAGE`, { kind: "method", token: TOKEN, path: "SENDMESSAGE" }],
  [`bot${TOKEN.replace(":", "%3A")}/getMe`, { kind: "method", token: TOKEN, path: "getMe" }],
  [`file/bot${TOKEN}/documents/file_7.pdf`, { kind: "file", token: TOKEN, path: "documents/file_7.pdf" }],
])("%s names a token and what is asked for", (rest, target) => {
  expect(telegramEntry.readPath(rest)).toEqual(target);
});

it.each([
  ["no token", "bot/getMe"],
  ["no method", `bot${TOKEN}/`],
  ["a method in a folder", `bot${TOKEN}/a/getMe`],
  ["an encoded slash", `bot${TOKEN}%2FgetMe/x`],
  ["a method with other characters", `bot${TOKEN}/get-me`],
  ["a file path that climbs", `file/bot${TOKEN}/a/../../bot1:x/getMe`],
  ["a token with a slash in it", "bot1:a/b/getMe"],
  ["something else", "healthz"],
])("%s is not a path of the Bot API", (_name, rest) => {
  expect(telegramEntry.readPath(rest)).toBeUndefined();
});

it("a result is what the envelope carries, and nothing when there is no envelope", () => {
  expect(telegramEntry.resultOf({ ok: true, result: { url: "x" } })).toEqual({ url: "x" });
  expect([undefined, null, "x", { ok: true }].map(telegramEntry.resultOf)).toEqual([undefined, undefined, undefined, undefined]);
});
