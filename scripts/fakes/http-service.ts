/** A loopback HTTP service in a few verbs: listen, read, answer, close. For the stand-ins of the outermost edge only. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export type Handle = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void> | void;

export interface Service {
  readonly port: number;
  readonly url: string;
  /** Stops listening and drops every connection. */
  readonly close: () => Promise<void>;
}

export const HOST = "127.0.0.1";

const answerBug = (response: ServerResponse, error: unknown): void => {
  console.error(error);
  if (!response.headersSent) answerJson(response, 500, { ok: false, error_code: 500, description: "Internal Server Error" });
};

const IDLE_MS = 120_000;

export function listen(port: number, handle: Handle): Promise<Service> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", `http://${HOST}`);
    Promise.resolve()
      .then(() => handle(request, response, url))
      .catch((error: unknown) => (request.destroyed ? response.destroy() : answerBug(response, error)));
  });
  // A connection that is closed for being idle, in the moment a request comes on it, is a request that nobody can say was lost.
  server.keepAliveTimeout = IDLE_MS;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => resolve(serviceOf(server)));
  });
}

function serviceOf(server: Server): Service {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port, url: `http://${HOST}:${port}`, close };
}

/** Undefined when the body is larger; the rest of it is read and thrown away, so that the client sees the answer. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  return bytes > maxBytes ? undefined : Buffer.concat(chunks);
}

export function answerJson(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
