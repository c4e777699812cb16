/** Which link joins an instance and an account, and what it is called with: the routes document turned into a hand-over. It never sends. */
import type { Channel } from "../channels/channel.ts";
import { channels } from "../channels/registry.ts";
import { chatAuthOf, mayAsk } from "../config/ids.ts";
import type { Routes } from "../config/routes.ts";
import type { InstanceConfig } from "../config/schema.ts";
import { askedIn, type Tier } from "../config/tiers.ts";
import type { LinkRules } from "../core/delivery-rules.ts";
import type { LinkName } from "../core/link-name.ts";
import type { Chat } from "../core/message.ts";
import type { Outcome } from "../core/outcome.ts";
import { Secret } from "../core/secret.ts";
import type { ChatPorts } from "../links/chat/hand-over.ts";
import type { HandOver } from "../links/link.ts";
import type { PollPorts } from "../links/poll/index.ts";
import { links } from "../links/registry.ts";
import type { Secrets } from "../ports/secrets.ts";

/** One stored message on its way to one instance. */
export interface Handing extends HandOver {
  readonly instance: string;
  readonly account: string;
  readonly pool: string;
  readonly messageKey: string;
  readonly kind: string;
  readonly chat: Chat;
  /** Under which name an instance's sessions know the conversation. */
  readonly session: string;
  /** Only for an agent that has no tools. */
  readonly isToolless?: boolean;
  /** Of the message, where its pool asks different agents. */
  readonly tier?: Tier | undefined;
}

export interface HandingPorts extends ChatPorts, PollPorts {
  readonly secrets: Secrets;
}

export interface BoundLink extends LinkRules {
  readonly name: LinkName;
  readonly handOver: (handing: Handing, ports: HandingPorts) => Promise<Outcome>;
}

/** How this instance takes messages of this account, or undefined when it does not. */
export function linkOf(routes: Routes, instanceName: string, accountId: string): BoundLink | undefined {
  const instance = routes.instances.get(instanceName);
  const channel = channels.get(routes.accounts.get(accountId)?.channel ?? "");
  if (instance === undefined || channel === undefined) return undefined;
  const parts = { routes, instance, channel, accountId };
  return native(parts) ?? poll(parts) ?? chat(parts);
}

interface Parts {
  readonly routes: Routes;
  readonly instance: InstanceConfig;
  readonly channel: Channel;
  readonly accountId: string;
}

const NOT_ACCEPTED: Outcome = {
  kind: "refused",
  isPermanent: false,
  isOurs: true,
  detail: "the pool does not accept operator authority, and its agent would have it",
};

const unset = (variable: string): Outcome => ({ kind: "unreachable", detail: `the variable ${variable} is not set`, isOurs: true });
const forwardedForOf = ({ forwardedFor }: InstanceConfig): string | undefined => (forwardedFor === "none" ? undefined : forwardedFor);

function native({ instance, channel, accountId }: Parts): BoundLink | undefined {
  const listener = instance.native[accountId];
  const secretHeader = channel.nativeSecretHeader;
  if (listener === undefined || secretHeader === undefined) return undefined;
  const handOver: BoundLink["handOver"] = async (handing, ports) => {
    const secret = ports.secrets.get(listener.secret);
    if (secret === undefined) return unset(listener.secret);
    return links.native.handOver({ ...handing, url: listener.url, secret, secretHeader, forwardedFor: forwardedForOf(instance) }, ports);
  };
  return { ...links.native, handOver };
}

function poll({ instance, channel, accountId }: Parts): BoundLink | undefined {
  if (!channel.links.includes("poll") || !instance.poll.includes(accountId)) return undefined;
  return { ...links.poll, handOver: (handing, ports) => links.poll.handOver(handing, ports) };
}

function chat({ routes, instance, channel }: Parts): BoundLink | undefined {
  const { url } = instance;
  if (!channel.links.includes("chat") || url === undefined) return undefined;
  const handOver: BoundLink["handOver"] = async (handing, ports) => {
    const pool = routes.pools.get(handing.pool);
    // The document was checked; a message can be older than it, and this is the last door.
    if (pool === undefined || !mayAsk(pool, instance)) return NOT_ACCEPTED;
    const credentials = credentialsOf(instance, ports.secrets);
    if ("kind" in credentials) return credentials;
    const whom = askedIn(pool, handing.tier);
    const asked = { ...handing, ...whom, url, credentials: credentials.headers, channel: channel.name, chatKind: handing.chat.kind };
    return links.chat.handOver({ ...asked, forwardedFor: forwardedForOf(instance) }, ports);
  };
  return { ...links.chat, handOver };
}

/**
 * A user with narrowed scopes, or the gateway's own token. Values a gateway only compares are secrets too: whoever knows them
 * and can reach the gateway past its proxy is that user.
 * @see https://docs.openclaw.ai/gateway/trusted-proxy-auth
 */
export function credentialsOf(
  instance: InstanceConfig,
  secrets: Secrets,
): { readonly headers: Readonly<Record<string, Secret>> } | Outcome {
  const { chat: settings } = instance;
  const headers: Record<string, Secret> = {};
  for (const [name, variable] of Object.entries(settings.headers)) {
    const value = secrets.get(variable);
    if (value === undefined) return unset(variable);
    headers[name] = value;
  }
  if (chatAuthOf(instance) === "trusted-proxy") {
    headers[settings.userHeader] = new Secret(settings.user);
    headers["x-openclaw-scopes"] = new Secret(settings.scopes.join(","));
    return { headers };
  }
  const variable = instance.secrets.gateway ?? "";
  const token = secrets.get(variable);
  if (token === undefined) return unset(variable === "" ? "named by secrets.gateway" : variable);
  headers["authorization"] = new Secret(`Bearer ${token.open()}`);
  return { headers };
}
