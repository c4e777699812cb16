/**
 * One keep-alive connection that sends requests serialised beforehand and waits for each answer: far less work per request than an HTTP
 * client, so that two cores measure the server. Understands the answers servers of the bench give, and no others.
 */
import { connect, type Socket } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");
const LAST_CHUNK = "0\r\n\r\n";

/** Bytes of the first whole answer in `data`, or undefined while some of it is missing. */
function answerBytes(data: Buffer): number | undefined {
  const head = data.indexOf(HEAD_END);
  if (head < 0) return undefined;
  const start = head + HEAD_END.length;
  const text = data.toString("latin1", 0, head).toLowerCase();
  if (text.includes("transfer-encoding: chunked")) {
    return data.toString("latin1", data.length - LAST_CHUNK.length) === LAST_CHUNK ? data.length : undefined;
  }
  const length = Number(/content-length: *(\d+)/.exec(text)?.[1] ?? 0);
  return data.length >= start + length ? start + length : undefined;
}

export interface Answer {
  readonly status: number;
  /** Of an answer that is no success, as it stands there. */
  readonly retryAfter?: string | undefined;
}

const RETRY_AFTER = /\r\nretry-after: *([^\r]*)/i;

export interface Connection {
  /** Resolves once the whole answer is here. One at a time. */
  readonly ask: (request: Buffer) => Promise<Answer>;
  /** The same, for whom the status is enough. */
  readonly send: (request: Buffer) => Promise<number>;
  readonly close: () => void;
  /** False once the server has hung up, as it may whenever it has answered. */
  readonly isOpen: () => boolean;
}

export async function openConnection(port: number): Promise<Connection> {
  const socket: Socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  let data: Buffer = Buffer.alloc(0);
  let waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void } | undefined;
  const fail = (error: Error): void => waiting?.reject(error);
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the server closed the connection")));
  socket.on("data", (chunk: Buffer) => {
    data = data.length === 0 ? chunk : Buffer.concat([data, chunk]);
    const bytes = answerBytes(data);
    if (bytes === undefined) return;
    const status = Number(data.toString("latin1", 9, 12));
    const retryAfter = status === 200 ? undefined : RETRY_AFTER.exec(data.toString("latin1", 0, bytes))?.[1];
    data = data.subarray(bytes);
    const { resolve } = waiting ?? { resolve: () => undefined };
    waiting = undefined;
    resolve({ status, retryAfter });
  });
  const isOpen = (): boolean => socket.readyState === "open";
  const ask = (request: Buffer): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (!isOpen()) return reject(new Error("the server closed the connection"));
      waiting = { resolve, reject };
      socket.write(request);
    });
  return { ask, send: async (request) => (await ask(request)).status, close: () => socket.destroy(), isOpen };
}
