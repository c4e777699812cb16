/** Closed-loop load: so many connections, each sending its next request when the last one is answered. Any answer but 200 ends the bench. */
import { openConnection } from "./connection.ts";
import { quantile } from "./statistics.ts";

/** Something that takes requests: where it listens, and its `index`-th request, which no other index repeats. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly request: (index: number) => Buffer;
}

export interface Load {
  readonly connections: number;
  readonly requests: number;
  /** Index of the first request: fresh ones in every round. */
  readonly from: number;
}

export interface Figures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function run(target: Target, load: Load): Promise<Figures> {
  const requests = Array.from({ length: load.requests }, (_, index) => target.request(load.from + index));
  const connections = await Promise.all(Array.from({ length: load.connections }, () => openConnection(target.port)));
  const latencies: number[] = [];
  let next = 0;
  const startedMs = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
        const sentMs = performance.now();
        const status = await connection.send(request);
        if (status !== 200) throw new Error(`${target.name} answered ${status}: the bench measures acknowledgements only`);
        latencies.push(performance.now() - sentMs);
      }
    }),
  );
  const seconds = (performance.now() - startedMs) / 1000;
  for (const connection of connections) connection.close();
  return { perSecond: load.requests / seconds, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
}

export function post(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  const all = { host: "127.0.0.1", "content-type": "application/json", "content-length": String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}
