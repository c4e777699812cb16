/**
 * A gateway's settings, read through its admin RPC: as much of them as decides whether it works behind this edge. Values the
 * gateway redacts stay redacted; nothing read here is shown but names and addresses.
 * @see https://docs.openclaw.ai/plugins/admin-http-rpc
 */
import * as z from "zod/mini";
import type { InstanceConfig } from "../../config/schema.ts";
import { parseJson } from "../../core/json.ts";
import { lenient } from "../../core/lenient.ts";
import { fail, ok, type Result } from "../../core/result.ts";
import type { Exchange } from "../../links/exchange.ts";
import type { LinkPorts } from "../../links/link.ts";
import { askAdminRpc } from "../admin-rpc.ts";
import { describe } from "./gateway.ts";

/** `config.get` repeats the configuration in several forms. */
const MAX_SETTINGS_BYTES = 4 * 1024 * 1024;
const SETTINGS_LIMITS = { maxDepth: 64, maxKeys: 400_000 };

const accountSettings = z.object({
  dmPolicy: lenient(z.string()),
  webhookUrl: lenient(z.string()),
  /** Its value is redacted, or a reference; that there is one is all that counts. */
  webhookSecret: z.optional(z.unknown()),
  apiRoot: lenient(z.string()),
});

const channelSettings = z.extend(accountSettings, { accounts: lenient(z.record(z.string(), accountSettings)) });

const agentSettings = z.object({
  tools: lenient(z.object({ deny: z.optional(z.array(z.string())) })),
});

const settingsSchema = z.object({
  agents: lenient(z.object({ entries: z.optional(z.record(z.string(), agentSettings)) })),
  session: lenient(z.object({ dmScope: z.optional(z.string()), identityLinks: z.optional(z.record(z.string(), z.unknown())) })),
  channels: lenient(z.record(z.string(), z.unknown())),
});

const answerSchema = z.object({
  ok: z.literal(true),
  payload: z.object({ valid: z.optional(z.boolean()), runtimeConfig: z.optional(settingsSchema), config: z.optional(settingsSchema) }),
});

export type AccountSettings = z.infer<typeof accountSettings>;

export interface Settings {
  readonly dmScope: string | undefined;
  readonly hasIdentityLinks: boolean;
  /** The gateway's accounts of a channel: its own `default` one, and those with names. Empty when the channel is not configured. */
  readonly accountsOf: (channel: string) => readonly AccountSettings[];
  /** What an agent's own `tools.deny` names. */
  readonly denies: (agent: string) => readonly string[];
}

/** The problem says why they cannot be read, in words for an operator. */
export async function readSettings(
  instance: InstanceConfig,
  headers: Readonly<Record<string, string>>,
  ports: LinkPorts,
): Promise<Result<Settings, string>> {
  const answer = await askAdminRpc(instance, headers, { method: "config.get", params: {}, maxAnswerBytes: MAX_SETTINGS_BYTES }, ports);
  return answer.kind === "answered" && answer.status === 200 ? parseSettings(answer.text) : fail(refusalOf(answer));
}

function refusalOf(answer: Exchange): string {
  if (answer.kind !== "answered") return describe(answer);
  if (answer.status === 404) return "http 404: the plugin admin-http-rpc is off";
  if (answer.status === 401) return "http 401: the gateway does not accept the edge";
  return `http ${answer.status}`;
}

export function parseSettings(text: string): Result<Settings, string> {
  const parsed = parseJson(text, SETTINGS_LIMITS);
  const checked = answerSchema.safeParse(parsed.ok ? parsed.value : undefined);
  const settings = checked.data?.payload.runtimeConfig ?? checked.data?.payload.config;
  if (settings === undefined) return fail("the answer is not the one of config.get");
  if (checked.data?.payload.valid === false) return fail("the gateway says that its own configuration is not valid");
  return ok({
    dmScope: settings.session?.dmScope,
    hasIdentityLinks: Object.keys(settings.session?.identityLinks ?? {}).length > 0,
    accountsOf: (channel) => accountsIn(settings.channels?.[channel]),
    denies: (agent) => deniedIn(settings.agents?.entries ?? {}, agent),
  });
}

/** Gateways do not tell ids by case. */
function deniedIn(entries: Readonly<Record<string, z.infer<typeof agentSettings>>>, agent: string): readonly string[] {
  const found = Object.entries(entries).find(([id]) => id.toLowerCase() === agent.toLowerCase());
  return found?.[1].tools?.deny ?? [];
}

/** Named accounts inherit what the channel's own section says. */
function accountsIn(section: unknown): readonly AccountSettings[] {
  const checked = channelSettings.safeParse(section);
  if (!checked.success) return [];
  const { accounts, ...own } = checked.data;
  const named = Object.values(accounts ?? {}).map((account) => ({ ...own, ...account }));
  return named.length === 0 ? [own] : named;
}
