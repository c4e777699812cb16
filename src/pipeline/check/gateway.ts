/**
 * Looks at a gateway's own port: address, token, probes. Sends nothing but GETs, and the gateway's token only to its own address.
 * @see https://docs.openclaw.ai/gateway/health
 */
import type { InstanceConfig } from "../../config/schema.ts";
import { parseJson } from "../../core/json.ts";
import type { Secret } from "../../core/secret.ts";
import { checkInstanceUrl, type UrlRules } from "../../core/url-guard.ts";
import { type Exchange, exchange } from "../../links/exchange.ts";
import type { LinkPorts } from "../../links/link.ts";
import { bad, type CheckLine, good, unknown, warn } from "./report.ts";

export interface GatewayFacts {
  readonly lines: readonly CheckLine[];
  readonly version?: string;
}

export function checkUrl(check: string, url: string, rules: UrlRules): CheckLine {
  const verdict = checkInstanceUrl(url, rules);
  if (verdict.ok) return good(check, verdict.value.origin);
  const fix = "Use https and a public name. On a local edge ALLOW_PRIVATE_INSTANCES=true allows http and private addresses.";
  return bad(check, `the edge does not call ${url}: ${verdict.problem.detail}`, fix);
}

export async function checkGateway(instance: InstanceConfig, caller: Caller, ports: LinkPorts): Promise<GatewayFacts> {
  const [startup, health, ready] = await Promise.all(
    ["/startupz", "/healthz", "/readyz"].map((path) => probe(instance, caller, ports, path)),
  );
  const version = textIn(bodyOf(startup), "version");
  const token = tokenLine(instance, caller, version);
  const lines = [startupLine(startup, version), ...(token === undefined ? [] : [token]), healthLine(health), readyLine(ready)];
  return { lines, ...(version === undefined ? {} : { version }) };
}

/** The version alone, to compare members of a pool by. */
export async function versionOf(instance: InstanceConfig, caller: Caller, ports: LinkPorts): Promise<string | undefined> {
  return textIn(bodyOf(await probe(instance, caller, ports, "/startupz")), "version");
}

function probe(instance: InstanceConfig, caller: Caller, ports: LinkPorts, path: string): Promise<Exchange> {
  const headers = { accept: "application/json", ...callerHeaders(instance, caller) };
  const url = `${(instance.url ?? "").replace(/\/+$/, "")}${path}`;
  return exchange({ url, method: "GET", headers, deadlineMs: instance.probe.timeoutMs, readsBody: () => true }, ports);
}

/** Who asks: the owner of a gateway's token, or the user that a gateway asked over /v1 knows the edge by. Its name is enough for probes. */
export interface Caller {
  readonly token: Secret | undefined;
  readonly isUser: boolean;
}

/** How the edge shows itself to a gateway's probes: with the one forwarding header the document configures. */
export const callerHeaders = (instance: InstanceConfig, { token, isUser }: Caller): Readonly<Record<string, string>> => ({
  ...(instance.forwardedFor === "none" ? {} : { "x-forwarded-for": instance.forwardedFor }),
  ...(token === undefined ? {} : { authorization: `Bearer ${token.open()}` }),
  ...(isUser ? { [instance.chat.userHeader]: instance.chat.user } : {}),
});

const ATTRIBUTION_FIX =
  "Make gateway.trustedProxies and the instance's forwardedFor agree: behind a proxy set both, on the same host set neither.";

function startupLine(answer: Exchange | undefined, version: string | undefined): CheckLine {
  const said = textIn(bodyOf(answer), "status");
  const status = statusOf(answer);
  if (status === 200 && said === "started") return good("startup", `started${version === undefined ? "" : `, version ${version}`}`);
  if (status === 404) return warn("startup", "no /startupz (older than 2026.8.1)", "Update the gateway: probes fall back to /healthz.");
  if (said === "starting" || said === "draining") return warn("startup", `the gateway says it is ${said}`, "Wait, then check again.");
  if (status === 403) return bad("startup", "http 403", ATTRIBUTION_FIX);
  return bad(
    "startup",
    describe(answer),
    "Start the gateway, and make its url in the routes document the gateway port (18789 by default).",
  );
}

/** Undefined where none is needed: a user is looked at with what it may do. */
function tokenLine(instance: InstanceConfig, { token, isUser }: Caller, version: string | undefined): CheckLine | undefined {
  const variable = instance.secrets.gateway;
  if (variable === undefined && isUser) return undefined;
  if (variable === undefined) {
    return unknown(
      "gateway token",
      "the document names none",
      `Name a variable under secrets.gateway to have versions and settings checked.`,
    );
  }
  if (token === undefined) return bad("gateway token", `the variable ${variable} is not set`, `Set it: wrangler secret put ${variable}`);
  if (version !== undefined) return good("gateway token", `${variable} is accepted`);
  return warn(
    "gateway token",
    `with ${variable} the gateway tells no version`,
    `Compare ${variable} with gateway.auth.token of the gateway.`,
  );
}

function healthLine(answer: Exchange | undefined): CheckLine {
  if (statusOf(answer) === 200 && memberOf(bodyOf(answer), "ok") === true) return good("health", "live");
  return bad("health", describe(answer), "The address does not lead to a gateway that is up: look at its process, proxy and port.");
}

/** Only a signal: one broken channel account makes it 503 while all others work. */
function readyLine(answer: Exchange | undefined): CheckLine {
  if (memberOf(bodyOf(answer), "ready") === true) return good("ready", "ready");
  const failing = memberOf(bodyOf(answer), "failing");
  const names = Array.isArray(failing) ? failing.filter((name) => typeof name === "string").map((name) => name.slice(0, 64)) : [];
  const detail = names.length === 0 ? describe(answer) : `failing: ${names.slice(0, 10).join(", ")}`;
  return warn("ready", detail, "Look at `openclaw channels status` on the gateway. This alone takes nothing out of service.");
}

const statusOf = (answer: Exchange | undefined): number | undefined => (answer?.kind === "answered" ? answer.status : undefined);

/** A few words, never a body. */
export function describe(answer: Exchange | undefined): string {
  if (answer === undefined || answer.kind === "timeout") return "no answer in time";
  if (answer.kind === "not-sent") return answer.detail;
  if (answer.kind === "lost") return "the connection was lost";
  return answer.status === 200 ? "http 200, but not the expected body" : `http ${answer.status}`;
}

function bodyOf(answer: Exchange | undefined): unknown {
  const parsed = answer?.kind === "answered" ? parseJson(answer.text) : undefined;
  return parsed?.ok === true ? parsed.value : undefined;
}

export const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;

function textIn(value: unknown, name: string): string | undefined {
  const member = memberOf(value, name);
  return typeof member === "string" ? member.slice(0, 64) : undefined;
}
