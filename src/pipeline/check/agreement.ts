/** Whether a gateway's settings agree with the routes document: scopes, policy, and addresses that lead through this edge. Pure. */
import type { Account } from "../../core/account.ts";
import type { Scope } from "../../core/conversation-ref.ts";
import { bad, type CheckLine, good, warn } from "./report.ts";
import type { AccountSettings, Settings } from "./settings.ts";

/** Which of a gateway's scopes merges the same direct chats as an account's scope. @see https://docs.openclaw.ai/gateway/security */
const FITTING: Readonly<Record<Scope, readonly string[]>> = {
  chat: ["per-account-channel-peer", "per-channel-peer"],
  sender: ["per-account-channel-peer", "per-channel-peer", "per-peer"],
  person: ["per-peer", "per-channel-peer", "per-account-channel-peer"],
};

/** What a gateway does when nothing is set. */
const DEFAULT_DM_SCOPE = "main";
const DEFAULT_DM_POLICY = "pairing";

export const dmScopeOf = (settings: Settings): string => settings.dmScope ?? DEFAULT_DM_SCOPE;

export function scopeLines(settings: Settings, accounts: readonly Account[]): readonly CheckLine[] {
  return [...new Set(accounts.map((account) => account.scope))].map((scope) => scopeLine(settings, scope, accounts));
}

function scopeLine(settings: Settings, scope: Scope, accounts: readonly Account[]): CheckLine {
  const check = `dmScope for scope ${scope}`;
  const dmScope = dmScopeOf(settings);
  const wanted = FITTING[scope][0] ?? "";
  const fix = `Set session.dmScope to "${wanted}" in the gateway.`;
  if (dmScope === "main") {
    const how = settings.dmScope === undefined ? "not set, which means main" : "main";
    return bad(check, `session.dmScope is ${how}: all people who write to it share one session`, fix);
  }
  if (!FITTING[scope].includes(dmScope))
    return warn(check, `session.dmScope is ${dmScope}, which merges other chats than the edge does`, fix);
  if (scope === "person" && dmScope !== "per-peer" && !settings.hasIdentityLinks) {
    return warn(check, `session.dmScope is ${dmScope}, without session.identityLinks: a person has one session per channel`, fix);
  }
  const channels = accounts.map((account) => account.channel);
  if (dmScope === "per-channel-peer" && new Set(channels).size < channels.length) {
    return warn(check, "two accounts of one channel share a person's session here", 'Set session.dmScope to "per-account-channel-peer".');
  }
  return good(check, `session.dmScope is ${dmScope}`);
}

export interface Addresses {
  readonly webhookUrl: string | undefined;
  readonly apiRoot: string | undefined;
}

export interface AccountAgreement {
  readonly lines: readonly CheckLine[];
  readonly dmPolicy?: string;
}

/** The gateway's account that belongs to ours is the one that points here; with a single one there is no doubt. */
export function accountLines(account: Account, settings: Settings, here: Addresses): AccountAgreement {
  const section = `channels.${account.channel}`;
  const candidates = settings.accountsOf(account.channel);
  const found = candidates.find((one) => one.webhookUrl === here.webhookUrl || one.apiRoot === here.apiRoot);
  const mine = found ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (mine === undefined) {
    const fix = `Set webhookUrl to ${here.webhookUrl ?? "this edge"} in the account of ${section} that belongs to ${account.id}.`;
    return { lines: [bad(`${account.id} settings`, `no account of ${section} points at this edge`, fix)] };
  }
  const dmPolicy = mine.dmPolicy ?? DEFAULT_DM_POLICY;
  const lines = [
    policyLine(account, dmPolicy),
    webhookLine(account, mine, here),
    secretLine(account, mine),
    apiRootLine(account, mine, here),
  ];
  return { lines, dmPolicy };
}

/** A gateway that asks for its updates must ask here, and must not have a webhook besides. */
export function pollingAccountLines(account: Account, settings: Settings, here: Addresses): AccountAgreement {
  const section = `channels.${account.channel}`;
  const candidates = settings.accountsOf(account.channel);
  const mine = candidates.find((one) => one.apiRoot === here.apiRoot) ?? (candidates.length === 1 ? candidates[0] : undefined);
  if (mine === undefined) {
    const fix = `Set apiRoot to ${here.apiRoot ?? "this edge"} in the account of ${section} that belongs to ${account.id}.`;
    return { lines: [bad(`${account.id} settings`, `no account of ${section} points at this edge`, fix)] };
  }
  const dmPolicy = mine.dmPolicy ?? DEFAULT_DM_POLICY;
  const check = `${account.id} webhookUrl`;
  const webhook =
    mine.webhookUrl === undefined
      ? good(check, "not set: the gateway polls")
      : bad(check, "set: the gateway listens and never asks", `Remove ${section}.webhookUrl, or name the account under native.`);
  return { lines: [policyLine(account, dmPolicy), webhook, apiRootLine(account, mine, here)], dmPolicy };
}

function policyLine(account: Account, dmPolicy: string): CheckLine {
  const check = `${account.id} dmPolicy`;
  const fix = `Set channels.${account.channel}.dmPolicy to "open" with allowFrom ["*"], or to "allowlist" with the same list in the whole pool.`;
  if (dmPolicy === "pairing") return warn(check, "pairing: strangers get a code instead of an answer, from each instance anew", fix);
  if (dmPolicy === "disabled") return bad(check, "disabled: the gateway drops direct messages it has accepted", fix);
  return good(check, dmPolicy);
}

function webhookLine(account: Account, mine: AccountSettings, here: Addresses): CheckLine {
  const check = `${account.id} webhookUrl`;
  if (mine.webhookUrl !== undefined && mine.webhookUrl === here.webhookUrl) return good(check, mine.webhookUrl);
  const fix = `Set channels.${account.channel}.webhookUrl to ${here.webhookUrl ?? "this edge (PUBLIC_URL is not set)"}`;
  if (mine.webhookUrl === undefined) return bad(check, "not set: the gateway polls instead of listening", fix);
  const isHarmless = here.apiRoot !== undefined && mine.apiRoot === here.apiRoot;
  const detail = "it is not this edge's address";
  return isHarmless
    ? warn(check, `${detail}; the edge answers the gateway's setWebhook itself, so the bot stays`, fix)
    : bad(check, `${detail}: the gateway takes the bot away when it starts`, fix);
}

function secretLine(account: Account, mine: AccountSettings): CheckLine {
  const check = `${account.id} webhookSecret`;
  const isSet = mine.webhookSecret !== undefined && mine.webhookSecret !== null && mine.webhookSecret !== "";
  if (isSet) return good(check, "set");
  return bad(
    check,
    "not set",
    `Set channels.${account.channel}.webhookSecret to the value of the variable named under native in the document.`,
  );
}

function apiRootLine(account: Account, mine: AccountSettings, here: Addresses): CheckLine {
  const check = `${account.id} apiRoot`;
  if (mine.apiRoot !== undefined && mine.apiRoot.replace(/\/+$/, "") === here.apiRoot) return good(check, mine.apiRoot);
  const detail =
    mine.apiRoot === undefined ? "not set: its calls go straight to the platform" : "it is not this edge's address for this instance";
  const fix = `Set channels.${account.channel}.apiRoot and botToken to what \`clawedge instance token\` prints.`;
  return bad(check, `${detail}, so a conversation that moved can be answered twice`, fix);
}
