/** The generator: requests go out at their time whatever happens to earlier ones, and an answer that does not come is one that did not come. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, it } from "vitest";
import { post } from "../../../scripts/bench/load.ts";
import { Senders } from "../../../scripts/overload/arrivals.ts";
import { ACCOUNTS } from "../../../scripts/overload/cast.ts";
import { changed, keptMessages } from "../../../scripts/overload/disk.ts";
import { type Arrival, Generator } from "../../../scripts/overload/open-loop.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Answers as the path says: `/200`, `/503`; `/200?once` breaks the connection the first time; `/bye` with 200, and hangs up; `/hold` only when everything else was answered; `/cut` breaks the connection. */
async function serve(): Promise<Generator> {
  const held: (() => void)[] = [];
  const seen = new Set<string>();
  const server = createServer((request, response) => {
    request.resume();
    const path = request.url ?? "";
    const isFirst = seen.size < seen.add(path).size;
    const broken = isFirst ? ["/cut", "/200?once"] : ["/cut"];
    if (broken.includes(path)) return void request.socket.destroy();
    if (path === "/hold") return void held.push(() => response.writeHead(200).end());
    if (path === "/bye") return void response.writeHead(200).end(() => request.socket.end());
    response.writeHead(Number(path.slice(1, 4)), path === "/503" ? { "retry-after": "4" } : {}).end(() => {
      if (path === "/200") for (const release of held.splice(0)) release();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const generator = new Generator(typeof address === "object" && address !== null ? address.port : 0);
  closing.push(() => {
    generator.close();
    server.closeAllConnections();
    server.close();
  });
  return generator;
}

const arrival = (path: string, atMs: number): Arrival => ({ atMs, account: "a", id: path, request: post(path, "{}") });

it("waits for nobody, and tells every answer", async () => {
  const generator = await serve();
  const samples = await generator.drive([arrival("/hold", 0), arrival("/503", 1), arrival("/cut", 2), arrival("/200", 60)]);
  expect(samples.map(({ id, status, retryAfter }) => [id, status, retryAfter]).toSorted()).toEqual([
    ["/200", 200, undefined],
    ["/503", 503, "4"],
    ["/cut", 0, undefined],
    ["/hold", 200, undefined],
  ]);
  const held = samples.find(({ id }) => id === "/hold");
  expect(held?.latencyMs).toBeGreaterThanOrEqual(59);
});

it("sends nothing on a connection that was hung up while it had nothing to do", async () => {
  const generator = await serve();
  const samples = await generator.drive([arrival("/bye", 0), arrival("/200", 80)]);
  expect(samples.map(({ status }) => status)).toEqual([200, 200]);
});

it("brings once more what a connection broke under", async () => {
  const generator = await serve();
  expect((await generator.drive([arrival("/200?once", 0)])).map(({ status }) => status)).toEqual([200]);
});

it("what one sender waits for is nothing to another", async () => {
  const generator = await serve();
  const loud = Array.from({ length: 192 }, (): Arrival => arrival("/hold", 0));
  const samples = await generator.drive([...loud, { ...arrival("/200", 20), account: "b" }]);
  expect(samples.filter(({ account, status }) => account === "b" && status === 200)).toHaveLength(1);
  expect(samples[0]?.account).toBe("b");
});

it("senders repeat nothing, come in order of time, at about their rate, and from all accounts", () => {
  const senders = new Senders();
  const rates = new Map(ACCOUNTS.map((account) => [account, 100]));
  const arrivals = [...senders.arrivals(rates, 10), ...senders.arrivals(rates, 10)];
  expect(new Set(arrivals.map(({ account, id }) => `${account} ${id}`)).size).toBe(arrivals.length);
  for (const account of ACCOUNTS) {
    const { length } = arrivals.filter((each) => each.account === account);
    expect(Math.abs(length - 2000)).toBeLessThan(300);
  }
  const times = senders.arrivals(rates, 1).map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((left, right) => left - right));
});

it("a database is one thing that changed, whichever of its files did", () => {
  const file = (changedMs: number) => ({ bytes: 1, changedMs });
  const before = new Map([
    ["a.sqlite", file(1)],
    ["b.sqlite", file(1)],
    ["kv/routes", file(1)],
  ]);
  const after = new Map([...before, ["a.sqlite-wal", file(2)], ["a.sqlite", file(2)], ["c.sqlite", file(2)]]);
  expect(changed(before, after)).toEqual(["a", "c"]);
});

it("what conversations keep is read from their databases, and from no other", () => {
  const dir = mkdtempSync(join(tmpdir(), "clawedge-disk-"));
  closing.push(() => rmSync(dir, { recursive: true }));
  const objects = join(dir, "objects", "x-Conversation");
  mkdirSync(objects, { recursive: true });
  const write = (name: string, sql: string): void => {
    const database = new DatabaseSync(join(objects, name));
    database.exec(sql);
    database.close();
  };
  write("metadata.sqlite", "CREATE TABLE alarms (at INTEGER)");
  write("one.sqlite", "CREATE TABLE seen (key TEXT); INSERT INTO seen VALUES ('a/1'), ('a/2')");
  write("two.sqlite", "CREATE TABLE seen (key TEXT); INSERT INTO seen VALUES ('b/1')");
  expect([...keptMessages(dir)].toSorted()).toEqual(["a/1", "a/2", "b/1"]);
});
