/** Files at their platform: who gets the token, and what is said when a file cannot be had. */
import { describe, expect, it } from "vitest";
import { type FilePorts, platformFiles } from "../../durable-objects/platform-files.ts";
import { systemClock } from "../../durable-objects/runtime.ts";
import type { Channel } from "../../src/channels/channel.ts";
import type { MediaSource } from "../../src/channels/media-source.ts";
import { telegram } from "../../src/channels/telegram/index.ts";
import { textOf } from "../../src/core/bytes.ts";
import { readAtMost } from "../../src/core/read-at-most.ts";
import { fail, ok } from "../../src/core/result.ts";
import { Secret } from "../../src/core/secret.ts";
import type { Clock } from "../../src/ports/clock.ts";

const TOKEN = "123456789:token-of-the-account";

/** Asks for files by Telegram's calls: the envelope is not what is tested here. */
const source: MediaSource = {
  find: (id) => ({ method: "getFile", body: { id } }),
  read: (result) =>
    typeof result === "object" && result !== null && "url" in result
      ? (result as { url: string; mimeType: string; bytes?: number })
      : undefined,
  isTrusted: (url) => url.protocol === "https:" && url.hostname === "files.platform.test",
};
const channel: Channel = { ...telegram, media: source };

type Answers = Readonly<Record<string, () => Response | Promise<Response>>>;

interface Seen {
  readonly url: string;
  readonly authorization: string | null;
  readonly redirect: string;
}

const FOUND = { ok: true, result: { url: "https://files.platform.test/1", mimeType: "image/jpeg", bytes: 5 } };
const asking = (result: unknown = FOUND, status = 200) => ({ "https://api.platform.test": () => Response.json(result, { status }) });

function filesOf(answers: Answers, change: Partial<FilePorts> = {}, built: Channel = channel) {
  const seen: Seen[] = [];
  const files = platformFiles({
    connect: async () => {
      const account = { id: "telegram:support", channel: "telegram", pool: "p", secrets: {} } as never;
      return ok({ account, channel: built, platform: telegram.platform, token: new Secret(TOKEN), base: "https://api.platform.test" });
    },
    http: {
      fetch: async (url, init) => {
        seen.push({ url, authorization: new Headers(init.headers).get("authorization"), redirect: init.redirect });
        const answer = answers[url] ?? answers[new URL(url).origin];
        if (answer === undefined) throw new Error(`nobody at ${url}`);
        return answer();
      },
    },
    clock: systemClock,
    ...change,
  });
  const find = () => files.find("telegram:support", { id: "1", kind: "image", mimeType: "image/jpeg" });
  const open = async (maxBytes = 100) => {
    const found = await find();
    return found.ok ? found.value.open(maxBytes) : found;
  };
  return { find, open, seen };
}

const FILE = "https://files.platform.test";

describe("a file", () => {
  it("is asked for, found and fetched with the account's token, and no redirect is followed", async () => {
    const { find, open, seen } = filesOf({ ...asking(), [FILE]: () => new Response("hello") });
    expect(await find()).toMatchObject({ ok: true, value: { mimeType: "image/jpeg", bytes: 5 } });
    const opened = await open();
    expect(opened.ok && textOf((await readAtMost(opened.value, 100))!)).toBe("hello");
    expect(seen.at(-1)).toEqual({ url: `${FILE}/1`, authorization: `Bearer ${TOKEN}`, redirect: "manual" });
  });

  it("whose length is not told has none", async () => {
    const { find } = filesOf(asking({ ok: true, result: { url: `${FILE}/1`, mimeType: "image/jpeg" } }));
    const found = await find();
    expect(found.ok && Object.keys(found.value)).toEqual(["mimeType", "open"]);
  });

  it.each<[string, Answers, string]>([
    ["the platform refuses", asking({ ok: false, description: "no" }, 404), "http 404"],
    ["the platform is not reached", {}, "the platform was not reached"],
    ["the platform does not say where", asking({ ok: true, result: true }), "the platform does not say where the file is"],
  ])("cannot be found: %s", async (_, answers, problem) => {
    expect(await filesOf(answers).find()).toEqual(fail(problem));
  });

  it.each<[string, () => Response | Promise<Response>, string]>([
    ["refused", () => new Response("no", { status: 403 }), "http 403"],
    ["moved", () => new Response(null, { status: 302, headers: { location: "https://evil.test/" } }), "http 302"],
    ["not there", () => Promise.reject(new Error(`cannot reach ${FILE}/1`)), "the file's host was not reached"],
    ["larger than is wanted, as its head says", () => new Response("x".repeat(101), { headers: { "content-length": "101" } }), "too large"],
  ])("cannot be opened: %s", async (_, answer, problem) => {
    expect(await filesOf({ ...asking(), [FILE]: answer }).open()).toEqual(fail(problem));
  });

  it("larger than is wanted, as its head does not say, fails while it is read", async () => {
    const opened = await filesOf({ ...asking(), [FILE]: () => new Response("x".repeat(101)) }).open(100);
    await expect(opened.ok && readAtMost(opened.value, 1000)).rejects.toThrow("longer than 100 bytes");
  });

  it("that is given up is given up at its host", async () => {
    const cancelled = Promise.withResolvers<void>();
    const body = new ReadableStream({ cancel: () => cancelled.resolve() });
    const opened = await filesOf({ ...asking(), [FILE]: () => new Response(body) }).open();
    if (opened.ok) await opened.value.cancel();
    await cancelled.promise;
  });

  it("whose host does not answer is given up in time, and its request is ended", async () => {
    const clock: Clock = { nowMs: () => 0, sleep: async () => undefined };
    let signal: AbortSignal | null | undefined;
    const http: FilePorts["http"] = {
      fetch: (url, init) => {
        signal = init.signal;
        return url.startsWith(FILE) ? new Promise(() => undefined) : Promise.resolve(Response.json(FOUND));
      },
    };
    expect(await filesOf({}, { clock, http }).open()).toEqual(fail("no answer in time"));
    expect(signal?.aborted).toBe(true);
  });
});

describe("the token is not sent", () => {
  it.each(["https://evil.test/1", "http://files.platform.test/1", "https://files.platform.test.evil.test/", "not a url"])(
    "to %s",
    async (url) => {
      const { open, seen } = filesOf({ ...asking({ ok: true, result: { url, mimeType: "image/jpeg" } }) });
      expect(await open()).toEqual(fail("the file is not at its platform"));
      expect(seen.map((call) => new URL(call.url).origin)).toEqual(["https://api.platform.test"]);
    },
  );

  it("for a channel whose files are not the edge's", async () => {
    const { find, seen } = filesOf(asking(), {}, telegram);
    expect(await find()).toEqual(fail("this channel's files are not the edge's to fetch"));
    expect(seen).toEqual([]);
  });

  it("by an account that is not configured, or when the configuration cannot be had", async () => {
    const unset = async () => fail({ kind: "unconfigured", detail: "the variable WA_TOKEN is not set" } as const);
    expect(await filesOf(asking(), { connect: unset }).find()).toEqual(fail("the variable WA_TOKEN is not set"));
    const broken = () => Promise.reject(new Error("storage"));
    expect(await filesOf(asking(), { connect: broken }).find()).toEqual(fail("the platform could not be asked"));
  });
});
