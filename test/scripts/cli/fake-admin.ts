/** A stand-in for an edge's admin API on loopback: answers what the test says, remembers what it was asked, and is loud about the rest. */
import { createServer } from "node:http";
import { onTestFinished } from "vitest";
import { run, type Terminal } from "../../../scripts/cli/main.ts";

export interface Asked {
  readonly request: string;
  readonly body: string;
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Reply {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `GET /admin/routes` to its answer; a function sees how often it was asked before, and with what now. */
export type Replies = Readonly<Record<string, Reply | ((times: number, body: string) => Reply)>>;

export const TOKEN = "the-admin-token";

export async function fakeAdmin(replies: Replies) {
  const asked: Asked[] = [];
  const counts = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const name = `${request.method} ${request.url}`;
    const bytes = Buffer.concat(chunks);
    asked.push({ request: name, body: bytes.toString(), bytes, headers: request.headers });
    const times = counts.get(name) ?? 0;
    counts.set(name, times + 1);
    const found = replies[name];
    const reply =
      typeof found === "function" ? found(times, bytes.toString()) : (found ?? { status: 418, text: `nobody expected ${name}` });
    response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
    response.end(reply.text ?? JSON.stringify(reply.json));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  return { url, asked };
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command line as a process would run it, without the process: time passes when it sleeps. */
export async function clawedge(
  args: readonly string[],
  around: Partial<Pick<Terminal, "env" | "directory" | "runProgram" | "seekProgram" | "interrupts" | "err">> = {},
): Promise<Ran> {
  const said: Record<"out" | "err", string[]> = { out: [], err: [] };
  const clock = { nowMs: 0 };
  const code = await run(args, {
    out: (text) => void said.out.push(text),
    err: (text) => void said.err.push(text),
    env: { CLAWEDGE_ADMIN_TOKEN: TOKEN },
    directory: "/nonexistent",
    nowMs: () => clock.nowMs,
    sleep: async (ms) => {
      clock.nowMs += ms;
    },
    ...around,
  });
  return { code, out: said.out.join(""), err: said.err.join("") };
}
