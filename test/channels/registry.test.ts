/** The registry, and what adding a channel takes: one folder, one line here, specimens, and the short test at the end of this file. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { channels, plannedChannels, registryOf } from "../../src/channels/registry.ts";
import { hex, utf8 } from "../../src/core/bytes.ts";
import { hmac } from "../../src/core/crypto.ts";
import { keepsTheChannelPromises } from "../contract/channel.ts";
import { echo } from "../fixtures/channel-echo/index.ts";

const FILES = ["egress.ts", "index.ts", "limits.ts", "parse.ts", "platform.ts", "registration.ts", "render.ts", "schema.ts", "verify.ts"];
const filesOf = (folder: string) => readdirSync(folder);
const folders = readdirSync("src/channels", { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe("the registry", () => {
  it("has every channel folder under its own name, and nothing without a folder", () => {
    expect([...channels.keys()].sort()).toEqual(folders.map((folder) => folder.name).sort());
    for (const [name, channel] of channels) expect(channel.name).toBe(name);
  });

  it("finds the same files in every channel folder", () => {
    for (const { name } of folders) expect(filesOf(`src/channels/${name}`)).toEqual(expect.arrayContaining(FILES));
  });

  it("plans no channel that is built", () => {
    for (const name of plannedChannels) expect(channels.has(name)).toBe(false);
  });

  it("does not take two channels of one name", () => {
    expect(() => registryOf([echo, echo])).toThrow("same name");
  });
});

describe("a channel that is added", () => {
  const added = registryOf([...channels.values(), echo]);

  it("is there under its name beside the others, in a folder with the same files", () => {
    expect([...added.keys()]).toEqual([...channels.keys(), "echo"]);
    expect(filesOf("test/fixtures/channel-echo").sort()).toEqual(FILES);
  });
});

const KEY = "echo-key";
const hello = JSON.parse(readFileSync("test/specimens/echo/hello.json", "utf8")) as unknown;
async function signed(key: string) {
  const body = utf8(JSON.stringify(hello));
  const headers = new Headers({ "x-echo-signature": hex(await hmac(key, body)) });
  return { method: "POST", url: "https://edge.test/webhooks/echo/one", headers, body, arrivedAtMs: 1_793_000_000_000 };
}

keepsTheChannelPromises({
  channel: echo,
  account: {
    id: "echo:one",
    channel: "echo",
    name: "one",
    pool: "p",
    scope: "chat",
    proactive: "owner",
    secrets: { key: "ECHO_KEY" },
    options: {},
  },
  secrets: { key: KEY },
  arrivedAtMs: 1_793_000_000_000,
  genuine: { hello: await signed(KEY) },
  forged: { "another key": await signed("another"), "no signature": { ...(await signed(KEY)), headers: new Headers() } },
});
