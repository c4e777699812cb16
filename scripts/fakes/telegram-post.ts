/** One POST of an update as Telegram's servers make it: their headers and no others, kept-alive connections, no redirects followed. Outermost edge only. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/** Idle timeout of Telegram's connections. @see https://github.com/tdlib/telegram-bot-api/blob/master/telegram-bot-api/WebhookActor.cpp */
const ANSWER_WITHIN_MS = 60_000;

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"], body: Buffer.concat(chunks).toString("utf8") };
}

export type Post = (target: { readonly url: string; readonly secret: string }, body: string) => Promise<Answer>;

export function poster(): { readonly post: Post; readonly close: () => void } {
  const http = new HttpAgent({ keepAlive: true });
  const https = new HttpsAgent({ keepAlive: true });
  const post: Post = ({ url, secret }, body) =>
    new Promise((resolve, reject) => {
      const secretHeader = secret === "" ? {} : { "X-Telegram-Bot-Api-Secret-Token": secret };
      const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), "Accept-Encoding": "gzip, deflate" };
      const options = { method: "POST", headers: { ...headers, ...secretHeader }, timeout: ANSWER_WITHIN_MS };
      const request = url.startsWith("https:")
        ? httpsRequest(url, { ...options, agent: https })
        : httpRequest(url, { ...options, agent: http });
      request.on("response", (response) => readAnswer(response).then(resolve, reject));
      request.on("timeout", () => request.destroy(new Error("Read timeout expired")));
      request.on("error", reject);
      request.end(body);
    });
  return { post, close: () => [http, https].forEach((agent) => void agent.destroy()) };
}

/** At most `limit()` at a time, in order of arrival. */
export function gate(limit: () => number): { readonly enter: () => Promise<void>; readonly leave: () => void } {
  let inside = 0;
  const waiting: (() => void)[] = [];
  const admit = (): void => {
    while (inside < limit() && waiting.length > 0) {
      inside += 1;
      waiting.shift()?.();
    }
  };
  return {
    enter: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        admit();
      }),
    leave: () => {
      inside -= 1;
      admit();
    },
  };
}
