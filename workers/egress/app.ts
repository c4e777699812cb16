/** `/egress/:channel/:account/:instance/...`: instances' own calls to their platform. Reads, asks the pipeline, does what it said; no rule lives here. */
import { Hono } from "hono";
import type { Channel } from "../../src/channels/channel.ts";
import type { CallHead, Egress, EgressEntry } from "../../src/channels/egress.ts";
import { decideEgress, type EgressPorts } from "../../src/pipeline/egress.ts";
import type { Http } from "../../src/ports/http.ts";
import type { Pollers } from "../../src/ports/pollers.ts";
import { wireResponse } from "./answer.ts";
import { badGateway, forwardCall } from "./forward.ts";
import { answerPoll } from "./poll.ts";
import { type SplitBody, splitBody } from "./read-head.ts";

export interface EgressDeps extends EgressPorts {
  readonly http: Http;
  readonly pollers: Pollers;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly variable: (name: string) => string | undefined;
}

const PATH = /^\/egress\/([a-z0-9]{1,31})\/([a-z0-9-]{1,63})\/([a-z0-9-]{1,63})\/(.+)$/;

/** `compose` is asked once per request: in a Worker, bindings come with the request. */
export function egressApp<E>(compose: (env: E) => EgressDeps): Hono<{ Bindings: E & object }> {
  const app = new Hono<{ Bindings: E & object }>();
  app.on(["GET", "POST"], "/egress/*", (context) => answer(context.req.raw, compose(context.env)));
  return app;
}

async function answer(request: Request, deps: EgressDeps): Promise<Response> {
  const [, channel = "", account = "", instance = "", rest = ""] = PATH.exec(new URL(request.url).pathname) ?? [];
  const egress = deps.channels.get(channel)?.egress;
  const entry = egress?.entry;
  if (egress === undefined || entry === undefined) return new Response(null, { status: 404 });
  const target = entry.readPath(rest);
  if (target === undefined) return wireResponse(egress.refuse(404, "Not Found"));
  try {
    return await pass({ request, egress, entry, claim: { account: `${channel}:${account}`, instance, target } }, deps);
  } catch (thrown) {
    return failed(egress, { account: `${channel}:${account}`, instance, detail: String(thrown) }, deps);
  }
}

interface Incoming {
  readonly request: Request;
  readonly egress: Egress;
  readonly entry: EgressEntry;
  readonly claim: Pick<Parameters<typeof decideEgress>[0], "account" | "instance" | "target">;
}

async function pass({ request, egress, entry, claim }: Incoming, deps: EgressDeps): Promise<Response> {
  let body: SplitBody | undefined;
  const readHead = async (): Promise<CallHead> => {
    body = await splitBody(request);
    return headOf(request, claim.target.path, body);
  };
  const decision = await decideEgress({ ...claim, egress, readHead }, deps);
  if (decision.kind === "answered") return wireResponse(decision.answer, decision.retryAfterMs);
  if (decision.kind === "poll") return answerPoll(decision, { egress, gone: request.signal }, deps);
  const base = deps.variable(entry.apiBase.variable) ?? entry.apiBase.fallback;
  return forwardCall({ forward: decision, egress, base, request, takeBody: () => body?.takeBody() }, deps);
}

const headOf = (request: Request, method: string, body: SplitBody): CallHead => ({
  method,
  query: new URL(request.url).searchParams,
  contentType: request.headers.get("content-type") ?? "",
  head: body.head,
  isComplete: body.isComplete,
});

/** An object that cannot be asked: fail closed, in the platform's words. Nothing was forwarded, or its answer was lost. */
function failed(egress: Egress, facts: { readonly account: string; readonly instance: string; readonly detail: string }, deps: EgressDeps) {
  deps.log.write({ level: "error", event: "egress.failed", ...facts });
  return badGateway(egress);
}
