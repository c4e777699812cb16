/** Bindings and variables of the Worker. Secrets named by the routes document are variables too: read them through `envSecrets`. */
import type { Bot } from "./bot/durable-object.ts";
import type { Config } from "./config/durable-object.ts";
import type { Conversation } from "./conversation/durable-object.ts";
import type { Instance } from "./instance/durable-object.ts";
import type { Shard } from "./shard/durable-object.ts";

export interface Env {
  readonly ROUTES: KVNamespace;
  readonly CONVERSATION: DurableObjectNamespace<Conversation>;
  readonly BOT: DurableObjectNamespace<Bot>;
  readonly INSTANCE: DurableObjectNamespace<Instance>;
  readonly CONFIG: DurableObjectNamespace<Config>;
  readonly SHARD: DurableObjectNamespace<Shard>;

  /** Workers AI; unset means that meanings are compared nowhere. */
  readonly AI?: { readonly run: (model: string, input: { readonly text: string[] }) => Promise<unknown> };

  /** Bearer of `/admin/*`; unset means that there is no admin API. */
  readonly ADMIN_TOKEN?: string;
  /** Bearer of `/metrics`; the admin token serves too. */
  readonly METRICS_TOKEN?: string;
  /** Where the platforms reach this edge, without a trailing slash. */
  readonly PUBLIC_URL?: string;
  /** Root of Telegram's Bot API. Default `https://api.telegram.org`. */
  readonly TELEGRAM_API_BASE?: string;
  /** Root of Meta's Graph API, without the version. Default `https://graph.facebook.com`. */
  readonly WHATSAPP_API_BASE?: string;
  /** `true` allows instances on http and on private addresses: local edges only. */
  readonly ALLOW_PRIVATE_INSTANCES?: string;
  /** `off` where the runtime has no Durable Object jurisdictions (workerd by itself). Residency stays part of every name. */
  readonly JURISDICTIONS?: string;
  /** How long an isolate serves a snapshot before it looks again, in ms. Default 30000, KV's own minimum. */
  readonly CONFIG_TTL_MS?: string;
  /** The header that carries the client's address and that only the platform can set (`cf-connecting-ip` on Cloudflare). Unset: no address is believed. */
  readonly CLIENT_ADDRESS_HEADER?: string;
  readonly UPSTASH_REDIS_REST_URL?: string;
  readonly UPSTASH_REDIS_REST_TOKEN?: string;
}
