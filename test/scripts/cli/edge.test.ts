import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { clawedge, fakeAdmin, TOKEN } from "./fake-admin.ts";

const HISTORY = "GET /admin/routes/history";

it("without an address it says how to give one", async () => {
  const ran = await clawedge(["routes", "history"]);
  expect(ran).toEqual({ code: 3, out: "", err: "clawedge: CLAWEDGE_URL is not set: pass --edge https://..., or export CLAWEDGE_URL\n" });
});

it("without a token it says which one", async () => {
  const ran = await clawedge(["routes", "history", "--edge", "https://edge.example.com"], { env: {} });
  expect(ran.code).toBe(3);
  expect(ran.err).toContain("CLAWEDGE_ADMIN_TOKEN is not set");
});

it.each(["edge.example.com", "ftp://edge.example.com", "not an address"])("%s is not an address of an edge", async (url) => {
  expect(await clawedge(["routes", "history", "--edge", url])).toMatchObject({
    code: 2,
    err: expect.stringContaining("https://edge.example.com"),
  });
});

it("nobody there is told as such", async () => {
  const { url } = await fakeAdmin({});
  const nobody = url.replace(/\d+$/, "1");
  const ran = await clawedge(["routes", "history", "--edge", nobody]);
  expect(ran.code).toBe(3);
  expect(ran.err).toContain(`the edge at ${nobody} cannot be reached`);
});

it.each([
  [401, {}, "Export CLAWEDGE_ADMIN_TOKEN"],
  [404, {}, "only while its ADMIN_TOKEN is set"],
  [429, { "retry-after": "12" }, "Wait 12 s"],
  [301, { location: "https://elsewhere.example.com/" }, "redirects are not followed"],
  [502, {}, "answered http 502"],
  [200, {}, "not as an edge does"],
])("http %i without JSON is a refusal", async (status, headers, hint) => {
  const { url, asked } = await fakeAdmin({ [HISTORY]: { status, headers, text: "" } });
  const ran = await clawedge(["routes", "history", "--edge", url]);
  expect(ran).toMatchObject({ code: 3, out: "", err: expect.stringContaining(hint) });
  expect(ran.err).not.toContain(TOKEN);
  expect(asked).toHaveLength(1);
});

it.each([
  [404, 1],
  [409, 1],
  [502, 1],
  [503, 3],
])("an error of the API (http %i) is its own sentence, exit code %i, and JSON when asked for", async (status, code) => {
  const error = { code: "some-code", message: "Do this." };
  const { url } = await fakeAdmin({ [HISTORY]: { status, json: { error } } });
  expect(await clawedge(["routes", "history", "--edge", url])).toEqual({ code, out: "", err: "clawedge: Do this.\n" });
  const ran = await clawedge(["routes", "history", "--edge", url, "--json"]);
  expect([ran.code, JSON.parse(ran.out)]).toEqual([code, { error }]);
});

it("the token goes in the header, the operator's name with it, a slash at the end of the address does not matter", async () => {
  const { url, asked } = await fakeAdmin({ [HISTORY]: { json: { history: [] } } });
  const ran = await clawedge(["routes", "history"], { env: { CLAWEDGE_URL: `${url}/`, CLAWEDGE_ADMIN_TOKEN: TOKEN } });
  expect(ran.code).toBe(0);
  expect(asked[0]?.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, "x-clawedge-operator": expect.any(String) });
});

it("a local edge that runs in this directory is found", async () => {
  const { url } = await fakeAdmin({ [HISTORY]: { json: { history: [] } } });
  const directory = mkdtempSync(join(tmpdir(), "clawedge-cli-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, ".clawedge/edge"), { recursive: true });
  writeFileSync(join(directory, ".clawedge/edge/edge.json"), JSON.stringify({ url }));
  expect((await clawedge(["routes", "history"], { directory })).code).toBe(0);
  expect((await clawedge(["routes", "history"], { directory: tmpdir() })).code).toBe(3);
});

it("control characters from the edge do not reach the terminal", async () => {
  const { url } = await fakeAdmin({ [HISTORY]: { status: 404, json: { error: { code: "x", message: "\u001b[31mred" } } } });
  expect((await clawedge(["routes", "history", "--edge", url])).err).toBe("clawedge: \ufffd[31mred\n");
});

it("the launcher runs as a process of its own", () => {
  const ran = spawnSync(process.execPath, ["scripts/clawedge.mjs", "routes", "validate", "routes.example.jsonc"], { encoding: "utf8" });
  expect(ran.status).toBe(0);
  expect(ran.stdout).toContain("valid. Next: clawedge routes push");
});
