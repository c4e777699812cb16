import { expect, it } from "vitest";
import { env, send, TOKEN } from "./support.ts";

const withHeader = (authorization: string | undefined) =>
  send("/admin/accounts", authorization === undefined ? {} : { headers: { authorization } });

it.each([
  ["no header", undefined],
  ["an empty header", ""],
  ["the token without a scheme", TOKEN],
  ["another scheme", `Basic ${TOKEN}`],
  ["a scheme in other letters", `bearer ${TOKEN}`],
  ["a wrong token", "Bearer wrong"],
  ["a token with something behind it", `Bearer ${TOKEN} x`],
  ["two spaces", `Bearer  ${TOKEN}`],
  ["a prefix of the token", `Bearer ${TOKEN.slice(0, -1)}`],
])("%s is refused without a word", async (_name, authorization) => {
  const response = await withHeader(authorization);
  expect([response.status, await response.text()]).toEqual([401, ""]);
});

it("a header sent twice is refused", async () => {
  const headers = new Headers([
    ["authorization", `Bearer ${TOKEN}`],
    ["authorization", `Bearer ${TOKEN}`],
  ]);
  expect((await send("/admin/accounts", { headers })).status).toBe(401);
});

it("paths that do not exist cannot be told from others without the token", async () => {
  for (const path of ["/admin", "/admin/nothing", "/admin/routes", "/admin/instances/eu-1/drain"])
    expect((await send(path)).status).toBe(401);
});

it("with the token an unknown path is a 404 that says where to look", async () => {
  const response = await send("/admin/nothing", { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ error: { code: "unknown-path", message: expect.stringContaining("docs/operating.md") } });
});

it.each(["", undefined])("without a token of its own (%j) the edge has no admin API", async (token) => {
  const { ADMIN_TOKEN: _unset, ...others } = env;
  const within = token === undefined ? others : { ...others, ADMIN_TOKEN: token };
  const response = await send("/admin/accounts", { headers: { authorization: `Bearer ${token ?? ""}` } }, within);
  expect([response.status, await response.text()]).toEqual([404, ""]);
});

it("one wrong token repeated is refused before it is compared, and never locks the right one out", async () => {
  const statuses = new Set<number>();
  for (let attempt = 0; attempt < 40; attempt += 1) statuses.add((await withHeader("Bearer guess")).status);
  expect([...statuses]).toEqual([401, 429]);
  expect((await withHeader(`Bearer ${TOKEN}`)).status).not.toBe(429);
});
