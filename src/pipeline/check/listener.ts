/**
 * Looks at an instance's own webhook listener for one account. A wrong secret is tried once, because listeners count failures. It
 * never sends anything that starts a turn: the durable marker is proven by what was delivered before, or, when asked for, by the
 * channel's harmless payload.
 */
import type { Channel } from "../../channels/channel.ts";
import type { InstanceConfig } from "../../config/schema.ts";
import { base64url, utf8 } from "../../core/bytes.ts";
import type { Secret } from "../../core/secret.ts";
import { traceparentOf } from "../../core/trace-context.ts";
import type { UrlRules } from "../../core/url-guard.ts";
import { type Exchange, exchange } from "../../links/exchange.ts";
import type { LinkPorts } from "../../links/link.ts";
import { native } from "../../links/native/index.ts";
import type { NativeHandOver } from "../../links/native/request.ts";
import { checkUrl, describe } from "./gateway.ts";
import { bad, type CheckLine, good, unknown, warn } from "./report.ts";

export interface ListenerQuestion {
  readonly account: string;
  readonly channel: Channel;
  readonly instance: InstanceConfig;
  readonly native: InstanceConfig["native"][string];
  readonly secret: Secret | undefined;
  readonly rules: UrlRules;
  /** Messages this instance ever took with the durable marker. */
  readonly accepted: number;
  readonly probesUpdate: boolean;
  readonly spanId: string;
}

export async function checkListener(question: ListenerQuestion, ports: LinkPorts): Promise<readonly CheckLine[]> {
  const { account, native: listener, rules } = question;
  const url = checkUrl(`${account} listener url`, listener.url, rules);
  if (url.status === "fail") return [url];
  return [url, await healthLine(question, ports), await wrongSecretLine(question, ports), await markerLine(question, ports)];
}

async function healthLine({ account, native: listener, instance }: ListenerQuestion, ports: LinkPorts): Promise<CheckLine> {
  const check = `${account} listener`;
  const url = `${new URL(listener.url).origin}/healthz`;
  const answer = await exchange({ url, method: "GET", headers: {}, deadlineMs: instance.probe.timeoutMs, readsBody: () => true }, ports);
  if (answer.kind === "answered" && answer.status === 200) return good(check, "listening");
  const fix = "Set webhookHost and webhookPort of the gateway's channel so that this address reaches its listener (8787 by default).";
  return bad(check, `${url}: ${describe(answer)}`, fix);
}

/** Long enough for any grammar of secrets, and nobody's. */
const WRONG_SECRET = "clawedge-check-wrong-secret";

async function wrongSecretLine(question: ListenerQuestion, ports: LinkPorts): Promise<CheckLine> {
  const { account, native: listener, channel, instance } = question;
  const headers = { "content-type": "application/json", [channel.nativeSecretHeader ?? "authorization"]: WRONG_SECRET };
  const call = { url: listener.url, method: "POST", headers, body: utf8("{}"), readsBody: () => false } as const;
  return refusalLine(`${account} refuses a wrong secret`, await exchange({ ...call, deadlineMs: instance.probe.timeoutMs }, ports));
}

function refusalLine(check: string, answer: Exchange): CheckLine {
  if (answer.kind !== "answered") return unknown(check, describe(answer), "See the listener's own line.");
  if (answer.status === 401 || answer.status === 403) return good(check, `http ${answer.status}`);
  if (answer.status === 429) return unknown(check, "http 429: the listener is counting failures", "Wait a few minutes, then check again.");
  if (answer.status === 404) return bad(check, "http 404", "The path is not the webhookPath of the gateway's channel.");
  const isOpen = answer.status >= 200 && answer.status < 300;
  const fix = isOpen
    ? "Set webhookSecret in the gateway: whoever finds this address can write to it."
    : "Something else answers at this address.";
  return bad(check, `http ${answer.status} instead of 401`, fix);
}

async function markerLine(question: ListenerQuestion, ports: LinkPorts): Promise<CheckLine> {
  const { account, accepted, secret, native: listener, channel, probesUpdate } = question;
  const check = `${account} durable hand-over`;
  if (secret === undefined)
    return bad(check, `the variable ${listener.secret} is not set`, `Set it: wrangler secret put ${listener.secret}`);
  if (probesUpdate && channel.harmless !== undefined)
    return outcomeLine(check, await handOverHarmless(question, secret, ports), listener.secret);
  if (accepted > 0) return good(check, `this instance has taken ${accepted} messages with the durable marker`);
  const fix = "Send the bot a message, or check with --probe-update: it sends a harmless update that starts no turn.";
  return unknown(check, "not proven: nothing was delivered to it yet", fix);
}

function handOverHarmless(question: ListenerQuestion, secret: Secret, ports: LinkPorts) {
  const { account, native: listener, channel, instance, spanId } = question;
  const request: NativeHandOver = {
    url: listener.url,
    secret,
    secretHeader: channel.nativeSecretHeader ?? "authorization",
    forwardedFor: instance.forwardedFor === "none" ? undefined : instance.forwardedFor,
    body: utf8(JSON.stringify(channel.harmless)),
    contentType: "application/json",
    key: base64url(utf8(`${account}/check`)),
    traceparent: traceparentOf(`${spanId}${spanId}`, spanId),
    deadlineMs: instance.probe.timeoutMs,
  };
  return native.handOver(request, ports);
}

function outcomeLine(check: string, outcome: Awaited<ReturnType<typeof native.handOver>>, variable: string): CheckLine {
  const { kind, status, detail } = outcome;
  if (kind === "accepted") return good(check, "a harmless update was taken with the durable marker");
  if (kind === "busy") return warn(check, `busy: ${detail}`, "Wait, then check again.");
  if (status === 401 || status === 403) return bad(check, detail, `Make ${variable} equal to webhookSecret of the gateway's channel.`);
  if (kind === "unknown" && status !== undefined) {
    return bad(check, detail, "Update the gateway, and let its proxy pass the header x-openclaw-delivery-accepted.");
  }
  return bad(check, detail, "Look at the listener's own lines and at the gateway's log.");
}
